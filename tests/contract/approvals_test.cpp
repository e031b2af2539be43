#include "policies/approvals/approvals.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "policies/approvals/approval_table.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/approvals/redis_approvals.h"
#include "tests/support/asks.h"
#include "tests/support/memory_journal.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

using namespace policies::approvals;
using base::Code;
using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

// Loops of all gateways write to it.
class SharedJournal final : public base::Journal {
 public:
  base::Task<base::Status> commit(std::vector<base::JournalEntry> entries) override {
    co_return submit(std::move(entries));
  }
  base::Status submit(std::vector<base::JournalEntry> entries) override {
    const std::lock_guard lock(mutex_);
    return journal_.submit(std::move(entries));
  }
  bool writable() const override { return true; }

  void set_fails(bool fails) {
    const std::lock_guard lock(mutex_);
    journal_.fails = fails;
  }
  std::vector<std::string> events() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& entry : journal_.entries) {
      names.push_back(base::Json::parse(entry.body)["event"].get<std::string>());
    }
    return names;
  }

 private:
  std::mutex mutex_;
  tests::MemoryJournal journal_;
};

// Event loops, and the approvals of one or more gateways that are used on them.
class Subject {
 public:
  virtual ~Subject() { stop(); }
  base::EventLoops& loops() { return loops_; }
  std::size_t gateways() const { return approvals_.size(); }
  Approvals& at(std::size_t gateway) { return *approvals_[gateway % approvals_.size()]; }

  template <class T>
  T run(base::Task<T> task, std::size_t loop = 0) {
    return begin(std::move(task), loop).get();
  }
  template <class T>
  std::future<T> begin(base::Task<T> task, std::size_t loop = 0) {
    auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    const auto keep = [](base::Task<T> running,
                         std::shared_ptr<std::promise<T>> kept) -> base::Task<void> {
      kept->set_value(co_await std::move(running));
    };
    loops_.at(loop).spawn(keep(std::move(task), std::move(promise)));
    return future;
  }

  Answer ask(Ask question = tests::ask_of(), std::size_t gateway = 0) {
    auto answer = run(at(gateway).ask(std::move(question)));
    REQUIRE(answer.ok());
    return *std::move(answer);
  }
  base::Result<Approval> decide(const std::string& id, Decision decision, std::size_t gateway = 1) {
    return run(at(gateway).decide(id, std::move(decision)));
  }
  auto claim(const std::string& id, const std::string& request, std::size_t gateway = 2) {
    return run(at(gateway).claim(id, request));
  }
  std::string approved(Ask question = tests::ask_of()) {
    const std::string id = ask(std::move(question)).approval.id;
    REQUIRE(decide(id, tests::word_of("ann")).ok());
    return id;
  }
  // Grants belong to their loop.
  void commit(std::unique_ptr<Grant> grant) { finish(std::move(grant), true); }
  void drop(std::unique_ptr<Grant> grant) { finish(std::move(grant), false); }
  void await(const std::function<bool()>& condition) {
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (condition()) return;
      ::usleep(20'000);
    }
    FAIL("waited in vain");
  }

 protected:
  Subject() { loops_.start(); }
  void stop() { loops_.stop(); }

  policies::ledger::SystemClock clock_;
  base::EventLoops loops_{2};
  std::vector<std::unique_ptr<Approvals>> approvals_;

 private:
  void finish(std::unique_ptr<Grant> grant, bool committed) {
    const auto on_loop = [](std::unique_ptr<Grant> ended, bool used) -> base::Task<bool> {
      if (used) ended->committed();
      ended.reset();
      co_return true;
    };
    run(on_loop(std::move(grant), committed));
  }
};

class InMemory final : public Subject {
 public:
  InMemory() { approvals_.push_back(std::make_unique<MemoryApprovals>(journal_, clock_)); }
  ~InMemory() override {
    stop();
    approvals_.clear();
  }

 private:
  SharedJournal journal_;
};

