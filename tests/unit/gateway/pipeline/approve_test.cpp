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

using base::Json;
using namespace gateway::pipeline;

namespace {

const std::string policy = R"(
people: {ann: {login: ["unix:ann"], groups: [ops], may: [approve]}}
agents: {alice: {roles: [writer]}}
roles:
  writer:
    allow: [{tool: files/write, arguments: {properties: {message: {type: string, maxLength: 9}}}}, files/read]
    approve: [{tools: files/*, when: {properties: {message: {not: {const: free}}}}, by: [ops], wait: 0s, expires: 1h}]
    budgets: [{name: daily, window: day, calls: 2}]
tools: {files/read: {effect: read_only}}
)";

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

std::shared_ptr<const Snapshot> snapshot_with(const std::string& text,
                                              const std::string& description = "") {
  Json write = tests::echo_definition("write");
  if (!description.empty()) write["description"] = description;
  return tests::snapshot_of(
      text, {tests::server_tools("files", {tests::echo_definition("read"), write})});
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

/// Says what it is told to say; `put` counts how often it is asked while a call waits.
class FakePerson final : public ClientPerson {
 public:
  base::Result<Word> word_on(const policies::approvals::Approval& approval) const override {
    if (malformed) return base::Error{base::Code::invalid, "no answer", {}};
    return approval.id == about ? word : Word::none;
  }
  bool repeats_call() const override { return repeats; }
  std::unique_ptr<Question> put(const policies::approvals::Approval&) override {
    ++asked;
    return std::make_unique<Question>();
  }

  std::string about;
  Word word = Word::none;
  bool malformed = false, repeats = true;
  int asked = 0;
};

struct Fixture {
  tests::MemoryJournal journal;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  CountingDispatcher dispatcher;
  tests::ManualClock clock;
  policies::ledger::MemoryLedger ledger{journal, clock};
  policies::approvals::MemoryApprovals approvals{journal, clock};
  CallMetrics metrics;
  Pipeline pipeline =
      call_pipeline({journal, log, limits, dispatcher, ledger, metrics, approvals, clock});
  std::shared_ptr<const Snapshot> snapshot = snapshot_with(policy);
  int calls = 0;
  ClientPerson* person = nullptr;

  Outcome run(Json arguments = {{"message", "hi"}}, const std::string& tool = "files__write") {
    Call call;
    call.request_id = "req_" + std::to_string(++calls);
    call.principal = {"alice", "", "key k"};
    call.asked = tool;
    call.arguments = mcp::ToolArguments(std::move(arguments));
    call.snapshot = snapshot;
    call.client_person = person;
    return tests::run_task(pipeline.run(call));
  }
  std::string pending(Json arguments = {{"message", "hi"}},
                      const std::string& tool = "files__write") {
    const Outcome outcome = run(std::move(arguments), tool);
    REQUIRE(outcome.reason == "approval_pending");
    return outcome.result["_meta"]["dev.sluice/approval"]["id"];
  }
  policies::approvals::Approval decide(const std::string& id,
                                       policies::approvals::Decision decision) {
    auto decided = tests::run_task(approvals.decide(id, std::move(decision)));
    REQUIRE(decided.ok());
    return *std::move(decided);
  }
  base::Result<policies::approvals::Approval> edit(const std::string& id, const char* arguments) {
    const auto asked = tests::run_task(approvals.find(id));
    auto edited = edited_question(snapshot, asked->ask, *base::parse_json(arguments));
    if (!edited) return edited.error();
    auto decision = tests::word_of("ann");
    decision.edit = *edited;
    return tests::run_task(approvals.decide(id, decision));
  }
  Json last(const std::string& stream) const {
    for (auto entry = journal.entries.rbegin(); entry != journal.entries.rend(); ++entry) {
      if (entry->stream == stream) return Json::parse(entry->body);
    }
    return {};
  }
};

std::string text_of(const Outcome& outcome) { return outcome.result["content"][0]["text"]; }

}  // namespace

TEST_CASE("a call that people must approve is not sent, and says whom it waits for", "[approve]") {
  Fixture f;
  const Outcome outcome = f.run();
  CHECK(outcome.kind == Outcome::Kind::refused);
  const Json facts = outcome.result["_meta"]["dev.sluice/approval"];
  CHECK(text_of(outcome) ==
        "Approval " + facts["id"].get<std::string>() +
            " waits for ops until 13:00Z. Nothing was sent. Repeat this exact call to collect the "
            "decision.");
  CHECK(facts["state"] == "pending");
  CHECK(facts["waitsFor"] == Json{"ops"});
  CHECK(f.dispatcher.sent == 0);
  CHECK(f.last("audit")["approval"]["id"] == facts["id"]);
  CHECK(tests::run_task(f.ledger.usage())->empty());
}

TEST_CASE("what is approved goes out once, its use and its intent in one commit", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  f.decide(id, tests::word_of("ann"));
  const Outcome outcome = f.run();
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["person"] == "ann");
  CHECK(f.dispatcher.sent == 1);
  CHECK(f.last("intent")["approval"]["id"] == id);
  CHECK(f.last("approval")["event"] == "redeemed");
  CHECK(f.last("audit")["approval"]["person"] == "ann");
  CHECK(f.pending() != id);
  CHECK(f.dispatcher.sent == 1);
}

TEST_CASE("a read-only call that was approved has an intent too", "[approve]") {
  Fixture f;
  f.decide(f.pending({{"message", "hi"}}, "files__read"), tests::word_of("ann"));
  CHECK(f.run({{"message", "hi"}}, "files__read").kind == Outcome::Kind::answered);
  CHECK(f.last("intent")["tool"] == "files/read");
}

TEST_CASE("without a durable intent nothing is sent and the approval stays", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  f.decide(id, tests::word_of("ann"));
  f.journal.fails = true;
  CHECK(f.run().reason == "store_unavailable");
  CHECK(f.dispatcher.sent == 0);
  f.journal.fails = false;
  CHECK(f.run().kind == Outcome::Kind::answered);
}

TEST_CASE("a call that a budget refuses keeps its approval", "[approve]") {
  Fixture f;
  f.run({{"message", "free"}});
  f.run({{"message", "free"}});
  CHECK(f.dispatcher.sent == 2);
  f.decide(f.pending(), tests::word_of("ann"));
  CHECK(f.run().reason == "budget_exhausted");
  f.clock.pass(std::chrono::minutes(59));
  CHECK(f.run().reason == "budget_exhausted");
  CHECK(f.dispatcher.sent == 2);
}

TEST_CASE("a denial says which person denied, and their words", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  auto decision = tests::word_of("ann", false);
  decision.message = "ask me on Monday";
  f.decide(id, decision);
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = f.run();
    CHECK(outcome.reason == "approval_denied");
    CHECK(text_of(outcome) == "Approval " + id +
                                  " was denied by ann, a person: ask me on Monday\nNothing was "
                                  "sent.");
    CHECK(outcome.result["_meta"]["dev.sluice/approval"]["decidedBy"] == "person");
  }
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("what nobody decided is said to be the clock's doing, once", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  f.clock.pass(std::chrono::hours(1));
  const Outcome outcome = f.run();
  CHECK(text_of(outcome) == "Approval " + id +
                                " expired: no person decided in time, so the clock denied it. "
                                "Nothing was sent.");
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["decidedBy"] == "clock");
  CHECK(f.pending() != id);
}

TEST_CASE("any changed byte of arguments, definition or matching rule voids an approval",
          "[approve]") {
  Fixture f;
  f.decide(f.pending(), tests::word_of("ann"));
  f.pending({{"message", "hi!"}});
  f.snapshot = snapshot_with(policy, "now it does something else");
  f.pending();
  for (const auto& [from, to] : {std::pair{"wait: 0s, expires: 1h", "wait: 0s, expires: 2h"},
                                 {"maxLength: 9", "maxLength: 8"},
                                 {"approve: [{tools: files/*", "approve: [{tools: \"*/write\""},
                                 {"{const: free}", "{const: fre}"}}) {
    f.snapshot = snapshot_with(replaced(policy, from, to));
    f.pending();
  }
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("any other edit of the policy leaves an approval as it is", "[approve]") {
  Fixture f;
  f.decide(f.pending(), tests::word_of("ann"));
  f.snapshot = snapshot_with("timezone: Europe/Berlin\ndefaults: {deny: [other/*]}\n" +
                             replaced(policy, "calls: 2", "calls: 3"));
  CHECK(f.run().kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.sent == 1);
}

