#include "runtime/event.h"

#include <catch2/catch.hpp>

#include "mcp/messages.h"

namespace event_test {

using namespace runtime;

namespace {

std::vector<What> one_of_each() {
  Answered answered{1,         0, true, "I look.", {}, {10, 20, 30, 40, true}, 7, Finish::cut_off,
                    {{"a", 1}}};
  answered.calls.push_back({"call_0", "files__read", {{"path", "/x"}}, ""});
  answered.calls.push_back({"call_1", "files__read", base::Json::object(), "no JSON"});
  Called called{1,
                1,
                2,
                Called::Kind::waiting,
                "approval_pending",
                mcp::text_content_result("wait", true),
                policies::Effect::idempotent,
                "req_1",
                "apr_1",
                3,
                "k1",
                "int_1"};
  return {Started{"triage",
                  "acme",
                  "boss",
                  "agent boss",
                  "Sort.",
                  "You sort.",
                  "fast",
                  {3, 500, std::chrono::minutes(2), std::chrono::hours(3)},
                  {std::chrono::minutes(1), 1000, ContextSettings::OnExpiry::summarise}},
          Asked{1, 2, 3, Asked::Context::forgotten, 400, 50},
          answered,
          AskFailed{1, 0, AskFailed::Kind::budget, "no room", 9},
          called,
          Recovered{},
          Paused{"ops"},
          Resumed{"ops"},
          Cancelled{"ops"},
          Resolved{1, 0, Resolved::How::done, "paid", "ops"},
          Decided{"apr_1"},
          Ticked{},
          Ended{Ended::Status::stuck, "repetition", "It circles."},
          StoreLost{},
          StoreBack{}};
}

}  // namespace

TEST_CASE("every event is read back as it was written") {
  const std::vector<What> events = one_of_each();
  CHECK(events.size() == std::variant_size_v<What>);
  for (const What& what : events) {
    CAPTURE(name_of(what));
    const auto back = parse_event(name_of(what), to_json(what));
    REQUIRE(back);
    CHECK(back->index() == what.index());
    CHECK(to_json(*back) == to_json(what));
  }
}

TEST_CASE("what older journals do not say is as it was then") {
  base::Json started = to_json(one_of_each().front());
  started["context"].erase("on_expiry");
  const auto back = parse_event("started", started);
  REQUIRE(back);
  CHECK(std::get<Started>(*back).context.on_expiry == ContextSettings::OnExpiry::rebuild);
  const base::Json asked = {{"turn", 1},  {"attempt", 0},  {"dropped", 0},
                            {"bytes", 9}, {"reserved", 0}, {"context", "rebuilt"}};
  CHECK(std::get<Asked>(*parse_event("asked", asked)).context == Asked::Context::rebuilt);
}

TEST_CASE("what is too long for the journal says so instead") {
  What answered = one_of_each()[2];
  shorten(answered);
  const auto& failed = std::get<AskFailed>(answered);
  CHECK(failed.kind == AskFailed::Kind::broke_off);
  CHECK(failed.turn == 1);
  CHECK(failed.cost == 7);  // it is paid for all the same
  What called = one_of_each()[4];
  shorten(called);
  CHECK(text_of(std::get<Called>(called).result).find("too long") != std::string::npos);
}

TEST_CASE("an event that lacks a member, or that nobody knows, is damage") {
  CHECK_FALSE(parse_event("answered", {{"turn", 1}}));
  CHECK_FALSE(
      parse_event("resolved", {{"turn", 1}, {"index", 0}, {"how", "?"}, {"text", ""}, {"by", ""}}));
  CHECK_FALSE(parse_event("unheard", base::Json::object()));
}

TEST_CASE("a result is shown to a model as text; what is no text is named") {
  const base::Json result = {{"content",
                              {{{"type", "text"}, {"text", "one"}},
                               {{"type", "image"}, {"mimeType", "image/png"}, {"data", "AAAA"}}}}};
  CHECK(text_of(result) == "one\n[image image/png left out: only text is shown]");
  CHECK(text_of({{"content", base::Json::array()}, {"structuredContent", {{"n", 1}}}}) ==
        R"({"n":1})");
}

}  // namespace event_test