class OnSqlite final : public Subject {
 public:
  OnSqlite() {
    base::SqliteJournal::Projections projections;
    projections.push_back(std::make_unique<ApprovalTable>());
    journal_ = std::move(
        *base::SqliteJournal::open(directory_ / "journal.db", {}, std::move(projections)));
    approvals_.push_back(std::make_unique<MemoryApprovals>(*journal_, clock_));
  }
  ~OnSqlite() override {
    stop();
    approvals_.clear();
  }

 private:
  tests::TempDir directory_;
  std::unique_ptr<base::SqliteJournal> journal_;
};

// Three gateways on one Redis, each with a journal of its own.
class OnRedis final : public Subject {
 public:
  explicit OnRedis(std::vector<std::string> settings = {}) : server(std::move(settings)) {
    for (SharedJournal& journal : journals) {
      approvals_.push_back(std::make_unique<RedisApprovals>(loops_, server.address(), journal));
    }
  }
  ~OnRedis() override {
    stop();
    approvals_.clear();
  }

  tests::RedisServer server;
  SharedJournal journals[3];
};

template <class Implementation>
std::unique_ptr<Subject> make() {
  return std::make_unique<Implementation>();
}

struct Named {
  const char* name;
  std::unique_ptr<Subject> (*make)();
};
const Named implementations[] = {
    {"memory", make<InMemory>}, {"sqlite", make<OnSqlite>}, {"redis", make<OnRedis>}};

Ask short_question(milliseconds expires) {
  Ask question = tests::ask_of();
  question.terms.expires = expires;
  return question;
}

}  // namespace

TEST_CASE("approvals: the same question has one approval, wherever it is asked", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Approval first = subject->ask().approval;
    CHECK(first.state == State::pending);
    CHECK(first.until - first.asked == hours(1));
    CHECK(subject->ask(tests::ask_of(), 1).approval.id == first.id);
    ::usleep(2'000);  // the order of one millisecond is none
    const std::string other = subject->ask(tests::ask_of("{}"), 2).approval.id;
    CHECK(other != first.id);
    ::usleep(2'000);
    Ask foreign = tests::ask_of();
    foreign.tenant = "";
    const std::string third = subject->ask(foreign).approval.id;
    CHECK(third != first.id);
    CHECK(subject->run(subject->at(1).find(first.id))->ask.arguments == R"({"path":"x"})");
    CHECK(subject->run(subject->at(1).find("apr_NOSUCH0")).error().code == Code::not_found);
    const auto list = subject->run(subject->at(1).list());
    REQUIRE(list->size() == 3);
    CHECK((*list)[0].id == first.id);
    CHECK((*list)[2].id == third);
  }
}

TEST_CASE("approvals: many that ask the same at once ask it once", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    std::vector<std::future<base::Result<Answer>>> answers;
    for (std::size_t call = 0; call < 60; ++call) {
      answers.push_back(subject->begin(subject->at(call).ask(tests::ask_of()), call % 2));
    }
    const std::string id = answers.front().get()->approval.id;
    for (std::size_t call = 1; call < answers.size(); ++call) {
      CHECK(answers[call].get()->approval.id == id);
    }
    CHECK(subject->run(subject->at(0).list())->size() == 1);
  }
}

TEST_CASE("approvals: what is approved is used once", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    CHECK(subject->claim(id, "req_0").error().code == Code::not_found);
    REQUIRE(subject->decide(id, tests::word_of("ann")).ok());
    CHECK(subject->ask().approval.state == State::approved);
    auto grant = subject->claim(id, "req_2");
    REQUIRE(grant.ok());
    CHECK((*grant)->approval().decided_by() == "ann");
    const auto second = subject->claim(id, "req_3", 0);
    CHECK(second.error().code == Code::refused);
    CHECK(second.error().message == "Approval " + id + " was used by call req_2.");
    const auto entries = (*grant)->entries("int_2");
    const base::Json event = base::Json::parse(entries.back().body);
    CHECK(event["event"] == "redeemed");
    CHECK(event["request"] == "req_2");
    CHECK(event["intent"] == "int_2");
    CHECK(event["left"] == "nothing");
    subject->commit(*std::move(grant));
    CHECK(subject->claim(id, "req_3").error().code == Code::refused);
    CHECK(subject->ask().approval.id != id);
    const auto late = subject->decide(id, tests::word_of("bob"));
    CHECK(late.error().code == Code::refused);
    CHECK(late.error().message.starts_with("ann approved " + id + " at 20"));
    CHECK(subject->run(subject->at(0).find(id)).error().code == Code::not_found);
  }
}

