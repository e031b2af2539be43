#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/offer_entry.h"

namespace tools {

/// All prompts of all servers that are offered, in the order of the configuration, under names made
/// as those of tools are. Immutable.
class PromptCatalog {
 public:
  PromptCatalog() = default;
  PromptCatalog(const std::vector<std::shared_ptr<const ServerTools>>& servers,
                std::size_t longest_name);

  /// nullptr when none has this name.
  const OfferEntry* find(std::string_view exported) const;
  const std::vector<OfferEntry>& entries() const { return entries_; }

 private:
  std::vector<OfferEntry> entries_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace tools
