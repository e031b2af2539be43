#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tools/offer_entry.h"
#include "tools/uri_template.h"

namespace tools {

/// All resources and templates of all servers that are offered, in the order of the configuration.
/// A URI stays as its server wrote it unless it could be one of a server before: then it is written
/// `sluice://SERVER/URI`. Every URI can also be asked for in that form. Immutable.
class ResourceCatalog {
 public:
  /// Where a URI leads.
  struct Found {
    const OfferEntry* entry;  ///< the resource, or the template that makes the URI
    std::string uri;          ///< as the server knows it
  };

  ResourceCatalog() = default;
  explicit ResourceCatalog(const std::vector<std::shared_ptr<const ServerTools>>& servers);

  /// A listed resource comes before any template, and of templates the first.
  std::optional<Found> find(std::string_view uri) const;
  /// How clients know a URI that `server` wrote into an answer.
  std::string exported_uri(const std::string& server, const std::string& uri) const;
  /// Whether clients know any URI of the server otherwise than it does.
  bool rewrites(const std::string& server) const { return rewritten_.contains(server); }

  const std::vector<OfferEntry>& resources() const { return resources_; }
  const std::vector<OfferEntry>& templates() const { return templates_; }

 private:
  void add_resources(const std::shared_ptr<const ServerTools>& server, std::size_t templates);
  void add_templates(const std::shared_ptr<const ServerTools>& server, std::size_t resources,
                     std::size_t templates);
  std::string export_as(const std::string& server, const std::string& uri, bool is_taken);
  std::optional<Found> find_of(std::string_view server, std::string_view uri) const;

  std::vector<OfferEntry> resources_, templates_;
  std::vector<UriTemplate> patterns_;                  // of templates_
  std::unordered_map<std::string, std::size_t> by_uri_;  // of those that stay as they are
  std::unordered_map<std::string, std::size_t> by_id_;   // server and URI, a line end between them
  std::unordered_set<std::string> rewritten_;            // servers
};

}  // namespace tools