TEST_CASE("approvals: of a thousand that claim at once exactly one gets it", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->approved();
    using Claimed = base::Result<std::unique_ptr<Grant>>;
    std::atomic<int> granted{0}, refused{0};
    const auto claim = [&](Approvals& approvals, int call) -> base::Task<bool> {
      Claimed claimed = co_await approvals.claim(id, "req_" + std::to_string(call));
      if (!claimed) {
        refused += claimed.error().code == Code::refused ? 1 : 0;
        co_return true;
      }
      ++granted;
      (*claimed)->committed();
      co_return true;
    };
    std::vector<std::future<bool>> ends;
    for (int call = 0; call < 1000; ++call) {
      const auto at = static_cast<std::size_t>(call);
      ends.push_back(subject->begin(claim(subject->at(at), call), at % 2));
    }
    for (auto& end : ends) end.get();
    CHECK(granted == 1);
    CHECK(refused == 999);
  }
}

TEST_CASE("approvals: a use that was not committed can be tried again", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->approved();
    auto grant = subject->claim(id, "req_2");
    REQUIRE(grant.ok());
    subject->drop(*std::move(grant));
    subject->await([&] {
      auto again = subject->claim(id, "req_3", 0);
      if (!again) return false;
      subject->commit(*std::move(again));
      return true;
    });
    CHECK(subject->ask().approval.id != id);
  }
}

TEST_CASE("approvals: of people who decide at once one does, the others hear who it was",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    std::vector<std::future<base::Result<Approval>>> words;
    for (std::size_t person = 0; person < 30; ++person) {
      const auto word = tests::word_of("person" + std::to_string(person), person % 2 == 0);
      words.push_back(subject->begin(subject->at(person).decide(id, word), person % 2));
    }
    std::string who;
    std::vector<std::string> told;
    for (auto& word : words) {
      const auto decided = word.get();
      if (decided) {
        CHECK(who.empty());
        who = decided->decided_by();
      } else {
        CHECK(decided.error().code == Code::refused);
        told.push_back(decided.error().message);
      }
    }
    CHECK(told.size() == 29);
    CHECK(std::all_of(told.begin(), told.end(),
                      [&](const std::string& text) { return text.starts_with(who + " "); }));
    CHECK(subject->ask().approval.decided_by() == who);
  }
}

TEST_CASE("approvals: only people who are asked decide, and no owner", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = tests::ask_of();
    question.owner = "ann";
    const std::string id = subject->ask(question).approval.id;
    CHECK(subject->decide(id, tests::word_of("ann")).error().code == Code::unauthorized);
    CHECK(subject->decide(id, tests::word_of("eve", true, {"finance"})).error().message ==
          "Approval " + id + " waits for ops; eve is none of them.");
    CHECK(subject->decide("apr_NOSUCH0", tests::word_of("bob")).error().code == Code::not_found);
    CHECK(subject->decide(id, tests::word_of("bob", false))->state == State::denied);
    CHECK(subject->ask(question).approval.state == State::denied);
    REQUIRE(subject->run(subject->at(2).end(id, "told")).ok());
    CHECK(subject->ask(question).approval.id != id);
  }
}

TEST_CASE("approvals: a quorum needs different people", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = tests::ask_of();
    question.terms.clauses = {tests::clause_of({"ops"}, 2)};
    const std::string id = subject->ask(question).approval.id;
    CHECK(subject->decide(id, tests::word_of("ann"), 0)->state == State::pending);
    CHECK(subject->decide(id, tests::word_of("ann"), 1).error().code == Code::refused);
    CHECK(subject->decide(id, tests::word_of("bob"), 2)->state == State::approved);
  }
}

