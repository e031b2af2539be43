#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/support/manual_clock.h"
#include "tests/support/pipeline_fixture.h"

namespace tests {

/// Servers whose tools answer what they are told, one answer after the other, the last one again
/// and again.
class ScriptedDispatcher final : public Dispatcher {
 public:
  base::Task<base::Result<ServerAnswer>> send(const policies::Permit&, const Call& call) override {
    sent.push_back(call.id());
    requests.push_back(call.request_id);
    asked.push_back(call.arguments.value());
    if (on_send) on_send(call);
    auto& left = answers[call.id()];
    base::Result<ServerAnswer> answer = left.front();
    if (left.size() > 1) left.pop_front();
    co_return answer;
  }
  std::ptrdiff_t times(const std::string& tool) const {
    return std::count(sent.begin(), sent.end(), tool);
  }

  std::map<std::string, std::deque<base::Result<ServerAnswer>>> answers;
  std::vector<std::string> sent, requests;
  std::vector<Json> asked;
  std::function<void(const Call&)> on_send;
};

/// Stands still, but for a step whenever it is read.
class SteppingClock final : public policies::ledger::Clock {
 public:
  std::chrono::steady_clock::time_point steady() const override {
    manual.pass(step);
    return manual.steady();
  }
  std::chrono::system_clock::time_point wall() const override { return manual.wall(); }
  void pass(std::chrono::milliseconds time) { manual.pass(time); }

  mutable ManualClock manual;
  std::chrono::milliseconds step{0};
};

inline base::Error cut_off() { return {base::Code::broken, "the connection was cut", {}}; }

inline ServerAnswer says(const std::string& text) {
  return {{std::nullopt, {{"content", {{{"type", "text"}, {"text", text}}}}}, std::nullopt}, 40};
}

inline ServerAnswer found(const Json& value) {
  ServerAnswer answer = says("see structuredContent");
  answer.response.result["structuredContent"] = {{"found", value}};
  return answer;
}

inline constexpr const char* reconcile_policy = R"(
currency: EUR
people: {ann: {login: ["unix:ann"], may: [approve]}}
agents: {alice: {roles: [all]}, bob: {roles: [writer]}, carol: {roles: [asked]}, dora: {roles: [careful]}}
roles:
  all: {allow: ["*"], limits: [{concurrency: 1}], budgets: [{name: day, window: day, money: 10, calls: 4}]}
  writer: {allow: [crm/create]}
  asked: {allow: ["*"], approve: [{tools: crm/find, by: [ann], wait: 0s}]}
  careful: {allow: ["*"], approve: [{tools: crm/create, by: [ann], wait: 0s}]}
views: {narrow: {tools: [crm/create]}}
tools:
  crm/find: {effect: read_only}
  crm/put: {effect: idempotent}
  crm/deep: {effect: reconcilable, verify: {tool: crm/find, arguments: {message: /message/deep}, done: {required: [found]}}}
  crm/create*:
    effect: reconcilable
    price: 2
    verify:
      tool: crm/find
      arguments: {message: /message}
      done: {required: [found], properties: {found: {const: true}}}
      not_done: {required: [found], properties: {found: {const: false}}}
      settle: 8ms
      within: 60ms
)";

/// The real stages around a server that loses answers, with a clock of its own.
struct ReconcileFixture {
  MemoryJournal journal;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  ScriptedDispatcher dispatcher;
  SteppingClock clock;
  policies::ledger::MemoryLedger ledger{journal, clock};
  CallMetrics metrics;
  policies::approvals::MemoryApprovals approvals{journal, clock};
  Pipeline pipeline = gateway::pipeline::call_pipeline(
      {journal, log, limits, dispatcher, ledger, metrics, approvals, clock});
  base::Loop loop{0};
  std::shared_ptr<const Snapshot> snapshot = snapshot_of(reconcile_policy, {crm()});

  static std::shared_ptr<const tools::ServerTools> crm() {
    return server_tools("crm", {echo_definition("create"), echo_definition("find"),
                                echo_definition("put"), echo_definition("deep"),
                                echo_definition("plain"), count_definition("create_count")});
  }

  ReconcileFixture() {
    // Each question takes as long as a server may be at work.
    dispatcher.on_send = [this](const Call& call) {
      if (call.id() == "crm/find") clock.pass(std::chrono::milliseconds(8));
    };
    answer("crm/create", {cut_off()});
    answer("crm/find", {found(true)});
  }

  void answer(const std::string& tool, std::deque<base::Result<ServerAnswer>> answers) {
    dispatcher.answers[tool] = std::move(answers);
  }
  Call make_call(const std::string& agent, const std::string& tool = "crm__create") {
    Call call;
    call.request_id = "req_1";
    call.principal = {agent, "", "key k"};
    call.asked = tool;
    call.arguments = mcp::ToolArguments(Json{{"message", "T-1"}});
    call.snapshot = snapshot;
    call.loop = &loop;
    return call;
  }
  Outcome run(Call& call) { return run_task(pipeline.run(call), loop.io()); }
  Outcome run(const std::string& agent, const std::string& tool = "crm__create") {
    Call call = make_call(agent, tool);
    return run(call);
  }
  /// What the journal says of `key` in a stream: the last record.
  Json record(const std::string& stream, const std::string& key) const {
    Json found;
    for (const auto& entry : journal.entries) {
      if (entry.stream == stream && entry.key == key) found = Json::parse(entry.body);
    }
    return found;
  }
};

inline std::string first_text(const Outcome& outcome) {
  return outcome.result["content"][0]["text"].get<std::string>();
}

}  // namespace tests
