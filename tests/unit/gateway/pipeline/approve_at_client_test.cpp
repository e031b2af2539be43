#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/approve_fixture.h"
#include "tests/support/asks.h"

namespace approve_at_client_test {

using base::Json;
using namespace gateway::pipeline;
using tests::approve_policy;
using tests::replaced;
using tests::snapshot_with;
using tests::text_of;
using Fixture = tests::ApproveFixture;

namespace {

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

}  // namespace

TEST_CASE(
    "where rules let them, the person at the client is asked by the result and decides by the "
    "repetition",
    "[approve]") {
  Fixture f;
  FakePerson person;
  f.person = &person;
  CHECK_FALSE(f.run().questions);  // no rule lets them
  f.snapshot = snapshot_with(replaced(approve_policy, "by: [ops]", "by: [ops], ask: client"));
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
  f.snapshot = snapshot_with(replaced(approve_policy, "by: [ops]", "by: [ops], ask: client"));
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
  f.snapshot =
      snapshot_with(replaced(replaced(approve_policy, "by: [ops]", "by: [ops], ask: client"),
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
      approve_policy, "by: [ops], wait: 0s, expires: 1h}",
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

}  // namespace approve_at_client_test
