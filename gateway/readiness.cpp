#include "gateway/readiness.h"

#include "base/json.h"

namespace gateway {

std::string_view Readiness::obstacle() const {
  if (!started_) {
    if (!all_asked_()) return "starting";
    started_ = true;
  }
  if (load_.draining) return "draining";
  if (!journal_.writable()) return "journal";
  return {};
}

std::optional<HttpResponse> answer_probe(const RawRequest& request, const Readiness& readiness) {
  const std::string_view line = request.fields.start_line;
  if (line.starts_with("GET /healthz ")) return json_response(200, R"({"healthy":true})");
  if (!line.starts_with("GET /readyz ")) return std::nullopt;
  const std::string_view obstacle = readiness.obstacle();
  if (obstacle.empty()) return json_response(200, R"({"ready":true})");
  return json_response(503, base::dump_json({{"ready", false}, {"reason", obstacle}}));
}

}  // namespace gateway
