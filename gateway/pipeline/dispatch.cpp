#include <utility>

#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

using base::Code;
using base::Error;
using base::Json;

// JSON-RPC errors by which a server says that it did not even begin (runtime.md §3.5).
bool rejected(int code) {
  return code == mcp::code::invalid_params || code == mcp::code::method_not_found ||
         code == mcp::code::invalid_request || code == mcp::code::header_mismatch ||
         code == mcp::code::missing_client_capability ||
         code == mcp::code::unsupported_protocol_version;
}

Outcome cancelled_in_time() {
  return server_failed(Outcome::Kind::failed, "cancelled",
                       "The call was cancelled. Nothing was sent.");
}

Outcome from_failure(const Call& call, const Error& error) {
  if (call.cancelled() && error.code == Code::unavailable) return cancelled_in_time();
  const std::string server = "Server " + call.server() + " failed: " + error.message + ". ";
  if (not_carried_out(error.code)) {
    const bool sent = error.code != Code::unavailable && error.code != Code::internal;
    return server_failed(
        Outcome::Kind::failed, "server_unavailable",
        server + (sent ? "The call was turned away and not carried out." : "Nothing was sent."),
        error.detail);
  }
  if (call.cancelled()) {
    return server_failed(Outcome::Kind::unknown, "cancelled",
                         "The call was cancelled. It may have been carried out.", error.message);
  }
  const bool late = error.code == Code::timeout;
  return server_failed(Outcome::Kind::unknown, late ? "server_timeout" : "server_garbage",
                       server + "The call may have been carried out.", error.detail);
}

// A code that the server may not use, or that means something else between Sluice and its client,
// is not passed on.
int passable(int code) {
  const bool ours_to_give = code == mcp::code::invalid_params || code == mcp::code::internal_error;
  const bool outside = code < -32768 || code > -32000;
  return ours_to_give || outside ? code : mcp::code::internal_error;
}

// Before 2026-07-28 this has a code of its own; since then it is about params, of which the URI is
// all there are.
bool says_not_found(const mcp::RpcError& error) {
  return error.code == mcp::code::resource_not_found || error.code == mcp::code::invalid_params;
}

Outcome from_error(const Call& call, mcp::RpcError error) {
  if (call.primitive == policies::Primitive::resource && says_not_found(error)) {
    Outcome outcome = unknown(call.primitive, call.asked, "the server does not have it");
    outcome.kind = Outcome::Kind::failed;
    return outcome;
  }
  Outcome outcome;
  outcome.kind = rejected(error.code) ? Outcome::Kind::failed : Outcome::Kind::answered;
  outcome.reason = "server_error";
  outcome.detail = "JSON-RPC error " + std::to_string(error.code);
  outcome.error =
      mcp::RpcError{passable(error.code), "Server " + call.server() + ": " + error.message,
                    std::move(error.data)};
  return outcome;
}

// What a result cannot do without.
const char* content_member(policies::Primitive primitive) {
  if (primitive == policies::Primitive::tool) return "content";
  return primitive == policies::Primitive::prompt ? "messages" : "contents";
}

Outcome from_result(const Call& call, Json result) {
  const std::string* type = base::find_string(result, "resultType");
  if (type != nullptr && *type != "complete") {
    return from_failure(
        call, {Code::broken, "it answered with " + *type + ", which was not offered to it", {}});
  }
  const char* const member = content_member(call.primitive);
  const Json* content = base::find_member(result, member);
  if (content == nullptr && call.is_tool() && result.contains("structuredContent")) {
    result[member] = Json::array();
  } else if (content == nullptr || !content->is_array()) {
    return from_failure(call, {Code::broken, "its result has no " + std::string(member), {}});
  }
  Outcome outcome;
  outcome.kind = Outcome::Kind::answered;
  outcome.result = std::move(result);
  return outcome;
}

class Dispatch final : public Stage {
 public:
  explicit Dispatch(Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  base::Task<Outcome> handle(Call& call, Next) override {
    if (call.cancelled()) co_return cancelled_in_time();
    auto answer = co_await dispatcher_.send(*call.permit, call);
    if (!answer) co_return from_failure(call, answer.error());
    mcp::Response& response = answer->response;
    // That this try was turned away says nothing of the one before.
    if (answer->after_loss && response.error && rejected(response.error->code)) {
      co_return from_failure(call, {Code::broken, response.error->message, {}});
    }
    Outcome outcome = response.error ? from_error(call, std::move(*response.error))
                                     : from_result(call, std::move(response.result));
    outcome.bytes = answer->bytes;
    co_return outcome;
  }

 private:
  Dispatcher& dispatcher_;
};

}  // namespace

std::unique_ptr<Stage> dispatch(Dispatcher& dispatcher) {
  return std::make_unique<Dispatch>(dispatcher);
}

}  // namespace gateway::pipeline::stages
