#include "gateway/mcp_service.h"

#include <iterator>
#include <utility>

#include "gateway/listen_method.h"
#include "mcp/messages.h"
#include "mcp/notifications.h"

namespace gateway {
namespace {

using base::Json;

HttpResponse rpc_error(int status, const std::optional<mcp::Id>& id, int code,
                       std::string message) {
  return json_response(status, mcp::error_text(id, {code, std::move(message), {}}));
}

mcp::InboundHeaders inbound_headers(const base::HttpFields& fields) {
  return {fields.find(mcp::header::protocol_version), fields.find(mcp::header::method),
          fields.find(mcp::header::name), fields.find(mcp::header::session_id)};
}

bool is_json(const base::HttpFields& fields) {
  std::string_view type = fields.find("content-type").value_or("");
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return base::same_name(type, "application/json");
}

std::optional<mcp::Id> id_of(const mcp::Message& message) {
  const auto* request = std::get_if<mcp::Request>(&message);
  return request ? std::optional(request->id) : std::nullopt;
}

// A cancelled request is not answered (2025-11-25, cancellation): a stream that ends.
HttpResponse no_answer() { return {200, {{"Content-Type", "text/event-stream"}}, {}, false}; }

HttpResponse not_allowed() {
  HttpResponse response = error_response(
      405, "This endpoint takes POST, and for a session GET to listen and DELETE to end it.");
  response.headers.emplace_back("Allow", "GET, POST, DELETE");
  return response;
}

}  // namespace

McpService::McpService(const pipeline::CurrentSnapshot& snapshot, const pipeline::Pipeline& calls,
                       Sessions& sessions, ListChanges& changes, ClientQuestions& questions,
                       const base::Limits& limits)
    : snapshot_(snapshot),
      sessions_(sessions),
      changes_(changes),
      questions_(questions),
      limits_(limits),
      methods_(gateway_methods(calls, sessions, changes, limits)) {}

base::Task<HttpResponse> McpService::handle(base::Loop& loop, const RawRequest& request,
                                            const std::string& method,
                                            const std::string& request_id,
                                            const pipeline::Principal& principal) {
  if (method == "POST") return post(loop, request, request_id, principal);
  if (method == "GET") return base::done(open_stream(loop, request, principal));
  if (method == "DELETE") return base::done(end_session(request, principal));
  return base::done(not_allowed());
}

base::Task<HttpResponse> McpService::post(base::Loop& loop, const RawRequest& request,
                                          const std::string& request_id,
                                          const pipeline::Principal& principal) {
  const base::HttpFields& fields = request.fields.fields;
  if (!is_json(fields)) co_return error_response(415, "The Content-Type must be application/json.");
  if (!accepts_json(fields))
    co_return error_response(406, "The answer is application/json, which Accept excludes.");
  auto parsed = base::parse_json(request.body, limits_.json, {"params", "arguments"});
  if (!parsed) {
    co_return rpc_error(400, std::nullopt, mcp::code::parse_error,
                        std::move(parsed.error().message));
  }
  auto message = mcp::parse_message(std::move(parsed->value));
  if (!message) {
    co_return rpc_error(400, mcp::readable_id(parsed->value), mcp::code::invalid_request,
                        std::move(message.error().message));
  }
  const mcp::InboundHeaders headers = inbound_headers(fields);
  auto verdict = mcp::classify(*message, headers);
  if (const auto* rejection = std::get_if<mcp::Rejection>(&verdict)) {
    co_return json_response(rejection->http_status,
                            mcp::error_text(id_of(*message), rejection->error));
  }
  mcp::Inbound inbound = std::get<mcp::Inbound>(verdict);
  SessionFacts facts{inbound.revision};
  if (auto refusal = check_session(*message, headers, principal, inbound, facts))
    co_return std::move(*refusal);
  inbound.revision = facts.revision;
  auto* asked = std::get_if<mcp::Request>(&*message);
  if (auto* response = std::get_if<mcp::Response>(&*message); response && headers.session) {
    std::string session(*headers.session);
    co_return co_await take_response(std::move(*response), std::move(session), principal);
  }
  if (asked == nullptr) co_return take_notification(*message, headers, principal);
  MethodContext context{loop,
                        fields,
                        principal,
                        request_id,
                        inbound,
                        std::move(*asked),
                        std::move(parsed->inexact),
                        snapshot_.get()};
  if (inbound.era == mcp::Era::legacy) context.session = headers.session.value_or("");
  context.log_level = facts.log_level;
  context.elicits = facts.elicits;
  context.questions = &questions_;
  context.events = request.events;
  co_return co_await answer(context);
}

// Clients of sessions are asked one thing: to let their person decide.
base::Task<HttpResponse> McpService::take_response(mcp::Response response, std::string session,
                                                   const pipeline::Principal& principal) {
  const auto taken =
      co_await questions_.answer(principal, std::move(session), std::move(response));
  if (taken) co_return HttpResponse{202, {}, {}, false};
  const base::Code why = taken.error().code;
  const int status = why == base::Code::refused ? 409 : why == base::Code::unavailable ? 503 : 400;
  co_return error_response(status, taken.error().message);
}

// Without a session nothing waits for a response of a client. A cancelled request of another session is not found
// (invariant 7); 2026-07-28 cancels by closing the connection.
HttpResponse McpService::take_notification(const mcp::Message& message,
                                           const mcp::InboundHeaders& headers,
                                           const pipeline::Principal& principal) {
  const auto* notification = std::get_if<mcp::Notification>(&message);
  if (notification != nullptr && notification->method == mcp::notice::cancelled &&
      headers.session) {
    const Json* member = base::find_member(notification->params, "requestId");
    const auto id = member == nullptr ? std::nullopt : mcp::parse_id(*member);
    if (id) in_flight_.cancel(principal, *headers.session, *id);
  }
  return {202, {}, {}, false};
}

base::Task<HttpResponse> McpService::answer(MethodContext& context) {
  std::optional<RequestsInFlight::Entry> in_flight;
  if (context.events != nullptr && context.inbound.era == mcp::Era::modern) {
    context.events->cancel_when_closed();
  } else if (context.events != nullptr && !context.session.empty()) {
    in_flight.emplace(in_flight_.add(context.principal, context.session, context.request.id,
                                     context.events->canceller()));
  }
  const auto* method = methods_.find(context.inbound.era, context.request.method);
  mcp::Reply reply;
  if (method == nullptr) {
    reply = mcp::method_not_found(context.inbound.era, context.request);
  } else {
    reply = co_await method->handle(context);
  }
  if (in_flight && context.events->cancellation().requested()) co_return no_answer();
  HttpResponse response = json_response(reply.http_status, std::move(reply.body));
  std::ranges::move(reply.headers, std::back_inserter(response.headers));
  response.subscription = std::move(reply.subscription);
  if (!reply.session.empty()) {
    response.headers.emplace_back(mcp::header::session_id, std::move(reply.session));
  }
  co_return response;
}

std::optional<HttpResponse> McpService::check_session(const mcp::Message& message,
                                                      const mcp::InboundHeaders& headers,
                                                      const pipeline::Principal& principal,
                                                      const mcp::Inbound& inbound,
                                                      SessionFacts& facts) {
  if (inbound.era == mcp::Era::modern) return std::nullopt;  // these ignore sessions
  const auto* request = std::get_if<mcp::Request>(&message);
  if (request != nullptr && request->method == "initialize") return std::nullopt;
  const std::optional<mcp::Id> id = id_of(message);
  if (!headers.session) {
    return rpc_error(400, id, mcp::code::invalid_request,
                     "The Mcp-Session-Id header is missing: initialize first, or send the request "
                     "as 2026-07-28");
  }
  const auto session = sessions_.use(principal, *headers.session, std::chrono::steady_clock::now());
  if (!session) return rpc_error(404, id, mcp::code::invalid_request, "Session not found");
  facts = *session;
  return std::nullopt;
}

// The revisions with sessions listen by GET; 2026-07-28 has subscriptions/listen.
HttpResponse McpService::open_stream(base::Loop& loop, const RawRequest& request,
                                     const pipeline::Principal& principal) {
  const mcp::InboundHeaders headers = inbound_headers(request.fields.fields);
  const auto revision = mcp::parse_revision(headers.protocol_version.value_or(""));
  if (revision && mcp::era_of(*revision) == mcp::Era::modern) return not_allowed();
  if (!headers.session) return error_response(400, "The Mcp-Session-Id header is missing.");
  if (request.events == nullptr || !accepts_event_stream(request.fields.fields)) {
    return error_response(406, "The answer is text/event-stream, which Accept excludes.");
  }
  if (!sessions_.use(principal, *headers.session, std::chrono::steady_clock::now())) {
    return error_response(404, "Session not found");
  }
  return session_stream(loop, *request.events, principal, std::string(*headers.session), changes_,
                        sessions_);
}

HttpResponse McpService::end_session(const RawRequest& request,
                                     const pipeline::Principal& principal) {
  const auto session = request.fields.fields.find(mcp::header::session_id);
  if (!session) return error_response(400, "The Mcp-Session-Id header is missing.");
  if (!sessions_.close(principal, *session)) return error_response(404, "Session not found");
  changes_.end_session(principal, std::string(*session));
  in_flight_.cancel_all(principal, *session);  // nobody is left to take the answers
  return {204, {}, {}, false};
}

}  // namespace gateway
