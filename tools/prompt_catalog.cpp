#include "tools/prompt_catalog.h"

#include "tools/exported_name.h"

namespace tools {

PromptCatalog::PromptCatalog(const std::vector<std::shared_ptr<const ServerTools>>& servers,
                             std::size_t longest_name) {
  const auto is_taken = [this](const std::string& name) { return by_name_.contains(name); };
  for (const auto& server : servers) {
    for (const ServerOffer& prompt : server->prompts) {
      if (!prompt.quarantine.empty()) continue;
      const std::string exported =
          free_name(server->prefix, server->server, prompt.name, longest_name, is_taken);
      base::Json definition = prompt.definition;
      definition["name"] = exported;
      by_name_.emplace(exported, entries_.size());
      entries_.push_back({exported, server, &prompt, base::dump_json(definition)});
    }
  }
}

const OfferEntry* PromptCatalog::find(std::string_view exported) const {
  const auto found = by_name_.find(std::string(exported));
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

}  // namespace tools
