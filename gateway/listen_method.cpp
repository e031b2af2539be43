#include "gateway/listen_method.h"

#include <array>
#include <utility>

#include "mcp/messages.h"
#include "mcp/notifications.h"

namespace gateway {
namespace {

using base::Json;
using mcp::Reply;

constexpr const char* too_many =
    "Too many streams are open. Close one of them, or try again later.";

Reply error_reply(int status, const mcp::Request& request, int code, std::string message) {
  return {status, mcp::error_text(request.id, {code, std::move(message), {}}), {}};
}

bool asks_for(const Json& wanted, std::string_view what) {
  const Json* flag = base::find_member(wanted, what);
  return flag != nullptr && flag->is_boolean() && flag->get<bool>();
}

}  // namespace

base::Task<Reply> listen(MethodContext& context, ListChanges& changes) {
  const mcp::Request& request = context.request;
  const Json* wanted = base::find_member(request.params, "notifications");
  if (wanted == nullptr || !wanted->is_object()) {
    co_return error_reply(200, request, mcp::code::invalid_params,
                          "notifications must be an object");
  }
  if (context.events == nullptr || !accepts_event_stream(context.fields)) {
    co_return error_reply(406, request, mcp::code::invalid_request,
                          "The answer is text/event-stream, which Accept excludes.");
  }
  const Json extras{{std::string(mcp::meta::subscription_id), mcp::to_json(request.id)}};
  Json honoured = Json::object();
  ListChanges::Messages messages = ListChanges::messages({{"_meta", extras}});
  constexpr std::array<std::string_view, ListChanges::lists> names = {
      "toolsListChanged", "promptsListChanged", "resourcesListChanged"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (asks_for(*wanted, names[i])) {
      honoured[std::string(names[i])] = true;
    } else {
      messages[i].clear();
    }
  }
  auto subscription =
      changes.subscribe(context.loop, *context.events, context.principal, std::move(messages));
  if (!subscription) {
    Reply reply = error_reply(503, request, 503, too_many);
    reply.headers.emplace_back("Retry-After", "1");
    co_return reply;
  }
  // Nothing may come before it; nothing can, since nothing is awaited in between.
  context.events->send(mcp::notification_text(
      mcp::notice::acknowledged, {{"notifications", std::move(honoured)}, {"_meta", extras}}));
  Reply reply{
      200, mcp::result_text(request.id, {{"resultType", "complete"}, {"_meta", extras}}), {}};
  reply.subscription = std::move(subscription);
  co_return reply;
}

HttpResponse session_stream(base::Loop& loop, EventStream& stream, const pipeline::Principal& owner,
                            const std::string& session, ListChanges& changes, Sessions& sessions) {
  auto subscription = changes.subscribe_session(loop, stream, owner, session);
  if (!subscription) {
    HttpResponse response = error_response(503, too_many);
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  stream.open();
  // A session lives for as long as its client listens, and the stream for as long as the session.
  stream.set_on_silence([&stream, &sessions, owner, session] {
    if (!sessions.use(owner, session, std::chrono::steady_clock::now())) stream.end();
  });
  HttpResponse response;
  response.subscription = std::move(subscription);
  return response;
}

}  // namespace gateway
