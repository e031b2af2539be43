#include "tools/catalog.h"

#include <algorithm>
#include <utility>

namespace tools {
namespace {

std::string listing_of(const CatalogEntry& entry) {
  base::Json definition = entry.shown();
  definition["name"] = entry.exported;
  return base::dump_json(definition);
}

void take_key(const KeyArguments& keys, CatalogEntry& entry) {
  if (keys.empty() || !entry.quarantine.empty()) return;
  const auto key = keys.find(entry.id());
  if (key == keys.end()) return;
  entry.quarantine = key_problem(*entry.tool, key->second);
  if (!entry.quarantine.empty()) return;
  entry.key_argument = key->second;
  entry.keyless = without_argument(entry.tool->definition, key->second);
}

void withhold(const Withheld& withheld, CatalogEntry& entry) {
  if (withheld.empty() || !entry.quarantine.empty()) return;
  const auto reason = withheld.find(entry.id());
  if (reason != withheld.end()) entry.quarantine = reason->second;
}

}  // namespace

Catalog::Catalog(const std::vector<std::shared_ptr<const ServerTools>>& servers,
                 std::size_t longest_name, KeyArguments keys, Withheld withheld)
    : longest_name_(longest_name),
      keys_(std::move(keys)),
      withheld_(std::move(withheld)),
      prompts_(servers, longest_name),
      resources_(servers) {
  const auto is_taken = [this](const std::string& name) { return by_name_.contains(name); };
  for (const auto& server : servers) {
    for (const ServerTool& tool : server->tools) {
      CatalogEntry entry;
      entry.owner = server;
      entry.tool = &tool;
      entry.quarantine = tool.quarantine;
      take_key(keys_, entry);
      withhold(withheld_, entry);
      if (entry.quarantine.empty()) {
        entry.exported = free_name(server->prefix, server->server, tool.name, longest_name, is_taken);
        entry.listing = listing_of(entry);
        by_name_.emplace(entry.exported, entries_.size());
      }
      entries_.push_back(std::move(entry));
    }
  }
}

const CatalogEntry* Catalog::find(std::string_view exported) const {
  const auto found = by_name_.find(std::string(exported));
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

const CatalogEntry* Catalog::find_id(std::string_view server, std::string_view tool) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const CatalogEntry& entry) {
    return entry.server() == server && entry.tool->name == tool;
  });
  return found == entries_.end() ? nullptr : &*found;
}

}  // namespace tools
