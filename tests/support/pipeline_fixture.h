#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/pipeline/pipeline.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "tests/support/memory_journal.h"
#include "tests/support/run_task.h"
#include "tests/support/snapshot.h"

namespace tests {

using base::Json;
using gateway::pipeline::Call;
using gateway::pipeline::CallMetrics;
using gateway::pipeline::Dispatcher;
using gateway::pipeline::Outcome;
using gateway::pipeline::Pipeline;
using gateway::pipeline::ServerAnswer;
using gateway::pipeline::Snapshot;

inline constexpr const char* pipeline_policy = R"(
defaults: {deny: ["*/drop"]}
agents: {alice: {roles: [reader]}, bob: {roles: [nobody]}, carol: {roles: [quiet]}}
roles:
  quiet: {allow: [{tool: files/read, arguments: {properties: {message: {maxLength: 2}}}}]}
  reader: {allow: [files/*]}
  nobody: {allow: []}
tools: {files/read: {effect: read_only}, files/guess: {output: warn}}
)";

/// A tool that promises what its results are.
inline Json count_definition(const std::string& name) {
  Json definition = echo_definition(name);
  definition["outputSchema"] = {{"type", "object"},
                                {"properties", {{"lines", {{"type", "integer"}}}}},
                                {"required", {"lines"}}};
  return definition;
}

/// A server that answers as it is told, and what was sent to it.
class FakeDispatcher final : public Dispatcher {
 public:
  base::Task<base::Result<ServerAnswer>> send(const policies::Permit& permit,
                                              const Call& call) override {
    ++sent;
    rule = permit.rule();
    name = permit.name();
    arguments = call.arguments.value();
    entries_before = journal.entries.size();
    if (on_send) on_send();
    co_return answer;
  }

  explicit FakeDispatcher(const MemoryJournal& seen) : journal(seen) {}
  const MemoryJournal& journal;
  base::Result<ServerAnswer> answer{
      ServerAnswer{{std::nullopt,
                    {{"content", Json::array({{{"type", "text"}, {"text", "hello"}}})}},
                    std::nullopt},
                   40}};
  int sent = 0;
  std::string rule, name;
  Json arguments;
  std::size_t entries_before = 0;
  std::function<void()> on_send;
};

/// A pipeline of the real stages around a journal in memory and a server that answers as told.
struct PipelineFixture {
  MemoryJournal journal;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  FakeDispatcher dispatcher{journal};
  policies::ledger::SystemClock clock;
  policies::ledger::MemoryLedger ledger{journal, clock};
  CallMetrics metrics;
  policies::approvals::MemoryApprovals approvals{journal, clock};
  Pipeline pipeline = gateway::pipeline::call_pipeline(
      {journal, log, limits, dispatcher, ledger, metrics, approvals, clock});
  std::shared_ptr<const Snapshot> snapshot = snapshot_of(
      pipeline_policy,
      {server_tools("files", {echo_definition("read"), echo_definition("write"),
                              echo_definition("drop"), count_definition("count"),
                              count_definition("guess")})});

  Call make_call(const std::string& agent, const std::string& tool, Json arguments) const {
    Call call;
    call.request_id = "req_1";
    call.principal = {agent, "", "key k"};
    call.asked = tool;
    call.arguments = mcp::ToolArguments(std::move(arguments));
    call.snapshot = snapshot;
    return call;
  }
  Outcome run(const std::string& agent, const std::string& tool,
              Json arguments = {{"message", "hi"}}) {
    Call call = make_call(agent, tool, std::move(arguments));
    return run_task(pipeline.run(call));
  }
  Json last_audit() const { return Json::parse(journal.entries.back().body); }
};

}  // namespace tests
