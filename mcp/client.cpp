#include "mcp/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_text.h"
#include "base/version.h"
#include "mcp/header_value.h"
#include "mcp/messages.h"

namespace mcp {
namespace {

using base::Code;
using base::Error;
using base::Json;

constexpr std::chrono::seconds level_patience{5};
constexpr int no_log_level = 1 << 10;  // above all there are

Json client_info() { return {{"name", "sluice"}, {"version", base::version}}; }

// What every request must carry towards a modern server.
const Json& modern_meta() {
  static const Json value{{meta::protocol_version, to_string(latest_modern)},
                          {meta::client_capabilities, Json::object()},
                          {meta::client_info, client_info()}};
  return value;
}

// The parameters of a call, written straight to text: this is what every call costs.
std::string call_params(const ServerCall& call, Era era, std::int64_t id) {
  static const std::string meta_text = base::dump_json(modern_meta());
  const bool modern = era == Era::modern;
  std::string text;
  text.reserve(64 + call.name.size() + call.arguments.text().size() + meta_text.size());
  base::JsonObjectText params(text);
  params.add_any(call.method.key, call.name);
  if (call.method.has_arguments) params.add_text("arguments", call.arguments.text());
  if (!call.options.progress && !(modern && call.options.log_level)) {
    if (modern) params.add_text("_meta", meta_text);
    params.end();
    return text;
  }
  Json extras = modern ? modern_meta() : Json::object();
  if (call.options.progress) extras["progressToken"] = id;
  if (modern && call.options.log_level) {
    extras[std::string(meta::log_level)] = to_string(*call.options.log_level);
  }
  params.add_text("_meta", base::dump_json(extras));
  params.end();
  return text;
}

// `name` is what the header Mcp-Name mirrors.
Transport::Headers headers_for(const Transport& transport, const Handshake& handshake,
                               const std::string& method, const std::optional<std::string>& name) {
  Transport::Headers headers;
  if (!transport.has_headers()) return headers;
  if (has_version_header(handshake.revision)) {
    headers.emplace_back(header::protocol_version, to_string(handshake.revision));
  }
  if (!handshake.session.empty()) headers.emplace_back(header::session_id, handshake.session);
  if (handshake.era() == Era::modern) {
    headers.emplace_back(header::method, method);
    if (name) headers.emplace_back(header::name, encode_header_value(*name));
  }
  return headers;
}

// Whether `versions` lists a modern revision that this client speaks.
bool lists_modern(const Json* versions) {
  return versions != nullptr && versions->is_array() &&
         std::any_of(versions->begin(), versions->end(), [](const Json& version) {
           return version.is_string() &&
                  version.get_ref<const std::string&>() == to_string(latest_modern);
         });
}

Json member_or_null(const Json& object, std::string_view key) {
  const Json* found = base::find_member(object, key);
  return found ? *found : Json();
}

constexpr std::array<const char*, 3> lists{"tools", "prompts", "resources"};

bool tells_of(const Handshake& handshake, const char* list) {
  const Json* capability = base::find_member(handshake.capabilities, list);
  const Json* tells = capability ? base::find_member(*capability, "listChanged") : nullptr;
  return tells != nullptr && tells->is_boolean() && tells->get<bool>();
}

}  // namespace

bool Handshake::tells_of_offers() const {
  return std::ranges::any_of(lists, [&](const char* list) { return tells_of(*this, list); });
}

base::Task<base::Result<Client::Answer>> Client::ask(const Handshake& handshake, std::string method,
                                                     Json params, base::SteadyTime deadline) {
  if (handshake.era() == Era::modern) params["_meta"] = modern_meta();
  const Id id = next_id();
  auto headers = headers_for(transport_, handshake, method, mirrored_name(method, params));
  OutgoingRequest request{id,
                          request_text(id, method, base::dump_json(params)),
                          std::move(headers),
                          {std::chrono::hours(1), deadline}};
  request.repeatable = true;
  request.talks_back = handshake.era() == Era::legacy && method != "initialize";
  auto sent = co_await transport_.request(std::move(request));
  if (!sent) co_return sent.error();
  while (true) {
    auto message = co_await (*sent)->next();
    if (!message) co_return message.error();
    if (auto* response = std::get_if<Response>(&*message)) {
      co_return Answer{(*sent)->status(), std::string((*sent)->session()), std::move(*response),
                       (*sent)->size()};
    }
  }
}

base::Task<base::Result<Handshake>> Client::connect(std::optional<Era> era,
                                                    base::SteadyTime deadline,
                                                    base::SteadyTime question_deadline) {
  if (era == Era::legacy) co_return co_await initialize(deadline);
  Handshake modern;
  auto answer = co_await ask(modern, "server/discover", Json::object(),
                             std::min(deadline, question_deadline));
  if (!answer) {
    // Only a refusal that is not about access speaks for a server that does not know the method.
    const Code why = answer.error().code;
    if (era || (why != Code::refused && why != Code::not_found)) co_return answer.error();
    co_return co_await initialize(deadline);
  }
  const Response& response = answer->response;
  if (!response.error && lists_modern(base::find_member(response.result, "supportedVersions"))) {
    modern.capabilities = member_or_null(response.result, "capabilities");
    const Json extras = member_or_null(response.result, "_meta");
    modern.server_info = member_or_null(extras, meta::server_info);
    co_return modern;
  }
  const bool about_access = answer->status == 401 || answer->status == 403 || answer->status >= 500;
  if (response.error && about_access) co_return refused_by("server/discover", *response.error);
  if (era) {
    co_return Error{
        Code::refused, "it does not speak " + std::string(to_string(latest_modern)), {}};
  }
  co_return co_await initialize(deadline);
}

base::Task<base::Result<Handshake>> Client::initialize(base::SteadyTime deadline) {
  // No version header and no session yet: the handshake is what settles them.
  const Handshake opening{Revision::r2025_03_26, {}, {}, {}};
  Json params = {{"protocolVersion", to_string(latest_legacy)},
                 {"capabilities", Json::object()},
                 {"clientInfo", client_info()}};
  auto answer = co_await ask(opening, "initialize", std::move(params), deadline);
  if (!answer) co_return answer.error();
  if (answer->response.error) co_return refused_by("initialize", *answer->response.error);
  const Json& result = answer->response.result;
  const std::string* version = base::find_string(result, "protocolVersion");
  const auto revision = version ? parse_revision(*version) : std::nullopt;
  if (!revision || era_of(*revision) == Era::modern) {
    co_return Error{
        Code::broken, "it answered initialize with a protocol version that is not known", {}};
  }
  Handshake handshake{*revision, answer->session, member_or_null(result, "serverInfo"),
                      member_or_null(result, "capabilities")};
  // Log messages of a child name no call and go nowhere.
  if (transport_.has_headers() && base::find_member(handshake.capabilities, "logging") != nullptr) {
    handshake.log_level = std::make_shared<std::atomic<int>>(no_log_level);
  }
  const std::string method = "notifications/initialized";
  auto headers = headers_for(transport_, handshake, method, std::nullopt);
  auto noticed =
      co_await transport_.notify(notification_text(method, Json()), std::move(headers), deadline);
  if (!noticed) co_return noticed.error();
  co_return handshake;
}

// A legacy session has one level for all its callers: the lowest that any of them wanted. Whether
// the server heeds it does not matter to the call.
base::Task<void> Client::lower_log_level(const Handshake& handshake, LogLevel level) {
  const int wanted = static_cast<int>(level);
  int lowest = handshake.log_level->load();
  while (wanted < lowest) {
    if (!handshake.log_level->compare_exchange_weak(lowest, wanted)) continue;
    const auto deadline = std::chrono::steady_clock::now() + level_patience;
    base::Json params{{"level", to_string(level)}};
    (void)co_await ask(handshake, "logging/setLevel", std::move(params), deadline);
    co_return;
  }
}

base::Task<base::Result<std::unique_ptr<Exchange>>> Client::call(const Handshake& handshake,
                                                                 ServerCall call,
                                                                 RequestDeadlines deadlines) {
  if (call.options.log_level && handshake.log_level) {
    co_await lower_log_level(handshake, *call.options.log_level);
  }
  const std::string method(call.method.method);
  auto headers = headers_for(transport_, handshake, method, call.name);
  if (handshake.era() == Era::modern && transport_.has_headers()) {
    for (auto& field : param_header_fields(call.headers, call.arguments.value())) {
      headers.push_back(std::move(field));
    }
  }
  const std::int64_t id = ++ids_;
  OutgoingRequest request{id, request_text(id, method, call_params(call, handshake.era(), id)),
                          std::move(headers), deadlines};
  request.repeatable = call.options.repeatable;
  request.talks_back = handshake.era() == Era::legacy;
  request.cancellation = call.options.cancellation;
  co_return co_await transport_.request(std::move(request));
}

StreamRequest Client::stream_request(const Handshake& handshake,
                                     const std::string& last_event_id) {
  if (handshake.era() == Era::legacy) {
    StreamRequest request{std::nullopt, {}, headers_for(transport_, handshake, {}, std::nullopt)};
    if (!last_event_id.empty()) {
      request.headers.emplace_back(header::last_event_id, last_event_id);
    }
    return request;
  }
  const std::string method = "subscriptions/listen";
  Json wanted = Json::object();
  for (const std::string list : lists) {
    if (tells_of(handshake, list.c_str())) wanted[list + "ListChanged"] = true;
  }
  const Json params{{"notifications", std::move(wanted)}, {"_meta", modern_meta()}};
  Id id = next_id();
  std::string body = request_text(id, method, base::dump_json(params));
  return {std::move(id), std::move(body),
          headers_for(transport_, handshake, method, std::nullopt)};
}

}  // namespace mcp
