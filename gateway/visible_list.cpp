#include "gateway/visible_list.h"

#include <algorithm>

namespace gateway {

using policies::Primitive;

const std::vector<tools::OfferEntry>& VisibleList::offers() const {
  if (kind_ == ListKind::prompts) return snapshot_.catalog->prompts().entries();
  const tools::ResourceCatalog& resources = snapshot_.catalog->resources();
  return kind_ == ListKind::resources ? resources.resources() : resources.templates();
}

std::size_t VisibleList::size() const {
  return kind_ == ListKind::tools ? snapshot_.catalog->entries().size() : offers().size();
}

bool VisibleList::shows(std::size_t index) const {
  const policies::Policy& policy = *snapshot_.policy;
  if (kind_ == ListKind::tools) {
    const tools::CatalogEntry& entry = snapshot_.catalog->entries()[index];
    return entry.quarantine.empty() &&
           policy.decide(caller_, entry.server(), entry.tool->name).listed;
  }
  const tools::OfferEntry& entry = offers()[index];
  const std::string& name = entry.offer->name;
  if (kind_ == ListKind::templates) return policy.lists_template(caller_, entry.server(), name);
  const Primitive primitive = kind_ == ListKind::prompts ? Primitive::prompt : Primitive::resource;
  return policy.decide(caller_, primitive, entry.server(), name).listed;
}

const std::string& VisibleList::exported(std::size_t index) const {
  if (kind_ == ListKind::tools) return snapshot_.catalog->entries()[index].exported;
  return offers()[index].exported;
}

const std::string& VisibleList::listing(std::size_t index) const {
  if (kind_ == ListKind::tools) return snapshot_.catalog->entries()[index].listing;
  return offers()[index].listing;
}

std::optional<std::size_t> VisibleList::find(std::string_view exported) const {
  if (kind_ == ListKind::tools) {
    const tools::CatalogEntry* entry = snapshot_.catalog->find(exported);
    if (entry == nullptr) return std::nullopt;
    return static_cast<std::size_t>(entry - snapshot_.catalog->entries().data());
  }
  const auto& all = offers();
  const auto found = std::find_if(all.begin(), all.end(), [&](const tools::OfferEntry& entry) {
    return entry.exported == exported;
  });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

std::size_t fingerprint(const VisibleList& list) {
  std::size_t fingerprint = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list.shows(i)) continue;
    fingerprint = fingerprint * 31 + std::hash<std::string_view>{}(list.listing(i)) + 1;
  }
  return fingerprint;
}

}  // namespace gateway