TEST_CASE("approvals: an edit is another call, for which earlier words do not count",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = tests::ask_of();
    question.terms.clauses = {tests::clause_of({"ops"}, 2)};
    const std::string id = subject->ask(question).approval.id;
    REQUIRE(subject->decide(id, tests::word_of("ann"), 0).ok());
    Decision edit = tests::word_of("bob");
    edit.edit = question;
    edit.edit->arguments = R"({"path":"y"})";
    CHECK(subject->decide(id, edit, 1)->state == State::pending);
    CHECK(subject->decide(id, tests::word_of("ann"), 2)->state == State::approved);
    const Approval approved = subject->ask(question).approval;
    CHECK(approved.id == id);
    CHECK(approved.edited == R"({"path":"y"})");
    CHECK(approved.edited_print == fingerprint(*edit.edit));
    edit.edit->definition = "d2";
    const std::string other = subject->ask(tests::ask_of("{}")).approval.id;
    CHECK(subject->decide(other, edit).error().code == Code::invalid);
  }
}

TEST_CASE("approvals: the clock asks more people, then denies, and is said to", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = short_question(milliseconds(600));
    question.terms.clauses = {tests::clause_of({"ops"}, 1, {"directors"})};
    const std::string id = subject->ask(question).approval.id;
    const auto settled = [](Approvals& approvals) -> base::Task<bool> {
      co_await approvals.settle();
      co_return true;
    };
    // Nobody looks at it, but the clock of every gateway.
    for (std::size_t gateway = 0; gateway < 3; ++gateway) {
      ::usleep(gateway == 0 ? 650'000 : 0);
      subject->run(settled(subject->at(gateway)));
    }
    const auto list = subject->run(subject->at(0).list());
    REQUIRE(list->size() == 1);
    CHECK(list->front().escalated);
    CHECK(list->front().state == State::pending);
    CHECK(list->front().waits_for() == std::vector<std::string>{"ops", "directors"});
    ::usleep(650'000);
    const auto late = subject->decide(id, tests::word_of("dora", true, {"directors"}));
    CHECK(late.error().message == "Approval " + id + " expired: nobody decided in time.");
    CHECK(subject->ask(question).approval.decided_by().empty());
    ::usleep(650'000);
    CHECK(subject->ask(question).approval.id != id);
  }
}

TEST_CASE("approvals: an approval that is not collected in time is gone", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->approved(short_question(milliseconds(1'000)));
    ::usleep(1'050'000);
    CHECK(subject->claim(id, "req_2").error().code == Code::not_found);
  }
}

TEST_CASE("approvals: what is remembered holds for like calls until its time has passed",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    Decision decision = tests::word_of("ann");
    decision.remember = {std::chrono::system_clock::now() + milliseconds(2'000),
                         R"({"properties":{"path":{"const":"x"}}})"};
    REQUIRE(subject->decide(id, decision).ok());
    // Used by the call that waited, it stands for the others.
    auto grant = subject->claim(id, "req_2");
    REQUIRE(grant.ok());
    subject->commit(*std::move(grant));
    for (std::size_t gateway = 0; gateway < 3; ++gateway) {
      const Answer answer = subject->ask(tests::ask_of(R"({"path":"x","force":true})"), gateway);
      CHECK(answer.is_remembered);
      CHECK(answer.approval.id == id);
    }
    CHECK_FALSE(subject->ask(tests::ask_of(R"({"path":"y"})")).is_remembered);
    Ask changed = tests::ask_of();
    changed.definition = "d2";
    CHECK_FALSE(subject->ask(changed).is_remembered);
    ::usleep(2'050'000);
    CHECK_FALSE(subject->ask().is_remembered);
  }
}

TEST_CASE("approvals: what is forgotten is asked about again, what its own call may do stands",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Decider bob = tests::word_of("bob").decider;
    Decision decision = tests::word_of("ann");
    decision.remember = {std::chrono::system_clock::now() + hours(8), "{}"};
    const std::string id = subject->ask().approval.id;
    CHECK(subject->run(subject->at(0).forget(id, bob)).error().code == Code::not_found);
    REQUIRE(subject->decide(id, decision).ok());
    CHECK(subject->ask(tests::ask_of("1")).is_remembered);
    const auto forgotten = subject->run(subject->at(2).forget(id, bob));
    REQUIRE(forgotten.ok());
    CHECK_FALSE(forgotten->remembered);
    CHECK(forgotten->until - forgotten->asked < hours(2));
    CHECK_FALSE(subject->ask(tests::ask_of("2")).is_remembered);
    const Answer own = subject->ask();
    CHECK_FALSE(own.is_remembered);
    CHECK(own.approval.state == State::approved);
    auto grant = subject->claim(id, "req_2");
    REQUIRE(grant.ok());
    subject->commit(*std::move(grant));
    CHECK(subject->run(subject->at(0).find(id)).error().code == Code::not_found);

    // One that was used, of which nothing else was left.
    const std::string used = subject->ask(tests::ask_of("3")).approval.id;
    REQUIRE(subject->decide(used, decision).ok());
    auto other = subject->claim(used, "req_3");
    subject->commit(*std::move(other));
    CHECK(subject->ask(tests::ask_of("4")).is_remembered);
    REQUIRE(subject->run(subject->at(1).forget(used, bob)).ok());
    CHECK_FALSE(subject->ask(tests::ask_of("5")).is_remembered);
    CHECK(subject->run(subject->at(0).find(used)).error().code == Code::not_found);
    CHECK(subject->run(subject->at(0).forget(used, bob)).error().code == Code::not_found);
    CHECK(subject->claim(used, "req_4").error().code == Code::refused);
  }
}

TEST_CASE("approvals: one word is not remembered where two must agree, nor beyond its own time",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = tests::ask_of("1");
    question.terms.clauses = {tests::clause_of({"ops"}, 2)};
    const std::string id = subject->ask(question).approval.id;
    Decision decision = tests::word_of("ann");
    decision.remember = {std::chrono::system_clock::now() + hours(8), "true"};
    CHECK(subject->decide(id, decision).error().code == Code::invalid);
    REQUIRE(subject->decide(id, tests::word_of("ann")).ok());
    decision.decider = tests::word_of("bob").decider;
    CHECK(subject->decide(id, decision).error().code == Code::invalid);
    CHECK(subject->decide(id, tests::word_of("bob"))->state == State::approved);

    // An approval that nobody collects stands for longer than what is remembered of it.
    const std::string other = subject->ask().approval.id;
    decision.remember->until = std::chrono::system_clock::now() + milliseconds(500);
    REQUIRE(subject->decide(other, decision).ok());
    CHECK(subject->ask(tests::ask_of("2")).is_remembered);
    ::usleep(550'000);
    CHECK_FALSE(subject->ask(tests::ask_of("3")).is_remembered);
    CHECK(subject->claim(other, "req_2").ok());
  }
}

TEST_CASE("approvals: what is no schema is not remembered", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    Decision decision = tests::word_of("ann");
    decision.remember = {std::chrono::system_clock::now() + hours(8), R"({"type":"nonsense"})"};
    CHECK(subject->decide(id, decision).error().code == Code::invalid);
    CHECK(subject->ask().approval.state == State::pending);
  }
}

TEST_CASE("approvals: a call that waits goes on within a second of the decision elsewhere",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    auto& loop = subject->loops().at(1);
    auto waiting = subject->begin(subject->at(0).wait(loop, id, milliseconds(20'000), nullptr), 1);
    CHECK(waiting.wait_for(milliseconds(600)) == std::future_status::timeout);
    REQUIRE(subject->decide(id, tests::word_of("ann")).ok());
    REQUIRE(waiting.wait_for(milliseconds(1'000)) == std::future_status::ready);
    CHECK(waiting.get()->state == State::approved);
  }
}

TEST_CASE("approvals: a wait ends with its time, its caller or the process", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    auto& loop = subject->loops().at(1);
    CHECK(subject->run(subject->at(0).wait(loop, id, milliseconds(50), nullptr), 1)->state ==
          State::pending);
    base::Cancellation cancellation;
    auto given_up =
        subject->begin(subject->at(0).wait(loop, id, milliseconds(20'000), &cancellation), 1);
    CHECK(given_up.wait_for(milliseconds(50)) == std::future_status::timeout);
    const auto give_up = [&]() -> base::Task<bool> {
      cancellation.request();
      co_return true;
    };
    subject->run(give_up(), 1);
    REQUIRE(given_up.wait_for(milliseconds(500)) == std::future_status::ready);
    auto ended = subject->begin(subject->at(0).wait(loop, id, milliseconds(20'000), nullptr), 1);
    CHECK(ended.wait_for(milliseconds(50)) == std::future_status::timeout);
    subject->at(0).end_waiting();
    REQUIRE(ended.wait_for(milliseconds(500)) == std::future_status::ready);
    CHECK(ended.get()->state == State::pending);
  }
}

TEST_CASE("approvals: an agent may not make people wade through questions", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    for (std::size_t number = 0; number < 100; ++number) {
      subject->ask(tests::ask_of(std::to_string(number)), number);
    }
    const auto more = subject->run(subject->at(1).ask(tests::ask_of()));
    CHECK(more.error().code == Code::limit);
    Ask of_another = tests::ask_of();
    of_another.agent = "b";
    CHECK(subject->run(subject->at(1).ask(of_another)).ok());
    const std::string first = subject->ask(tests::ask_of("0")).approval.id;
    REQUIRE(subject->decide(first, tests::word_of("ann", false)).ok());
    CHECK(subject->run(subject->at(1).ask(tests::ask_of())).ok());
  }
}

TEST_CASE("approvals: of all gateways exactly one tells people", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    std::mutex mutex;
    std::vector<std::string> told;
    for (std::size_t gateway = 0; gateway < subject->gateways(); ++gateway) {
      subject->at(gateway).observe([&](const Approval& approval, Notice notice) {
        const std::lock_guard lock(mutex);
        told.push_back(std::string(to_string(notice)) + " " +
                       std::string(to_string(approval.state)));
      });
    }
    const auto settled = [](Approvals& approvals) -> base::Task<bool> {
      co_await approvals.settle();
      co_return true;
    };
    Ask question = short_question(milliseconds(600));
    question.terms.clauses = {tests::clause_of({"ops"}, 1, {"directors"})};
    for (std::size_t gateway = 0; gateway < 3; ++gateway) subject->ask(question, gateway);
    for (int turn = 0; turn < 2; ++turn) {
      ::usleep(650'000);
      for (std::size_t gateway = 0; gateway < 3; ++gateway) {
        subject->run(settled(subject->at(gateway)), gateway % 2);
      }
    }
    const std::string other = subject->ask(tests::ask_of("{}")).approval.id;
    REQUIRE(subject->decide(other, tests::word_of("ann")).ok());
    const std::lock_guard lock(mutex);
    CHECK(told == std::vector<std::string>{"created pending", "escalated pending",
                                           "decided expired", "created pending",
                                           "decided approved"});
  }
}

TEST_CASE(
    "approvals: without Redis nothing is asked, decided or used, and all is there again "
    "afterwards",
    "[contract]") {
  OnRedis subject;
  const std::string id = subject.approved();
  const std::string other = subject.ask(tests::ask_of("{}")).approval.id;
  auto& loop = subject.loops().at(0);
  auto waiting = subject.begin(subject.at(0).wait(loop, other, milliseconds(20'000), nullptr));
  subject.server.kill();
  CHECK(subject.run(subject.at(0).ask(tests::ask_of())).error().code == Code::unavailable);
  CHECK(subject.claim(id, "req_2").error().code == Code::unavailable);
  CHECK(subject.decide(other, tests::word_of("ann")).error().code == Code::unavailable);
  CHECK(subject.run(subject.at(0).wait(loop, other, milliseconds(50), nullptr)).error().code ==
        Code::unavailable);
  subject.server.start();
  subject.await([&] { return subject.run(subject.at(1).find(other)).ok(); });
  REQUIRE(subject.decide(other, tests::word_of("ann")).ok());
  CHECK(waiting.get()->state == State::approved);
  subject.await([&] { return subject.run(subject.at(2).find(id)).ok(); });
  auto grant = subject.claim(id, "req_3");
  REQUIRE(grant.ok());
  subject.commit(*std::move(grant));
  subject.server.kill();
  subject.server.start();
  subject.await([&] { return subject.claim(id, "req_4").error().code != Code::unavailable; });
  CHECK(subject.claim(id, "req_4").error().code == Code::refused);
}

TEST_CASE("approvals: on a Redis that would not keep what was used nothing is asked",
          "[contract]") {
  OnRedis subject({"--appendfsync", "everysec"});
  const auto asked = subject.run(subject.at(0).ask(tests::ask_of()));
  CHECK(asked.error().code == Code::unavailable);
  CHECK(asked.error().message.find("appendfsync is 'everysec'") != std::string::npos);
}

TEST_CASE("approvals: on Redis, a word that cannot be recorded is none", "[contract]") {
  OnRedis subject;
  const std::string id = subject.ask().approval.id;
  subject.journals[1].set_fails(true);
  CHECK(subject.decide(id, tests::word_of("ann"), 1).error().code == Code::unavailable);
  CHECK(subject.ask().approval.state == State::pending);
  CHECK(subject.run(subject.at(1).ask(tests::ask_of("{}"))).error().code == Code::unavailable);
  CHECK(subject.run(subject.at(0).list())->size() == 1);
  CHECK(subject.decide(id, tests::word_of("bob", false), 2)->state == State::denied);
}

TEST_CASE("approvals: on Redis, the journal of the gateway that sends tells the whole story",
          "[contract]") {
  OnRedis subject;
  const std::string id = subject.approved();
  auto grant = subject.claim(id, "req_2");
  std::vector<std::string> events;
  for (const auto& entry : (*grant)->entries("int_2")) {
    CHECK(entry.key == id);
    events.push_back(base::Json::parse(entry.body)["event"]);
  }
  CHECK(events == std::vector<std::string>{"asked", "vote", "redeemed"});
  subject.commit(*std::move(grant));
  CHECK(subject.journals[0].events() == std::vector<std::string>{"asked"});
  CHECK(subject.journals[1].events() == std::vector<std::string>{"vote"});
}

TEST_CASE("approvals: on Redis, what a gateway had taken that died stays used", "[contract]") {
  OnRedis subject;
  const std::string id = subject.approved();
  // Neither committed nor given back.
  auto taken = subject.claim(id, "req_2");
  REQUIRE(taken.ok());
  CHECK(subject.claim(id, "req_3", 0).error().code == Code::refused);
  CHECK(subject.ask().approval.id != id);
  subject.commit(*std::move(taken));
}

TEST_CASE("approvals: what was asked on Redis is never found in a journal by a start on SQLite",
          "[contract]") {
  const tests::TempDir directory;
  tests::RedisServer server;
  const auto open = [&] {
    auto table = std::make_unique<ApprovalTable>();
    const ApprovalTable& rows = *table;
    base::SqliteJournal::Projections projections;
    projections.push_back(std::move(table));
    auto journal = base::SqliteJournal::open(directory / "journal.db", {}, std::move(projections));
    return std::pair(*std::move(journal), &rows);
  };
  {
    auto [journal, rows] = open();
    base::EventLoops loops(1);
    loops.start();
    RedisApprovals approvals(loops, server.address(), *journal);
    std::promise<bool> done;
    const Ask question = tests::ask_of();
    const Decision word = tests::word_of("ann");
    const auto asks = [&]() -> base::Task<void> {
      const auto asked = co_await approvals.ask(question);
      const auto decided = co_await approvals.decide(asked->approval.id, word);
      done.set_value(decided.ok());
    };
    loops.at(0).spawn(asks());
    CHECK(done.get_future().get());
    loops.stop();
  }
  auto [journal, rows] = open();
  CHECK(rows->rows().empty());
}
