#include "gateway/runs_api.h"

#include <charconv>
#include <utility>

#include "gateway/run_facts.h"

namespace gateway {
namespace {

using base::Json;

constexpr std::size_t most_listed = 100;
constexpr std::size_t most_searched = 1'000;  ///< for those of one agent
constexpr std::size_t longest_goal = 64 << 10;
constexpr std::int64_t longest_wait_s = 60;

// A whole number in the query; 0 when there is none.
std::int64_t query_number(const RawRequest& request, std::string_view key) {
  const std::string_view line = request.fields.start_line;
  const std::string_view target = line.substr(0, line.rfind(' '));
  for (const char mark : {'?', '&'}) {
    const std::string name = mark + std::string(key) + "=";
    const std::size_t at = target.find(name);
    if (at == std::string_view::npos) continue;
    std::int64_t number = 0;
    const char* const begin = target.data() + at + name.size();
    std::from_chars(begin, target.data() + target.size(), number);
    return number > 0 ? number : 0;
  }
  return 0;
}

HttpResponse answer(int status, const Json& body) {
  return json_response(status, base::dump_json(body));
}

HttpResponse no_such_run() { return error_response(404, "There is no such run."); }

int status_of(const base::Error& error) {
  switch (error.code) {
    case base::Code::not_found:
      return 404;
    case base::Code::invalid:
      return 409;
    case base::Code::limit:
    case base::Code::unavailable:
      return 503;
    default:
      return 500;
  }
}

HttpResponse failure(const base::Error& error) {
  return error_response(status_of(error), error.message);
}

// `{"call": "TURN.INDEX", "outcome": "done" | "not_done" | "abandon", "result": "…"}`
base::Result<runtime::Resolved> read_resolution(const Json& body) {
  const base::Error error{base::Code::invalid,
                          "Say which 'call' (such as 0.1) and its 'outcome': done (with its "
                          "'result'), not_done or abandon.",
                          {}};
  const std::string* call = base::find_string(body, "call");
  const std::string* outcome = base::find_string(body, "outcome");
  const std::string* text = base::find_string(body, "result");
  if (call == nullptr || outcome == nullptr) return error;
  runtime::Resolved resolved;
  const char* const end = call->data() + call->size();
  const auto turn = std::from_chars(call->data(), end, resolved.turn);
  if (turn.ec != std::errc{} || turn.ptr == end || *turn.ptr != '.') return error;
  const auto index = std::from_chars(turn.ptr + 1, end, resolved.index);
  if (index.ec != std::errc{} || index.ptr != end) return error;
  using How = runtime::Resolved::How;
  if (*outcome == "done") {
    resolved.how = How::done;
  } else if (*outcome == "not_done") {
    resolved.how = How::not_done;
  } else if (*outcome != "abandon") {
    return error;
  }
  if (text != nullptr) resolved.text = *text;
  return resolved;
}

base::Result<runtime::What> read_run_command(const std::string& command, const Json& body,
                                             const std::string& by) {
  if (command == "pause") return runtime::What(runtime::Paused{by});
  if (command == "resume") return runtime::What(runtime::Resumed{by});
  if (command == "cancel") return runtime::What(runtime::Cancelled{by});
  if (command != "resolve") {
    return base::Error{base::Code::not_found, "There is no such command: " + command, {}};
  }
  auto resolved = read_resolution(body);
  if (!resolved) return resolved.error();
  resolved->by = by;
  return runtime::What(*std::move(resolved));
}

}  // namespace

bool RunsApi::serves(std::string_view asked) {
  return asked == path || (asked.starts_with(path) && asked.substr(path.size()).starts_with('/'));
}

base::Task<HttpResponse> RunsApi::handle(base::Loop& loop, const RawRequest& request,
                                         HttpTarget target, RunsCaller caller) {
  if (!runtime_) {
    co_return error_response(404, "No agents are configured: write 'runtime' in sluice.yaml.");
  }
  if (target.path == path) {
    if (target.method == "POST") co_return co_await start(request, std::move(caller));
    if (target.method == "GET") co_return co_await list(std::move(caller));
    co_return error_response(405, "Runs are listed with GET and started with POST.");
  }
  std::string id = target.path.substr(path.size() + 1);
  std::string rest;
  if (const std::size_t slash = id.find('/'); slash != std::string::npos) {
    rest = id.substr(slash + 1);
    id.resize(slash);
  }
  const auto facts = co_await runtime_->reader().facts(id);
  if (!facts) co_return failure(facts.error());
  const bool visible =
      caller.agent.empty() || (facts->owner == caller.agent && facts->tenant == caller.tenant);
  if (!visible) co_return no_such_run();
  if (target.method == "GET" && rest.empty()) co_return co_await show(*facts);
  if (target.method == "GET" && rest == "events") co_return co_await events(loop, request, *facts);
  if (target.method == "POST") co_return co_await tell(request, *facts, rest, std::move(caller));
  co_return error_response(404, "There is no such route: " + target.method + " " + target.path);
}

base::Task<HttpResponse> RunsApi::start(const RawRequest& request, RunsCaller caller) {
  const auto body = base::parse_json(request.body, limits_.json);
  if (!body) co_return error_response(400, body.error().message);
  const std::string* agent = base::find_string(body->value, "agent");
  const std::string* goal = base::find_string(body->value, "goal");
  if (agent == nullptr || goal == nullptr || goal->empty() || goal->size() > longest_goal) {
    co_return error_response(400, "A run needs an 'agent' and a 'goal' of at most 64 KiB.");
  }
  // Of agents that it may not start, a caller learns nothing.
  const bool may = caller.agent.empty() || snapshot_.get()->policy->may_start(caller.agent, *agent);
  if (!may || !runtime_->knows(*agent)) {
    co_return error_response(404, "There is no agent " + agent->substr(0, 100) + " to start.");
  }
  auto started = co_await runtime_->begin(*agent, *goal, caller.agent, caller.by);
  if (!started) co_return failure(started.error());
  co_return answer(201, {{"run", *started}});
}

base::Task<HttpResponse> RunsApi::list(RunsCaller caller) {
  const auto runs =
      co_await runtime_->reader().newest(caller.agent.empty() ? most_listed : most_searched);
  if (!runs) co_return failure(runs.error());
  Json list = Json::array();
  for (const runtime::RunFacts& run : *runs) {
    const bool visible =
        caller.agent.empty() || (run.owner == caller.agent && run.tenant == caller.tenant);
    if (visible && list.size() < most_listed) list.push_back(run_line(run));
  }
  co_return answer(200, {{"runs", std::move(list)}});
}

base::Task<HttpResponse> RunsApi::show(runtime::RunFacts facts) {
  const auto events = co_await runtime_->reader().all(facts.id);
  if (!events) co_return failure(events.error());
  co_return answer(200, run_facts(facts, *events));
}

// Answers at once when there is something to read, else waits for it as long as the caller likes.
base::Task<HttpResponse> RunsApi::events(base::Loop& loop, const RawRequest& request,
                                         runtime::RunFacts facts) {
  const std::int64_t after = query_number(request, "after");
  const auto wait = std::chrono::seconds(std::min(longest_wait_s, query_number(request, "wait")));
  const auto until = std::chrono::steady_clock::now() + wait;
  while (true) {
    const std::uint64_t version = runtime_->feed().version(facts.id);
    const auto found = co_await runtime_->reader().events(facts.id, after);
    if (!found) co_return failure(found.error());
    const bool over =
        !facts.status.empty() || runtime_->draining() || std::chrono::steady_clock::now() >= until;
    if (found->empty() && !over && !loop.ending()) {
      co_await runtime_->feed().changed(loop, facts.id, version, until);
      if (const auto now = co_await runtime_->reader().facts(facts.id)) facts = *now;
      continue;
    }
    Json list = Json::array();
    bool ended = !facts.status.empty() && found->empty();
    for (const runtime::StoredEvent& stored : *found) {
      ended = ended || std::holds_alternative<runtime::Ended>(stored.event.what);
      list.push_back(event_facts(stored));
    }
    co_return answer(200, {{"events", std::move(list)}, {"ended", ended}});
  }
}

base::Task<HttpResponse> RunsApi::tell(const RawRequest& request, runtime::RunFacts facts,
                                       std::string command, RunsCaller caller) {
  Json body = Json::object();
  if (!request.body.empty()) {
    auto parsed = base::parse_json(request.body, limits_.json);
    if (!parsed) co_return error_response(400, parsed.error().message);
    body = std::move(parsed->value);
  }
  auto what = read_run_command(command, body, caller.by);
  if (!what) {
    const bool unknown = what.error().code == base::Code::not_found;
    co_return error_response(unknown ? 404 : 400, what.error().message);
  }
  if (!facts.status.empty())
    co_return error_response(409, "The run has ended: " + facts.status + ".");
  const auto told = co_await runtime_->tell(facts.id, *std::move(what));
  if (!told) co_return failure(told.error());
  co_return answer(200, {{"run", facts.id}, {"told", command}});
}

}  // namespace gateway