TEST_CASE("a rule that denies wins over an approval", "[approve]") {
  Fixture f;
  f.decide(f.pending(), tests::word_of("ann"));
  f.snapshot = snapshot_with("defaults: {deny: [files/write]}\n" + policy);
  CHECK(f.run().reason == "unknown_tool");
}

TEST_CASE("of an edited call the edit is sent, the caller is told, and the record shows both",
          "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  REQUIRE(f.edit(id, R"({"message":"ho"})").ok());
  const Outcome outcome = f.run();
  CHECK(f.dispatcher.arguments == Json{{"message", "ho"}});
  CHECK(outcome.result["content"][1]["text"] ==
        R"(ann approved this call with other arguments: {"message":"ho"})");
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["arguments"] == Json{{"message", "ho"}});
  const Json audit = f.last("audit");
  CHECK(audit["arguments"] != audit["approval"]["asked_arguments"]);
}

TEST_CASE("an edit is checked like any call", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  CHECK(f.edit(id, R"({"message":7})").error().message.find("/message") != std::string::npos);
  CHECK(f.edit(id, R"({"message":"longer than nine"})").error().message.find("/message") !=
        std::string::npos);
  CHECK(f.edit(id, R"(["message"])").error().message ==
        "The arguments must be one JSON object.");
  CHECK(f.edit(id, R"({"message":"ho","x":123456789012345678901234567890})").error().code == base::Code::invalid);
  f.snapshot = snapshot_with(policy, "now it does something else");
  CHECK(f.edit(id, R"({"message":"ho"})").error().code == base::Code::invalid);
}

