#include "gateway/methods.h"

#include <utility>

#include "base/version.h"
#include "gateway/call_method.h"
#include "gateway/list_page.h"
#include "gateway/listen_method.h"
#include "gateway/read_methods.h"
#include "mcp/messages.h"

namespace gateway {
namespace {

using base::Json;
using mcp::Reply;

Json server_info() { return {{"name", "sluice"}, {"title", "Sluice"}, {"version", base::version}}; }

// Of 2026-07-28 results: what every one of them carries.
void stamp_modern(Json& result) {
  result["resultType"] = "complete";
  result["_meta"][std::string(mcp::meta::server_info)] = server_info();
}

// What Sluice offers to any client.
Json capabilities() {
  const Json changing{{"listChanged", true}};
  return {{"logging", Json::object()},
          {"tools", changing},
          {"prompts", changing},
          {"resources", changing}};
}

// Lists and discovery differ by caller and may change at any time: nobody may reuse them.
void stamp_private(Json& result) {
  result["ttlMs"] = 0;
  result["cacheScope"] = "private";
}

base::Task<Reply> discover(MethodContext& context) {
  Json versions = Json::array();
  for (const mcp::Revision revision : mcp::served_revisions) {
    if (mcp::era_of(revision) == mcp::Era::modern) versions.push_back(mcp::to_string(revision));
  }
  Json result{{"supportedVersions", std::move(versions)}, {"capabilities", capabilities()}};
  stamp_modern(result);
  stamp_private(result);
  co_return Reply{200, mcp::result_text(context.request.id, result), {}};
}

base::Task<Reply> initialize(MethodContext& context, Sessions& sessions) {
  const std::string* requested = base::find_string(context.request.params, "protocolVersion");
  if (requested == nullptr) {
    co_return Reply{
        200,
        mcp::error_text(context.request.id,
                        {mcp::code::invalid_params, "protocolVersion must be a string", {}}),
        {}};
  }
  // A version that is not served is answered with the newest that has a handshake; the client then
  // decides (2025-11-25, lifecycle).
  mcp::Revision revision = mcp::latest_legacy;
  for (const mcp::Revision served : mcp::served_revisions) {
    const bool asked_for = mcp::to_string(served) == *requested;
    if (asked_for && mcp::era_of(served) == mcp::Era::legacy) revision = served;
  }
  const Json result{{"protocolVersion", mcp::to_string(revision)},
                    {"capabilities", capabilities()},
                    {"serverInfo", server_info()}};
  const Json* offered = base::find_member(context.request.params, "capabilities");
  std::string session =
      sessions.open(context.principal, revision, std::chrono::steady_clock::now(),
                    offered != nullptr && mcp::elicits_forms(*offered));
  co_return Reply{200, mcp::result_text(context.request.id, result), std::move(session)};
}

base::Task<Reply> ping(MethodContext& context) {
  co_return Reply{200, mcp::result_text(context.request.id, Json::object()), {}};
}

// Remembered for the session: 2026-07-28 says it with each request instead.
base::Task<Reply> set_log_level(MethodContext& context, Sessions& sessions) {
  const std::string* name = base::find_string(context.request.params, "level");
  const auto level = name ? mcp::parse_log_level(*name) : std::nullopt;
  if (!level) {
    const std::string text =
        "level must be one of debug, info, notice, warning, error, critical, "
        "alert and emergency";
    co_return Reply{
        200, mcp::error_text(context.request.id, {mcp::code::invalid_params, text, {}}), {}};
  }
  sessions.set_log_level(context.principal, context.session, *level);
  co_return Reply{200, mcp::result_text(context.request.id, Json::object()), {}};
}

// The definitions stand ready as text; the list around them is put together here.
base::Task<Reply> list(MethodContext& context, ListKind kind, std::string_view member,
                       const base::Limits& limits) {
  const Json* cursor = base::find_member(context.request.params, "cursor");
  std::optional<ListPage> page;
  if (cursor == nullptr) {
    page = list_page(*context.snapshot, kind, context.principal, {}, limits.tools_page);
  } else if (cursor->is_string() && !cursor->get_ref<const std::string&>().empty()) {
    page = list_page(*context.snapshot, kind, context.principal,
                     cursor->get_ref<const std::string&>(), limits.tools_page);
  }
  if (!page) {
    co_return Reply{
        200,
        mcp::error_text(context.request.id, {mcp::code::invalid_params, "Unknown cursor", {}}),
        {}};
  }
  Json rest = Json::object();
  if (!page->next.empty()) rest["nextCursor"] = page->next;
  if (mcp::has_result_type(context.inbound.revision)) {
    stamp_modern(rest);
    stamp_private(rest);
  }
  std::string body =
      R"({"jsonrpc":"2.0","id":)" + base::dump_json(mcp::to_json(context.request.id));
  body.append(R"(,"result":{")").append(member).append(R"(":[)");
  body.append(page->definitions).push_back(']');
  const std::string members =
      base::dump_json(rest);  // {…}: what stands inside goes on behind the list
  if (!rest.empty()) body.append(",").append(members, 1, members.size() - 2);
  body.append("}}");
  co_return Reply{200, std::move(body), {}};
}

mcp::Method<MethodContext> list_method(std::string_view name, ListKind kind,
                                       std::string_view member, const base::Limits& limits) {
  return {name, mcp::Served::always,
          [kind, member, &limits](MethodContext& c) { return list(c, kind, member, limits); }};
}

}  // namespace

mcp::MethodTable<MethodContext> gateway_methods(const pipeline::Pipeline& calls, Sessions& sessions,
                                                ListChanges& changes, const base::Limits& limits) {
  using mcp::Served;
  return mcp::MethodTable<MethodContext>({
      {"server/discover", Served::modern_only, discover},
      {"initialize", Served::legacy_only,
       [&](MethodContext& c) { return initialize(c, sessions); }},
      {"ping", Served::legacy_only, ping},
      {"logging/setLevel", Served::legacy_only,
       [&](MethodContext& c) { return set_log_level(c, sessions); }},
      list_method("tools/list", ListKind::tools, "tools", limits),
      list_method("prompts/list", ListKind::prompts, "prompts", limits),
      list_method("resources/list", ListKind::resources, "resources", limits),
      list_method("resources/templates/list", ListKind::templates, "resourceTemplates", limits),
      {"subscriptions/listen", Served::modern_only,
       [&](MethodContext& c) { return listen(c, changes); }},
      {"tools/call", Served::always, [&](MethodContext& c) { return call_tool(c, calls); }},
      {"prompts/get", Served::always, [&](MethodContext& c) { return get_prompt(c, calls); }},
      {"resources/read", Served::always, [&](MethodContext& c) { return read_resource(c, calls); }},
  });
}

}  // namespace gateway
