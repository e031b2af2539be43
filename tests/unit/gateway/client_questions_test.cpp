#include "gateway/client_questions.h"

#include <catch2/catch.hpp>

#include "mcp/messages.h"
#include "policies/approvals/memory_approvals.h"
#include "tests/support/asks.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_journal.h"
#include "tests/support/run_task.h"

namespace client_questions_test {

using base::Code;
using base::Json;
using namespace gateway;
using Word = pipeline::ClientPerson::Word;

namespace {

const pipeline::Principal owner{"a", "acme", "key 1"};

struct Fixture {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  policies::approvals::MemoryApprovals approvals{journal, clock};
  ClientQuestions questions{approvals};
  std::string approval = ask();

  std::string ask() {
    auto asked = tests::ask_of();
    asked.terms.clauses.front().client = true;
    return tests::run_task(approvals.ask(std::move(asked)))->approval.id;
  }
  /// nullopt: it was taken.
  std::optional<Code> answer(const std::string& id, const pipeline::Principal& from = owner,
              const std::string& session = "s1", const std::string& decision = "approve") {
    mcp::Response response{id, {{"action", "accept"}, {"content", {{"decision", decision}}}}, {}};
    const auto status = tests::run_task(questions.answer(from, session, std::move(response)));
    return status ? std::nullopt : std::optional(status.error().code);
  }
  policies::approvals::State state() {
    return tests::run_task(approvals.find(approval))->state;
  }
};

}  // namespace

TEST_CASE("a question is answered by its own session, once", "[client_questions]") {
  Fixture f;
  const auto entry = f.questions.add(owner, "s1", f.approval);
  CHECK(entry->open());
  CHECK(f.answer(entry->id(), {"b", "acme", ""}) == Code::not_found);
  CHECK(f.answer(entry->id(), {"a", "globex", ""}) == Code::not_found);
  CHECK(f.answer(entry->id(), owner, "s2") == Code::not_found);
  CHECK(f.answer(f.approval) == Code::not_found);
  CHECK(f.answer(entry->id(), owner, "s1", "maybe") == Code::invalid);
  CHECK(entry->open());
  CHECK(f.state() == policies::approvals::State::pending);
  CHECK_FALSE(f.answer(entry->id()));
  CHECK(f.state() == policies::approvals::State::approved);
  CHECK_FALSE(entry->open());
  CHECK(f.answer(entry->id()) == Code::not_found);
}

TEST_CASE("an answer after the call has gone on comes too late", "[client_questions]") {
  Fixture f;
  auto entry = f.questions.add(owner, "s1", f.approval);
  const std::string id = entry->id();
  entry.reset();
  CHECK(f.answer(id) == Code::not_found);
  CHECK(f.state() == policies::approvals::State::pending);
}

TEST_CASE("an answer after somebody decided changes nothing", "[client_questions]") {
  Fixture f;
  const auto entry = f.questions.add(owner, "s1", f.approval);
  REQUIRE(tests::run_task(f.approvals.decide(f.approval, tests::word_of("ann", false))).ok());
  CHECK(f.answer(entry->id()) == Code::refused);
  CHECK(f.state() == policies::approvals::State::denied);
}

TEST_CASE("a client that cannot ask leaves the question to others", "[client_questions]") {
  Fixture f;
  const auto entry = f.questions.add(owner, "s1", f.approval);
  mcp::Response failed{entry->id(), {}, mcp::RpcError{mcp::code::method_not_found, "no", {}}};
  CHECK(tests::run_task(f.questions.answer(owner, "s1", std::move(failed))).ok());
  CHECK(f.state() == policies::approvals::State::pending);
  CHECK_FALSE(entry->open());
}

TEST_CASE("a form says approve or deny, and nothing else counts", "[client_questions]") {
  const auto accepted = [](Json content) {
    return pipeline::read_form({{"action", "accept"}, {"content", std::move(content)}});
  };
  CHECK(*accepted({{"decision", "approve"}}) == Word::approves);
  CHECK(*accepted({{"decision", "deny"}}) == Word::denies);
  CHECK(*pipeline::read_form({{"action", "decline"}}) == Word::denies);
  CHECK(*pipeline::read_form({{"action", "cancel"}}) == Word::dismisses);
  for (const Json& content : {Json::object(), Json{{"decision", true}}, Json{{"decision", "yes"}},
                              Json("approve"), Json()}) {
    CHECK_FALSE(accepted(content).ok());
  }
  CHECK_FALSE(pipeline::read_form({{"action", "accept"}}).ok());
  CHECK_FALSE(pipeline::read_form({{"action", "approve"}}).ok());
  CHECK_FALSE(pipeline::read_form(Json("accept")).ok());
}

TEST_CASE("clients show forms unless they say that they show URLs alone", "[client_questions]") {
  for (const char* text : {R"({"elicitation":{}})", R"({"elicitation":{"form":{}}})",
                           R"({"elicitation":{"form":{},"url":{}}})"}) {
    CHECK(mcp::elicits_forms(Json::parse(text)));
  }
  for (const char* text : {"{}", "[]", R"({"elicitation":true})", R"({"elicitation":{"url":{}}})"}) {
    CHECK_FALSE(mcp::elicits_forms(Json::parse(text)));
  }
}

}  // namespace client_questions_test