TEST_CASE("an edit that rules allow no more is not sent", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  REQUIRE(f.edit(id, R"({"message":"ninechars"})").ok());
  f.snapshot = snapshot_with(replaced(policy, "budgets", "deny: [{tool: files/write, arguments: {required: [message], properties: {message: {const: ninechars}}}}]\n    budgets"));
  const Outcome outcome = f.run();
  CHECK(outcome.reason == "arguments_not_allowed");
  CHECK(f.dispatcher.sent == 0);
  CHECK(f.last("approval")["event"] == "ended");
}

TEST_CASE("an edit to arguments that need no approval goes out with it", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  REQUIRE(f.edit(id, R"({"message":"free"})").ok());
  CHECK(f.run().kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.arguments == Json{{"message", "free"}});
}

TEST_CASE("what is remembered goes out without a question", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  auto decision = tests::word_of("ann");
  decision.remember = {f.clock.wall() + std::chrono::hours(8), "true"};
  f.decide(id, decision);
  const Outcome outcome = f.run({{"message", "other"}});
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["state"] == "remembered");
  CHECK(f.last("audit")["approval"]["remembered"] == true);
}

TEST_CASE("a dry run says whose approval a call waits for, and asks nobody", "[approve]") {
  Fixture f;
  Call call;
  call.principal = {"alice", "", "key k"};
  call.asked = "files__write";
  call.arguments = mcp::ToolArguments(Json{{"message", "hi"}});
  call.snapshot = f.snapshot;
  const Outcome outcome = tests::run_task(dry_run_pipeline().run(call));
  CHECK(text_of(outcome).find(" It waits for the approval of ops.") != std::string::npos);
  CHECK(f.journal.entries.empty());
}

