#include "tools/resource_catalog.h"

#include <algorithm>

namespace tools {
namespace {

constexpr std::size_t longest_asked = 4096 + 64;  // one of a server, and its name before it

std::string own_uri(std::string_view server, std::string_view uri) {
  return std::string(own_scheme).append(server).append("/").append(uri);
}

std::string id_of(std::string_view server, std::string_view uri) {
  return std::string(server).append("\n").append(uri);
}

std::string listing_with(const ServerOffer& offer, const char* key, const std::string& exported) {
  base::Json definition = offer.definition;
  definition[key] = exported;
  return base::dump_json(definition);
}

// Whether some URI might be of both.
bool may_meet(const UriTemplate& one, const UriTemplate& other) {
  return one.head().starts_with(other.head()) || other.head().starts_with(one.head());
}

}  // namespace

ResourceCatalog::ResourceCatalog(const std::vector<std::shared_ptr<const ServerTools>>& servers) {
  for (const auto& server : servers) {
    // What servers before this one have; a server may have what meets of its own.
    const std::size_t resources = resources_.size(), templates = templates_.size();
    add_resources(server, templates);
    add_templates(server, resources, templates);
  }
}

std::string ResourceCatalog::export_as(const std::string& server, const std::string& uri,
                                       bool is_taken) {
  if (!is_taken) return uri;
  rewritten_.insert(server);
  return own_uri(server, uri);
}

void ResourceCatalog::add_resources(const std::shared_ptr<const ServerTools>& server,
                                    std::size_t templates) {
  for (const ServerOffer& resource : server->resources) {
    if (!resource.quarantine.empty()) continue;
    const auto end = patterns_.begin() + static_cast<std::ptrdiff_t>(templates);
    const bool is_taken = by_uri_.contains(resource.name) ||
                          std::any_of(patterns_.begin(), end, [&](const UriTemplate& pattern) {
                            return pattern.matches(resource.name);
                          });
    const std::string exported = export_as(server->server, resource.name, is_taken);
    if (!is_taken) by_uri_.emplace(resource.name, resources_.size());
    by_id_.emplace(id_of(server->server, resource.name), resources_.size());
    resources_.push_back({exported, server, &resource, listing_with(resource, "uri", exported)});
  }
}

void ResourceCatalog::add_templates(const std::shared_ptr<const ServerTools>& server,
                                    std::size_t resources, std::size_t templates) {
  for (const ServerOffer& offer : server->templates) {
    if (!offer.quarantine.empty()) continue;
    UriTemplate pattern(offer.name);
    const auto meets = [&](const UriTemplate& other) { return may_meet(pattern, other); };
    const auto makes = [&](const OfferEntry& entry) { return pattern.matches(entry.offer->name); };
    const bool is_taken =
        std::any_of(patterns_.begin(), patterns_.begin() + static_cast<std::ptrdiff_t>(templates),
                    meets) ||
        std::any_of(resources_.begin(),
                    resources_.begin() + static_cast<std::ptrdiff_t>(resources), makes);
    const std::string exported = export_as(server->server, offer.name, is_taken);
    templates_.push_back({exported, server, &offer, listing_with(offer, "uriTemplate", exported)});
    patterns_.push_back(std::move(pattern));
  }
}

auto ResourceCatalog::find(std::string_view uri) const -> std::optional<Found> {
  if (uri.size() > longest_asked) return std::nullopt;
  if (uri.starts_with(own_scheme)) {
    uri.remove_prefix(own_scheme.size());
    const std::size_t slash = uri.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    return find_of(uri.substr(0, slash), uri.substr(slash + 1));
  }
  if (const auto exact = by_uri_.find(std::string(uri)); exact != by_uri_.end()) {
    return Found{&resources_[exact->second], std::string(uri)};
  }
  for (std::size_t i = 0; i < templates_.size(); ++i) {
    const bool as_written = templates_[i].exported == templates_[i].offer->name;
    if (as_written && patterns_[i].matches(uri)) return Found{&templates_[i], std::string(uri)};
  }
  return std::nullopt;
}

auto ResourceCatalog::find_of(std::string_view server, std::string_view uri) const
    -> std::optional<Found> {
  if (const auto exact = by_id_.find(id_of(server, uri)); exact != by_id_.end()) {
    return Found{&resources_[exact->second], std::string(uri)};
  }
  for (std::size_t i = 0; i < templates_.size(); ++i) {
    if (templates_[i].server() != server || !patterns_[i].matches(uri)) continue;
    return Found{&templates_[i], std::string(uri)};
  }
  return std::nullopt;
}

std::string ResourceCatalog::exported_uri(const std::string& server, const std::string& uri) const {
  if (!rewrites(server)) return uri;
  const auto found = find_of(server, uri);
  if (!found) return uri;
  return found->entry->exported.starts_with(own_scheme) ? own_uri(server, uri) : uri;
}

}  // namespace tools
