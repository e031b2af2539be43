#include "gateway/admin_endpoint.h"

#include <algorithm>
#include <utility>

namespace gateway {

bool FailedLogins::count(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto next = std::max(next_, now);
  if (next - now > (at_once - 1) * between) return false;
  next_ = next + between;
  return true;
}

base::Task<HttpResponse> AdminEndpoint::handle(base::Loop& loop, const RawRequest& request,
                                               const std::string& request_id, const std::string&) {
  const base::HttpFields& fields = request.fields.fields;
  if (const auto reason = guard_.refuse(fields)) {
    co_return refuse(request_id, error_response(403, *reason), *reason);
  }
  // The policy that says who somebody is stays alive while they are answered.
  const auto snapshot = snapshot_.get();
  auto from = authenticator_.authenticate_person(fields, seconds_now(), *snapshot->policy);
  if (!from) {
    const bool tried = fields.count("authorization") > 0;
    if (tried && !failed_.count(std::chrono::steady_clock::now())) {
      HttpResponse response = error_response(429, "Too many keys that are not valid were tried.");
      response.headers.emplace_back("Retry-After", "1");
      co_return response;
    }
    const bool news = co_await authenticator_.look_for_news(fields);
    if (news) from = authenticator_.authenticate_person(fields, seconds_now(), *snapshot->policy);
    if (!from) co_return refuse_stranger(request_id, tried);
  }
  co_return co_await admin_.serve(loop, request, request_id, *std::move(from));
}

HttpResponse AdminEndpoint::refuse(const std::string& request_id, HttpResponse response,
                                   std::string_view reason) const {
  log_.write(base::LogLevel::info, "refused",
             {{"request", request_id},
              {"listener", "admin"},
              {"status", response.status},
              {"reason", reason}});
  return response;
}

HttpResponse AdminEndpoint::refuse_stranger(const std::string& request_id, bool tried) const {
  if (tried && authenticator_.store_away()) {
    HttpResponse response = error_response(503, "Store unavailable: keys cannot be checked.");
    response.headers.emplace_back("Retry-After", "1");
    return refuse(request_id, std::move(response), "store unavailable");
  }
  HttpResponse response = error_response(
      401, tried ? "The key is not valid here: it must be a person's."
                 : "A person's key is required: sluice key create --person NAME");
  response.headers.emplace_back("WWW-Authenticate",
                                tried ? R"(Bearer realm="sluice admin", error="invalid_token")"
                                      : R"(Bearer realm="sluice admin")");
  return refuse(request_id, std::move(response), "no valid key of a person");
}

}  // namespace gateway
