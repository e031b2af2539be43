#include "gateway/admin.h"

#include <utility>

#include "base/time_text.h"
#include "gateway/budget_list.h"
#include "gateway/run_method.h"
#include "gateway/http_target.h"
#include "gateway/tool_facts.h"
#include "mcp/jsonrpc.h"

namespace gateway {
namespace {

using base::Json;

constexpr std::chrono::milliseconds reload_check{20};
constexpr std::chrono::seconds reload_patience{10};

Json server_facts(const tools::Upstream& upstream) {
  const tools::UpstreamStatus status = upstream.status();
  const auto offered = upstream.tools();
  Json facts{{"server", upstream.name()},
             {"state", to_string(status.state)},
             {"reason", status.reason},
             {"since", base::rfc3339(status.since, 6)},
             {"revision", nullptr},
             {"tools", offered ? offered->tools.size() : 0},
             {"instances", upstream.instances()},
             {"breaker", to_string(status.breaker)}};
  if (status.revision) facts["revision"] = mcp::to_string(*status.revision);
  return facts;
}

// One that is turned off does not exist; one that left the configuration is named by its state.
Json server_list(const tools::Upstreams& upstreams, const ReloadStatus& config) {
  Json servers = Json::array();
  for (const auto& upstream : upstreams.current()->all()) servers.push_back(server_facts(*upstream));
  for (const auto& upstream : upstreams.leaving()) {
    servers.push_back(server_facts(*upstream));
    servers.back()["state"] = "leaving";
    servers.back()["reason"] =
        "no longer configured; calls under way: " + std::to_string(upstream->uses());
  }
  for (const ServerConfig& server : config.in_force->servers) {
    if (server.disabled.empty()) continue;
    servers.push_back({{"server", server.name},
                       {"state", "off"},
                       {"reason", server.disabled},
                       {"since", base::rfc3339(config.since, 6)},
                       {"revision", nullptr},
                       {"tools", 0},
                       {"instances", 0}});
  }
  return servers;
}

Json config_facts(const ReloadStatus& status, const std::string& policy) {
  Json facts{{"file", status.in_force->file.string()},
             {"policy", policy},
             {"since", base::rfc3339(status.since, 6)},
             {"reloads", status.reloads},
             {"refusals", status.refusals},
             {"refused", nullptr}};
  if (status.refused.empty()) return facts;
  facts["refused"] = {{"reason", status.refused}, {"since", base::rfc3339(status.refused_at, 6)}};
  return facts;
}

Json outcome_facts(const pipeline::Call& call, const pipeline::Outcome& outcome) {
  Json facts{{"request", call.request_id}, {"outcome", to_string(outcome.kind)}};
  if (!outcome.reason.empty()) facts["reason"] = outcome.reason;
  if (!call.decision.empty()) facts["decision"] = call.decision;
  if (outcome.error) {
    facts["error"] = {{"code", outcome.error->code}, {"message", outcome.error->message}};
  } else {
    facts["result"] = outcome.result;
  }
  return facts;
}

// Administrators may name a tool by its id `server/tool` as well.
std::string exported_name_of(const pipeline::Snapshot& snapshot, const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return name;
  const auto* entry = snapshot.catalog->find_id(name.substr(0, slash), name.substr(slash + 1));
  return entry && !entry->exported.empty() ? entry->exported : name;
}

// By its id `server/tool`, or by the name under which it is offered.
const tools::CatalogEntry* find_tool(const tools::Catalog& catalog, const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return catalog.find(name);
  return catalog.find_id(name.substr(0, slash), name.substr(slash + 1));
}

// The agent asked for, or the only one there is.
base::Result<const policies::Agent*> choose_agent(const policies::Policy& policy,
                                                  const Json& body) {
  const std::vector<std::string> names = policy.agent_names();
  const std::string* asked = base::find_string(body, "agent");
  if (asked == nullptr && names.size() != 1) {
    return base::Error{base::Code::invalid, "Name the agent that calls: --agent NAME", {}};
  }
  const policies::Agent* agent = policy.find_agent(asked ? *asked : names.front());
  if (agent == nullptr) {
    return base::Error{base::Code::not_found, "The policy names no agent " + *asked + ".", {}};
  }
  return agent;
}

}  // namespace

base::Task<HttpResponse> Admin::handle(base::Loop& loop, const RawRequest& request,
                                       const std::string& request_id, const std::string& peer) {
  // The policy that says who somebody is stays alive while they are answered.
  const auto snapshot = d_.snapshot.get();
  AdminPeer from = admin_peer(peer, d_.own_login, *snapshot->policy);
  if (!from.may(Right::read)) {  // nothing of a stranger's request is parsed
    co_return error_response(403, peer + " is nobody whom the policy names under 'people'.");
  }
  co_return co_await serve(loop, request, request_id, std::move(from));
}

base::Task<HttpResponse> Admin::serve(base::Loop& loop, const RawRequest& request,
                                      std::string request_id, AdminPeer from) const {
  auto target = parse_target(request.head);
  if (!target) co_return error_response(400, target.error().message);
  const auto match = match_admin_route(target->method, target->path);
  const Right right = match ? admin_routes()[match->route].right : Right::read;
  if (!from.may(right)) {
    co_return error_response(403, from.name() + " may not do this: it needs the right to " +
                                      std::string(to_string(right)) + ".");
  }
  if (!match) {
    co_return error_response(404, "There is no such route: " + target->method + " " + target->path);
  }
  if (RunsApi::serves(target->path)) {
    RunsCaller caller{"", "", "admin " + from.name()};
    co_return co_await d_.runs.handle(loop, request, *std::move(target), std::move(caller));
  }
  co_return co_await answer(*match, loop, request, *std::move(target), std::move(request_id),
                            std::move(from));
}

base::Task<HttpResponse> Admin::answer(AdminMatch match, base::Loop& loop,
                                       const RawRequest& request, HttpTarget target,
                                       std::string request_id, AdminPeer peer) const {
  const AdminRoute& route = admin_routes()[match.route];
  const std::string name = std::string(route.method) + " " + std::string(route.path);
  if (name == "GET /v1/servers") co_return list_servers();
  if (name == "GET /v1/config") co_return show_config();
  if (name == "POST /v1/reload") co_return co_await reload(loop);
  if (name == "POST /v1/servers/restart") co_return restart_server(request);
  if (name == "GET /v1/tools") co_return list_tools(target.parameter("agent"));
  if (name == "GET /v1/tools/show") {
    co_return show_tool(target.parameter("tool"), target.parameter("agent"));
  }
  if (name == "GET /metrics") co_return d_.metrics.page();
  if (name == "GET /v1/budgets") co_return co_await list_budgets();
  if (name == "POST /v1/budgets/accept-loss") co_return co_await accept_loss();
  if (name == "POST /v1/call") {
    co_return co_await call(loop, request, std::move(request_id), peer.name());
  }
  if (name == "GET /v1/approvals") {
    co_return co_await approvals_.list(target.parameter("remembered") == "true");
  }
  if (name == "GET /v1/approvals/{id}") co_return co_await approvals_.show(std::move(match.id));
  if (name == "POST /v1/approvals/{id}/decision") {
    co_return co_await approvals_.decide(std::move(match.id), request, std::move(peer));
  }
  if (name == "POST /v1/approvals/{id}/forget") {
    co_return co_await approvals_.forget(std::move(match.id), std::move(peer));
  }
  co_return error_response(500, "This route has no handler: " + name);
}

HttpResponse Admin::list_servers() const {
  const ReloadStatus config = d_.reloader.status();
  const auto snapshot = d_.snapshot.get();
  const std::string& policy = snapshot->policy->version();
  return json_response(200, base::dump_json({{"servers", server_list(d_.upstreams, config)},
                                             {"config", config_facts(config, policy)}}));
}

HttpResponse Admin::show_config() const {
  const auto snapshot = d_.snapshot.get();
  return json_response(
      200, base::dump_json(config_facts(d_.reloader.status(), snapshot->policy->version())));
}

base::Task<HttpResponse> Admin::reload(base::Loop& loop) const {
  const std::int64_t ticket = d_.reloader.ask();
  const auto deadline = std::chrono::steady_clock::now() + reload_patience;
  while (d_.reloader.status().answered < ticket) {
    const bool goes_on = co_await loop.sleep(reload_check);
    if (!goes_on || std::chrono::steady_clock::now() > deadline) {
      co_return error_response(503, "The files are still being read.");
    }
  }
  const ReloadStatus status = d_.reloader.status();
  if (!status.refused.empty()) co_return error_response(422, status.refused);
  co_return show_config();
}

HttpResponse Admin::restart_server(const RawRequest& request) const {
  const auto body = base::parse_json(request.body, d_.limits.json);
  const std::string* name = body ? base::find_string(body->value, "server") : nullptr;
  const auto upstreams = d_.upstreams.current();
  tools::Upstream* upstream = name ? upstreams->find(*name) : nullptr;
  if (upstream == nullptr) {
    return error_response(
        404, "The running gateway has no such server" + (name ? ": " + *name : std::string(".")));
  }
  upstream->restart();
  return json_response(200, base::dump_json({{"server", *name}, {"restarted", true}}));
}

HttpResponse Admin::list_tools(const std::string& agent) const {
  const auto snapshot = d_.snapshot.get();
  if (!agent.empty() && snapshot->policy->find_agent(agent) == nullptr) {
    return error_response(404, "The policy names no agent " + agent + ".");
  }
  Json tools = Json::array();
  for (const tools::CatalogEntry& entry : snapshot->catalog->entries()) {
    const bool shown =
        agent.empty() || (entry.quarantine.empty() &&
                          snapshot->policy->decide(agent, entry.server(), entry.tool->name).listed);
    if (shown) tools.push_back(tool_facts(*snapshot, entry));
  }
  return json_response(200, base::dump_json({{"tools", std::move(tools)}}));
}

HttpResponse Admin::show_tool(const std::string& name, const std::string& agent) const {
  const auto snapshot = d_.snapshot.get();
  if (!agent.empty() && snapshot->policy->find_agent(agent) == nullptr) {
    return error_response(404, "The policy names no agent " + agent + ".");
  }
  const tools::CatalogEntry* entry = find_tool(*snapshot->catalog, name);
  if (entry == nullptr) {
    return error_response(404, "No server offers a tool " + (name.empty() ? "\"\"" : name) + ".");
  }
  return json_response(200, base::dump_json(tool_details(*snapshot, *entry, agent)));
}

base::Task<HttpResponse> Admin::list_budgets() const {
  const auto snapshot = d_.snapshot.get();
  const auto uses = co_await d_.ledger.usage();
  if (!uses) co_return error_response(503, uses.error().message);
  co_return json_response(200,
                          base::dump_json({{"budgets", budget_list(*snapshot->policy, *uses)}}));
}

base::Task<HttpResponse> Admin::accept_loss() const {
  const auto accepted = co_await d_.ledger.accept_loss();
  if (!accepted) co_return error_response(503, accepted.error().message);
  co_return json_response(200, base::dump_json({{"accepted", true}}));
}

base::Task<HttpResponse> Admin::call(base::Loop& loop, const RawRequest& request,
                                     std::string request_id, std::string peer) const {
  auto body = base::parse_json(request.body, d_.limits.json, {"arguments"});
  if (!body) co_return error_response(400, body.error().message);
  const std::string* tool = base::find_string(body->value, "tool");
  const Json* arguments = base::find_member(body->value, "arguments");
  if (tool == nullptr || (arguments != nullptr && !arguments->is_object())) {
    co_return error_response(400,
                             "A call needs a tool's name, and its arguments must be an object.");
  }
  pipeline::Call call;
  call.snapshot = d_.snapshot.get();
  auto agent = choose_agent(*call.snapshot->policy, body->value);
  if (!agent) co_return error_response(400, agent.error().message);
  call.request_id = std::move(request_id);
  call.principal = {(*agent)->name, (*agent)->tenant, "admin " + peer};
  call.asked = exported_name_of(*call.snapshot, *tool);
  if (arguments != nullptr) call.arguments = mcp::ToolArguments(*arguments);
  call.inexact = pointer_inside(body->inexact, "/arguments");
  call.loop = &loop;
  call.received = std::chrono::system_clock::now();
  call.started = std::chrono::steady_clock::now();
  const Json* dry = base::find_member(body->value, "dry_run");
  const bool dry_run = dry != nullptr && dry->is_boolean() && dry->get<bool>();
  const pipeline::Outcome outcome = co_await (dry_run ? d_.dry_runs : d_.calls).run(call);
  co_return json_response(200, base::dump_json(outcome_facts(call, outcome)));
}

}  // namespace gateway
