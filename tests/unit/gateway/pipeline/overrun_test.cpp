// Calls that would go over a budget that asks.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "gateway/pipeline/approval_answer.h"
#include "gateway/pipeline/client_form.h"
#include "gateway/pipeline/overrun.h"
#include "tests/support/approve_fixture.h"
#include "tests/support/asks.h"
#include "tests/support/run_task.h"

namespace overrun_test {

using base::Json;
using namespace gateway::pipeline;
using tests::replaced;
using tests::snapshot_with;
using tests::text_of;

namespace {

const std::string overrun_policy = R"(
currency: EUR
people:
  ann: {login: ["unix:ann"], groups: [ops], may: [approve]}
  bob: {login: ["unix:bob"], groups: [money], may: [approve]}
agents: {alice: {roles: [writer]}}
roles:
  writer:
    allow: [files/*]
    budgets:
      - {name: daily, window: day, money: 5.00, on_exceed: ask, by: [money], wait: 0s, expires: 1h}
tools: {files/read: {effect: read_only, price: 2.50}, files/write: {price: 2.50}}
)";

const std::string with_rule =
    replaced(overrun_policy, "    budgets:",
             "    approve: [{tools: files/*, when: {properties: {message: {not: {const: free}}}}, "
             "by: [ops], wait: 0s, expires: 1h}]\n    budgets:");

// A gateway whose budget of 5.00 EUR is used up by two calls.
struct Fixture : tests::ApproveFixture {
  explicit Fixture(const std::string& policy = overrun_policy,
                   const std::string& message = "free") {
    snapshot = snapshot_with(policy);
    REQUIRE(run({{"message", message}}).kind == Outcome::Kind::answered);
    REQUIRE(run({{"message", message}}).kind == Outcome::Kind::answered);
    dispatcher.sent = 0;
  }
  void approve(const std::string& id) { decide(id, tests::word_of("bob", true, {"money"})); }
  std::int64_t used() {
    const auto uses = tests::run_task(ledger.usage());
    return uses->empty() ? 0 : uses->front().used();
  }
};

constexpr std::int64_t euro = 1'000'000'000;

}  // namespace

TEST_CASE("a call over a budget that asks is not sent, and says what is used and whom it waits for",
          "[approve]") {
  Fixture f;
  const Outcome outcome = f.run();
  CHECK(outcome.kind == Outcome::Kind::refused);
  CHECK(outcome.reason == "approval_pending");
  CHECK_FALSE(outcome.quota.has_value());
  const Json facts = outcome.result["_meta"]["dev.sluice/approval"];
  CHECK(text_of(outcome) ==
        "Budget writer/daily: 5.00 of 5.00 EUR used. Approval " + facts["id"].get<std::string>() +
            " waits for money until 13:00Z. Nothing was sent. Repeat this exact "
            "call to collect the decision.");
  CHECK(f.dispatcher.sent == 0);
  CHECK(f.used() == 5 * euro);
  CHECK(f.last("audit")["approval"]["over_budgets"] == "writer/daily");
  const auto asked = *tests::run_task(f.approvals.find(facts["id"]));
  REQUIRE(asked.clauses.size() == 1);
  CHECK(asked.clauses[0].why == "Budget writer/daily: 5.00 of 5.00 EUR used.");
  CHECK(form_of(asked)["message"].get<std::string>().find(
            "\nBudget writer/daily: 5.00 of 5.00 EUR used.\n") != std::string::npos);
  CHECK(waiting_text(asked).starts_with("Budget writer/daily: 5.00 of 5.00 EUR used. Approval "));
}

TEST_CASE("what is approved goes over the budget once, and is counted", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  f.approve(id);
  const Outcome outcome = f.run();
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["person"] == "bob");
  CHECK(f.dispatcher.sent == 1);
  CHECK(f.used() == 15 * euro / 2);
  CHECK(f.last("audit")["charged"]["role/writer/daily/money agent:alice"] == "2.50");
  CHECK(f.last("audit")["approval"]["over_budgets"] == "writer/daily");
  CHECK(f.last("intent")["approval"]["id"] == id);
  CHECK(f.pending() != id);
  CHECK(f.pending({{"message", "other"}}) != id);
  CHECK(f.dispatcher.sent == 1);
}

TEST_CASE("a read-only call that may go over a budget has an intent", "[approve]") {
  Fixture f;
  f.approve(f.pending({{"message", "hi"}}, "files__read"));
  CHECK(f.run({{"message", "hi"}}, "files__read").kind == Outcome::Kind::answered);
  CHECK(f.last("intent")["tool"] == "files/read");
  CHECK(f.used() == 15 * euro / 2);
}

TEST_CASE("an overrun that is denied is refused as the budget refuses, and says who decided",
          "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  auto decision = tests::word_of("bob", false, {"money"});
  decision.message = "enough for today";
  f.decide(id, decision);
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = f.run();
    CHECK(outcome.reason == "budget_exhausted");
    CHECK(
        text_of(outcome).starts_with("Budget writer/daily: 5.00 of 5.00 EUR used. Approval " + id +
                                     " was denied by bob, a person: enough for today\nNothing was "
                                     "sent. Resets "));
    CHECK(outcome.quota.has_value());
    CHECK(outcome.result["_meta"]["dev.sluice/refusal"]["rule"] == "writer/daily");
    CHECK(outcome.result["_meta"]["dev.sluice/approval"]["decidedBy"] == "person");
  }
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("an overrun about which nobody decided is refused by the clock, once", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  f.clock.pass(std::chrono::hours(1));
  const Outcome outcome = f.run();
  CHECK(outcome.reason == "budget_exhausted");
  CHECK(text_of(outcome).find("Approval " + id + " expired: no person decided in time") !=
        std::string::npos);
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["decidedBy"] == "clock");
  CHECK(f.pending() != id);
}

TEST_CASE("a changed limit is another question", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  f.approve(id);
  f.snapshot = snapshot_with(replaced(overrun_policy, "money: 5.00", "money: 4.00"));
  CHECK(f.pending() != id);
}

TEST_CASE("a call that a rule asks about and that goes over a budget is one question",
          "[approve]") {
  Fixture f(with_rule);
  const std::string id = f.pending();
  CHECK(tests::run_task(f.approvals.find(id))->waits_for() ==
        std::vector<std::string>{"ops", "money"});
  f.decide(id, tests::word_of("ann"));
  CHECK(f.pending() == id);  // those of the budget have not agreed
  f.approve(id);
  CHECK(f.run().kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.sent == 1);
  CHECK(f.used() == 15 * euro / 2);
}

TEST_CASE("an approval of a rule does not let its call over a budget", "[approve]") {
  Fixture f(with_rule);
  f.snapshot = snapshot_with(replaced(with_rule, "money: 5.00", "money: 50.00"));
  const std::string id = f.pending();
  f.decide(id, tests::word_of("ann"));
  f.snapshot = snapshot_with(with_rule);
  CHECK(f.pending() != id);
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("what is remembered of a rule does not let calls over a budget", "[approve]") {
  Fixture f(with_rule);
  f.snapshot = snapshot_with(replaced(with_rule, "money: 5.00", "money: 50.00"));
  auto decision = tests::word_of("ann");
  decision.remember = {f.clock.wall() + std::chrono::hours(8), "true"};
  f.decide(f.pending(), decision);
  f.snapshot = snapshot_with(with_rule);
  f.pending({{"message", "other"}});
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("an edit of a call that goes over a budget goes over it as well", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  const auto asked = tests::run_task(f.approvals.find(id));
  auto edited = edited_question(f.snapshot, asked->ask, *base::parse_json(R"({"message":"less"})"));
  REQUIRE(edited.ok());
  auto decision = tests::word_of("bob", true, {"money"});
  decision.edit = *edited;
  f.decide(id, decision);
  CHECK(f.run().kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.arguments == Json{{"message", "less"}});
  CHECK(f.used() == 15 * euro / 2);
}

TEST_CASE("a limit that does not ask refuses whoever may go over another one", "[approve]") {
  const std::string hard = replaced(overrun_policy, "tools: {files",
                                    "    limits: [{name: slow, rate: 3/day, burst: 3}]\n"
                                    "tools: {files");
  Fixture f(hard);
  f.approve(f.pending());
  CHECK(f.run().kind == Outcome::Kind::answered);
  const Outcome outcome = f.run({{"message", "other"}});
  CHECK(outcome.reason == "rate_limited");
  CHECK(f.dispatcher.sent == 1);
}

TEST_CASE("when the budget has room again nobody is asked", "[approve]") {
  Fixture f;
  f.pending();
  f.clock.pass(std::chrono::hours(24));
  CHECK(f.run().kind == Outcome::Kind::answered);
}

TEST_CASE("a dry run says that a call would go over a budget, and asks nobody", "[approve]") {
  Fixture f;
  const std::size_t before = f.journal.entries.size();
  Call call;
  call.principal = {"alice", "", "key k"};
  call.asked = "files__write";
  call.arguments = mcp::ToolArguments(Json{{"message", "hi"}});
  call.snapshot = f.snapshot;
  const Outcome outcome = tests::run_task(dry_run_pipeline(f.ledger).run(call));
  CHECK(text_of(outcome).find(". Budget writer/daily: 5.00 of 5.00 EUR used. It waits for the "
                              "approval of money. It costs 2.50 EUR. Nothing was sent.") !=
        std::string::npos);
  CHECK(f.journal.entries.size() == before);
}

namespace {

struct AnyGrant final : policies::approvals::Grant {
  const policies::approvals::Approval& approval() const override { return any; }
  std::vector<base::JournalEntry> entries(const std::string&) const override { return {}; }
  void committed() override {}
  policies::approvals::Approval any;
};

// What becomes of each budget of a call that would go over the first of two.
std::vector<policies::ledger::Excess> excess_of(std::unique_ptr<policies::approvals::Grant> grant) {
  Call call;
  call.snapshot = snapshot_with(replaced(
      overrun_policy, "    budgets:\n",
      "    budgets:\n      - {name: weekly, window: week, money: 9, on_exceed: ask, by: [ops]}\n"));
  call.principal = {"alice", "", "key k"};
  call.entry = call.snapshot->catalog->find_id("files", "write");
  call.grant = std::move(grant);
  policies::ledger::Refusal full;
  full.quota = "role/writer/daily/money";
  call.exceeded.push_back(full);
  std::vector<policies::ledger::Excess> all;
  for (const auto& charge : charges_of(call)) all.push_back(charge.excess);
  return all;
}

using All = std::vector<policies::ledger::Excess>;
using policies::ledger::Excess;

}  // namespace

TEST_CASE("without an approval a call goes over no budget", "[approve]") {
  CHECK(excess_of(nullptr) == All{Excess::ask, Excess::ask});
}

TEST_CASE("an approval to go over one budget says nothing about another", "[approve]") {
  CHECK(excess_of(std::make_unique<AnyGrant>()) == All{Excess::ask, Excess::allow});
}

namespace {

// A ledger before which others are admitted, at the moment that matters.
class RacedLedger final : public policies::ledger::Ledger {
 public:
  explicit RacedLedger(Ledger& real) : real_(real) {}
  base::Task<base::Result<policies::ledger::Verdict>> admit(
      policies::ledger::Admission admission) override {
    if (auto meanwhile = std::exchange(before_admission, nullptr)) meanwhile();
    return real_.admit(std::move(admission));
  }
  base::Task<base::Result<std::vector<policies::ledger::Refusal>>> look(
      std::string tenant, std::vector<policies::ledger::Charge> charges) override {
    return real_.look(std::move(tenant), std::move(charges));
  }
  base::Task<base::Result<std::vector<policies::ledger::BucketUse>>> usage() override {
    return real_.usage();
  }
  base::Task<base::Status> accept_loss() override { return real_.accept_loss(); }
  void set_store_down(policies::ledger::StoreDown) override {}

  std::function<void()> before_admission;

 private:
  Ledger& real_;
};

// A gateway whose budget others use up between the question of a rule and the admission.
struct RacedFixture : tests::ApproveFixture {
  RacedFixture() {
    snapshot = snapshot_with(with_rule);
    raced.before_admission = [this] {
      run({{"message", "free"}});
      run({{"message", "free"}});
    };
  }
  Outcome run_raced() {
    Call call;
    call.request_id = "req_raced";
    call.principal = {"alice", "", "key k"};
    call.asked = "files__write";
    call.arguments = mcp::ToolArguments(Json{{"message", "hi"}});
    call.snapshot = snapshot;
    return tests::run_task(raced_pipeline.run(call));
  }

  RacedLedger raced{ledger};
  Pipeline raced_pipeline =
      call_pipeline({journal, log, limits, dispatcher, raced, metrics, approvals, clock});
};

}  // namespace

TEST_CASE("a budget that is used up between the question and the admission is asked about",
          "[approve]") {
  RacedFixture f;
  const std::string id = f.pending();
  f.decide(id, tests::word_of("ann"));
  const Outcome outcome = f.run_raced();
  CHECK(outcome.reason == "approval_pending");
  CHECK(f.dispatcher.sent == 2);
  const std::string second = outcome.result["_meta"]["dev.sluice/approval"]["id"];
  CHECK(second != id);
  CHECK(f.pending() == second);
  f.decide(second, tests::word_of("ann"));
  f.decide(second, tests::word_of("bob", true, {"money"}));
  CHECK(f.run().kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.sent == 3);
}

TEST_CASE("an edited call is refused by a budget that is used up meanwhile, and asks when repeated",
          "[approve]") {
  RacedFixture f;
  const std::string id = f.pending();
  REQUIRE(f.edit(id, R"({"message":"less"})").ok());
  const Outcome outcome = f.run_raced();
  CHECK(outcome.reason == "budget_exhausted");
  CHECK(text_of(outcome).starts_with("Budget writer/daily: 5.00 of 5.00 EUR used. Nothing was"));
  CHECK(f.dispatcher.sent == 2);
  CHECK(f.pending() != id);
  CHECK(f.dispatcher.sent == 2);
}

}  // namespace overrun_test
