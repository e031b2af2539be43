// Budgets that ask, on every ledger.
#include "policies/ledger/ledger.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/contract/ledger_subjects.h"
#include "tests/support/quotas.h"

namespace ledger_overruns_test {

using namespace policies::ledger;
using tests::HoldPointer;
using tests::implementations;
using tests::Named;
using tests::Subject;

namespace {

Admission asking(const std::vector<const Quota*>& quotas, Excess excess = Excess::ask,
                 std::int64_t amount = 1, bool with_intent = true) {
  Admission admission = tests::admission_of(quotas, amount, with_intent);
  for (Charge& charge : admission.charges) {
    if (charge.quota->is_budget()) charge.excess = excess;
  }
  return admission;
}

// What is used of the budget `daily` once nothing of it is held any more.
BucketUse settled_use(Subject& subject) {
  const std::string key = "role/writer/daily/calls agent:a";
  BucketUse use = subject.use_of(key);
  for (int look = 0; look < 200 && use.held > 0; ++look) {
    ::usleep(10'000);
    use = subject.use_of(key);
  }
  return use;
}

std::vector<Refusal> exceeded(Subject& subject, Admission admission) {
  Verdict verdict = subject.admit(std::move(admission));
  REQUIRE(std::holds_alternative<Exceeded>(verdict));
  return std::get<Exceeded>(std::move(verdict)).budgets;
}

}  // namespace

TEST_CASE("ledger: a budget that asks says what is used, and nothing is taken", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota budget = tests::budget_quota("daily", 2);
    const Quota rate = tests::rate_quota(10, std::chrono::hours(1), 3);
    for (int call = 0; call < 2; ++call) {
      subject->resolve(subject->allowed(asking({&budget, &rate})), Fate::settled);
    }
    for (int again = 0; again < 3; ++again) {
      const std::vector<Refusal> full = exceeded(*subject, asking({&budget, &rate}));
      REQUIRE(full.size() == 1);
      CHECK(full[0].quota == budget.id);
      CHECK(full[0].rule == "writer/daily");
      CHECK(full[0].used == 2);
      CHECK(full[0].limit == 2);
      CHECK(full[0].resets.has_value());
    }
    CHECK(settled_use(*subject).used() == 2);
    subject->allowed(tests::admission_of({&rate}));  // of which three waiting calls took nothing
  }
}

TEST_CASE("ledger: what people allowed goes over the limit, and all of it is counted",
          "[contract]") {
  for (const Named& implementation : implementations) {
    for (const bool with_intent : {true, false}) {
      INFO(implementation.name << (with_intent ? " with an intent" : ""));
      const auto subject = implementation.make();
      const Quota budget = tests::budget_quota("daily", 250);
      subject->resolve(subject->allowed(asking({&budget}, Excess::ask, 249)), Fate::settled);
      // Out of the block, which holds less than a call takes.
      for (int call = 0; call < 2; ++call) {
        subject->resolve(subject->allowed(asking({&budget}, Excess::allow, 100, with_intent)),
                         call == 0 ? Fate::settled : Fate::unknown);
      }
      const BucketUse use = settled_use(*subject);
      CHECK(use.settled == 349);
      CHECK(use.unknown == 100);
      CHECK(use.held == 0);
      CHECK(exceeded(*subject, asking({&budget})).at(0).used == 449);
      CHECK(subject->refused(tests::admission_of({&budget})).remaining == 0);
    }
  }
}

TEST_CASE("ledger: an overrun that was not carried out is given back", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota budget = tests::budget_quota("daily", 1);
    subject->resolve(subject->allowed(asking({&budget})), Fate::settled);
    subject->resolve(subject->allowed(asking({&budget}, Excess::allow)), Fate::cancelled);
    CHECK(settled_use(*subject).used() == 1);
  }
}

TEST_CASE("ledger: whoever may go over one budget is refused by every other bound", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota daily = tests::budget_quota("daily", 1), hard = tests::budget_quota("hard", 3);
    const Quota slots = tests::slots_quota(1);
    Admission first = asking({&daily, &hard, &slots});
    first.charges[1].excess = Excess::refuse;
    Admission over = first, unasked = first;
    over.charges[0].excess = Excess::allow;
    subject->resolve(subject->allowed(std::move(first)), Fate::settled);
    HoldPointer held = subject->allowed(over);
    CHECK(subject->refused(over).kind == Quota::Kind::concurrency);
    CHECK(subject->refused(unasked).kind == Quota::Kind::concurrency);  // nobody is asked in vain
    subject->resolve(std::move(held), Fate::settled);
    subject->resolve(subject->allowed(over), Fate::settled);
    CHECK(subject->refused(over).rule == "writer/hard");
    CHECK(settled_use(*subject).used() == 3);
  }
}

TEST_CASE("ledger: of several budgets that ask, all without room are named", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota daily = tests::budget_quota("daily", 1), roomy = tests::budget_quota("roomy", 9);
    const Quota weekly = tests::budget_quota("weekly", 1, Window::Unit::week);
    subject->resolve(subject->allowed(asking({&daily, &roomy, &weekly})), Fate::settled);
    const std::vector<Refusal> full = exceeded(*subject, asking({&daily, &roomy, &weekly}));
    REQUIRE(full.size() == 2);
    CHECK(full[0].quota == daily.id);
    CHECK(full[1].quota == weekly.id);
    Admission one = asking({&daily, &roomy, &weekly});
    one.charges[0].excess = Excess::allow;
    CHECK(exceeded(*subject, one).at(0).quota == weekly.id);
  }
}

TEST_CASE("ledger: looking names the budgets without room, and takes nothing", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota daily = tests::budget_quota("daily", 2), roomy = tests::budget_quota("roomy", 9);
    const auto look = [&] {
      const Admission admission = asking({&daily, &roomy});
      const auto full = subject->run(subject->ledger().look("acme", admission.charges));
      REQUIRE(full.ok());
      return *full;
    };
    for (int call = 0; call < 2; ++call) {
      CHECK(look().empty());
      subject->resolve(subject->allowed(asking({&daily, &roomy})), Fate::settled);
    }
    REQUIRE(look().size() == 1);
    CHECK(look()[0].quota == daily.id);
    CHECK(look()[0].used == 2);
    CHECK(settled_use(*subject).used() == 2);
  }
}

}  // namespace ledger_overruns_test