TEST_CASE("where rules let them, the person at the client is asked by the result and decides by the "
          "repetition",
          "[approve]") {
  Fixture f;
  FakePerson person;
  f.person = &person;
  CHECK_FALSE(f.run().questions);  // no rule lets them
  f.snapshot = snapshot_with(replaced(policy, "by: [ops]", "by: [ops], ask: client"));
  const Outcome asked = f.run();
  CHECK(asked.reason == "approval_pending");
  REQUIRE(asked.questions);
  const std::string id = asked.result["_meta"]["dev.sluice/approval"]["id"];
  const Json question = (*asked.questions)[id];
  CHECK(question["method"] == "elicitation/create");
  CHECK(question["params"]["message"].get<std::string>().find(
            R"(Agent alice asks to call files/write with {"message":"hi"})") == 0);
  person.word = ClientPerson::Word::approves;
  person.about = "apr_OTHER";
  CHECK(f.run().questions);
  CHECK(f.dispatcher.sent == 0);
  person.about = id;
  const Outcome answered = f.run();
  CHECK(answered.kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.sent == 1);
  CHECK(answered.result["_meta"]["dev.sluice/approval"]["person"] == "the user of agent alice");
  CHECK(f.last("audit")["approval"]["person"] == "the user of agent alice");
  CHECK(f.run().questions);  // the same answer once more is about another question
  CHECK(f.dispatcher.sent == 1);
}

TEST_CASE("what the person at the client says is recorded as theirs", "[approve]") {
  Fixture f;
  f.snapshot = snapshot_with(replaced(policy, "by: [ops]", "by: [ops], ask: client"));
  FakePerson person;
  person.about = f.pending();
  person.word = ClientPerson::Word::denies;
  f.person = &person;
  const Outcome denied = f.run();
  CHECK(denied.reason == "approval_denied");
  CHECK(text_of(denied).find("was denied by the user of agent alice, a person.") !=
        std::string::npos);
  const Json vote = f.last("approval");
  CHECK(vote["at_client"] == true);
  CHECK(vote["login"] == "key k");
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("a form that is dismissed, malformed or too small for the call decides nothing",
          "[approve]") {
  Fixture f;
  f.snapshot = snapshot_with(replaced(replaced(policy, "by: [ops]", "by: [ops], ask: client"),
                                      "maxLength: 9", "maxLength: 9999"));
  FakePerson person;
  person.about = f.pending();
  f.person = &person;
  person.word = ClientPerson::Word::dismisses;
  const Outcome dismissed = f.run();
  CHECK(dismissed.reason == "approval_pending");
  CHECK_FALSE(dismissed.questions);
  person.malformed = true;
  CHECK(f.run().error->code == mcp::code::invalid_params);
  person.malformed = false;
  CHECK_FALSE(f.run({{"message", std::string(5'000, 'x')}}).questions);
  person.repeats = false;  // and with `wait: 0s` there is no time in which they could answer
  person.word = ClientPerson::Word::none;
  CHECK(f.run().reason == "approval_pending");
  CHECK(person.asked == 0);
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("the word of the person at the client counts for no other rule", "[approve]") {
  Fixture f;
  f.snapshot = snapshot_with(replaced(
      policy, "by: [ops], wait: 0s, expires: 1h}",
      "by: [ops], ask: client, wait: 0s, expires: 1h}, {tools: files/write, by: [ann], wait: 0s}"));
  FakePerson person;
  person.about = f.pending();
  person.word = ClientPerson::Word::approves;
  f.person = &person;
  for (int repeated = 0; repeated < 2; ++repeated) {
    const Outcome outcome = f.run();
    CHECK(outcome.reason == "approval_pending");
    CHECK_FALSE(outcome.questions);
    CHECK(outcome.result["_meta"]["dev.sluice/approval"]["waitsFor"] == Json{"ann"});
  }
  f.decide(person.about, tests::word_of("ann"));
  CHECK(f.run().kind == Outcome::Kind::answered);
}
