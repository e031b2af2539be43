#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "gateway/pipeline/pipeline.h"
#include "gateway/pipeline/question.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "tests/support/asks.h"
#include "tests/support/manual_clock.h"
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

/// What alice writes must be approved by people of ops.
inline const std::string approve_policy = R"(
people: {ann: {login: ["unix:ann"], groups: [ops], may: [approve]}}
agents: {alice: {roles: [writer]}}
roles:
  writer:
    allow: [{tool: files/write, arguments: {properties: {message: {type: string, maxLength: 9}}}}, files/read]
    approve: [{tools: files/*, when: {properties: {message: {not: {const: free}}}}, by: [ops], wait: 0s, expires: 1h}]
    budgets: [{name: daily, window: day, calls: 2}]
tools: {files/read: {effect: read_only}}
)";

/// Answers every call, and keeps what was sent.
class CountingDispatcher final : public Dispatcher {
 public:
  base::Task<base::Result<ServerAnswer>> send(const policies::Permit&, const Call& call) override {
    ++sent;
    arguments = call.arguments.value();
    co_return ServerAnswer{{std::nullopt,
                            {{"content", Json::array({{{"type", "text"}, {"text", "done"}}})}},
                            std::nullopt},
                           40};
  }
  int sent = 0;
  Json arguments;
};

/// Under a policy, with another description of files/write where one is given.
inline std::shared_ptr<const Snapshot> snapshot_with(const std::string& text,
                                                     const std::string& description = "") {
  Json write = echo_definition("write");
  if (!description.empty()) write["description"] = description;
  return snapshot_of(text, {server_tools("files", {echo_definition("read"), write})});
}

/// A policy with one place changed.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

/// The pipeline of calls, with all in memory.
struct ApproveFixture {
  MemoryJournal journal;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  CountingDispatcher dispatcher;
  ManualClock clock;
  policies::ledger::MemoryLedger ledger{journal, clock};
  policies::approvals::MemoryApprovals approvals{journal, clock};
  CallMetrics metrics;
  Pipeline pipeline = gateway::pipeline::call_pipeline(
      {journal, log, limits, dispatcher, ledger, metrics, approvals, clock});
  std::shared_ptr<const Snapshot> snapshot = snapshot_with(approve_policy);
  int calls = 0;
  gateway::pipeline::ClientPerson* person = nullptr;

  Outcome run(Json arguments = {{"message", "hi"}}, const std::string& tool = "files__write") {
    Call call;
    call.request_id = "req_" + std::to_string(++calls);
    call.principal = {"alice", "", "key k"};
    call.asked = tool;
    call.arguments = mcp::ToolArguments(std::move(arguments));
    call.snapshot = snapshot;
    call.client_person = person;
    return run_task(pipeline.run(call));
  }
  std::string pending(Json arguments = {{"message", "hi"}},
                      const std::string& tool = "files__write") {
    const Outcome outcome = run(std::move(arguments), tool);
    REQUIRE(outcome.reason == "approval_pending");
    return outcome.result["_meta"]["dev.sluice/approval"]["id"];
  }
  policies::approvals::Approval decide(const std::string& id,
                                       policies::approvals::Decision decision) {
    auto decided = run_task(approvals.decide(id, std::move(decision)));
    REQUIRE(decided.ok());
    return *std::move(decided);
  }
  base::Result<policies::approvals::Approval> edit(const std::string& id, const char* arguments) {
    const auto asked = run_task(approvals.find(id));
    auto edited = edited_question(snapshot, asked->ask, *base::parse_json(arguments));
    if (!edited) return edited.error();
    auto decision = word_of("ann");
    decision.edit = *edited;
    return run_task(approvals.decide(id, decision));
  }
  Json last(const std::string& stream) const {
    for (auto entry = journal.entries.rbegin(); entry != journal.entries.rend(); ++entry) {
      if (entry->stream == stream) return Json::parse(entry->body);
    }
    return {};
  }
};

/// What the caller is told first.
inline std::string text_of(const Outcome& outcome) { return outcome.result["content"][0]["text"]; }

}  // namespace tests
