#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/exported_name.h"
#include "tools/key_argument.h"
#include "tools/prompt_catalog.h"
#include "tools/resource_catalog.h"
#include "tools/server_tools.h"

namespace tools {

/// Why tools are not offered for which the policy wants something that cannot be had, by their id
/// `server/tool`.
using Withheld = std::map<std::string, std::string, std::less<>>;

/// A tool under the name it is offered by.
struct CatalogEntry {
  std::string exported;
  std::shared_ptr<const ServerTools> owner;
  const ServerTool* tool = nullptr;   ///< in `owner`
  std::string quarantine;             ///< why it is not offered, of itself or by policy; or ""
  std::string key_argument;           ///< where it is given a key, see KeyArguments; or ""
  std::optional<base::Json> keyless;  ///< then its definition without that argument
  std::string listing;  ///< the definition that callers are shown, as text, by the exported name

  const std::string& server() const { return owner->server; }
  /// `server/tool`
  std::string id() const { return owner->server + "/" + tool->name; }
  /// The definition that callers are shown, by the server's own name.
  const base::Json& shown() const { return keyless ? *keyless : tool->definition; }
};

/// All tools of all servers, in the order of the configuration, and what else they offer. Immutable.
class Catalog {
 public:
  Catalog() = default;
  /// Names have at most `longest_name` characters. A tool that cannot be given the key that it is
  /// to have is quarantined, and so is one that is withheld.
  explicit Catalog(const std::vector<std::shared_ptr<const ServerTools>>& servers,
                   std::size_t longest_name = usual_exported_name, KeyArguments keys = {},
                   Withheld withheld = {});

  /// The tool offered under this name, or nullptr. Quarantined tools are not found.
  const CatalogEntry* find(std::string_view exported) const;
  /// The tool with this id `server/tool`, quarantined or not; nullptr when there is none.
  const CatalogEntry* find_id(std::string_view server, std::string_view tool) const;
  std::size_t longest_name() const { return longest_name_; }
  const KeyArguments& keys() const { return keys_; }
  const Withheld& withheld() const { return withheld_; }
  /// All, quarantined ones included.
  const std::vector<CatalogEntry>& entries() const { return entries_; }
  const PromptCatalog& prompts() const { return prompts_; }
  const ResourceCatalog& resources() const { return resources_; }

 private:
  std::size_t longest_name_ = usual_exported_name;
  KeyArguments keys_;
  Withheld withheld_;
  std::vector<CatalogEntry> entries_;
  std::unordered_map<std::string, std::size_t> by_name_;
  PromptCatalog prompts_;
  ResourceCatalog resources_;
};

}  // namespace tools
