#include "gateway/endpoint.h"

#include "gateway/http_target.h"
#include "mcp/jsonrpc.h"

namespace gateway {
namespace {

// Whether the request line's target begins with `path`; looks at bytes, parses nothing.
bool asks_for(const RawRequest& request, std::string_view path) {
  const std::string_view line = request.fields.start_line;
  return line.substr(line.find(' ') + 1, path.size()) == path;
}

}  // namespace

base::Task<HttpResponse> Endpoint::handle(base::Loop& loop, const RawRequest& request,
                                          const std::string& request_id, const std::string&) {
  const base::HttpFields& fields = request.fields.fields;
  if (const auto reason = guard_.refuse(fields)) {
    log_.write(base::LogLevel::info, "refused",
               {{"request", request_id}, {"status", 403}, {"reason", *reason}});
    co_return error_response(403, *reason);
  }
  auto principal = authenticator_.authenticate(fields, seconds_now());
  if (!principal) {
    const bool news = co_await authenticator_.look_for_news(fields);
    if (news) principal = authenticator_.authenticate(fields, seconds_now());
  }
  if (!principal) {
    log_.write(base::LogLevel::info, "refused",
               {{"request", request_id}, {"status", 401}, {"reason", "no valid key"}});
    co_return refuse_stranger(request);
  }
  auto target = parse_target(request.head);
  if (!target) co_return error_response(400, target.error().message);
  if (RunsApi::serves(target->path)) {
    RunsCaller caller{principal->agent, principal->tenant, "agent " + principal->agent};
    co_return co_await runs_.handle(loop, request, *std::move(target), std::move(caller));
  }
  if (!choose_view(target->path, *principal)) {
    co_return error_response(404, "There is nothing here; the endpoint is /mcp, or /mcp/VIEW.");
  }
  if (request.events != nullptr) request.events->watch_for(streams_, *principal);
  co_return co_await service_.handle(loop, request, target->method, request_id, *principal);
}

bool Endpoint::choose_view(std::string_view path, pipeline::Principal& principal) const {
  constexpr std::string_view endpoint = "/mcp", views = "/mcp/";
  if (path == endpoint) return true;
  if (!path.starts_with(views)) return false;
  principal.view = path.substr(views.size());
  return service_.serves_view(principal.view);
}

HttpResponse Endpoint::refuse_stranger(const RawRequest& request) const {
  // Clients that look for an authorization server are told how keys are made instead (design §4).
  if (asks_for(request, "/register") || asks_for(request, "/.well-known/")) {
    return error_response(404,
                          "There is no authorization server. Ask the administrator for a key: "
                          "sluice key create AGENT");
  }
  const bool tried = request.fields.fields.count("authorization") > 0;
  if (tried && authenticator_.store_away()) {
    HttpResponse response =
        refusal(request.head, 503, "Store unavailable: keys cannot be checked.");
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  const std::string_view sentence = tried ? "The key is not valid." : "A key is required.";
  HttpResponse response = rpc_refusal(401, mcp::code::invalid_request, sentence);
  response.headers.emplace_back(
      "WWW-Authenticate",
      tried ? R"(Bearer realm="sluice", error="invalid_token")" : R"(Bearer realm="sluice")");
  return response;
}

}  // namespace gateway
