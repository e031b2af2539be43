#include "gateway/offer_report.h"

#include <string>

#include "policies/resource_uri.h"

namespace gateway {

void report_unoffered(const tools::ServerTools& server, base::Log& log) {
  std::int64_t count = 0;
  std::string first, reason;
  const auto look = [&](const tools::ServerOffer& offer, std::string_view problem) {
    if (!offer.quarantine.empty()) problem = offer.quarantine;
    if (problem.empty() || ++count > 1) return;
    first = offer.name;
    reason = problem;
  };
  for (const auto& prompt : server.prompts) look(prompt, {});
  for (const auto& resource : server.resources) {
    look(resource, policies::uri_problem(resource.name));
  }
  for (const auto& made : server.templates) look(made, policies::template_problem(made.name));
  if (count == 0) return;
  log.write(base::LogLevel::warn, "not_offered",
            {{"server", server.server}, {"count", count}, {"first", first}, {"reason", reason}});
}

}  // namespace gateway
