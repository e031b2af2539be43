#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace tools {

/// URIs that begin so are Sluice's own: it writes them where two servers have the same.
inline constexpr std::string_view own_scheme = "sluice://";

/// One prompt, resource or template of resources of one server, as it was read from its list. One
/// that cannot be offered is quarantined: known with the reason, never listed and never read.
struct ServerOffer {
  std::string name;             ///< or the resource's URI, or its template
  base::Json definition;        ///< members and order exactly as the vendor wrote them
  std::string definition_hash;  ///< of the definition's text; what audit records name
  std::string quarantine;       ///< the reason, or ""
};

/// Reads whole lists. Never fails: what is wrong with an entry becomes its quarantine's reason. Of
/// two of one name the first is offered.
std::vector<ServerOffer> read_prompts(std::vector<base::Json> definitions);
std::vector<ServerOffer> read_resources(std::vector<base::Json> definitions);
std::vector<ServerOffer> read_templates(std::vector<base::Json> definitions);

}  // namespace tools
