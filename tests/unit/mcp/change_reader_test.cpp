#include "mcp/change_reader.h"

#include <catch2/catch.hpp>

namespace change_reader_test {

using namespace mcp;
using base::Code;

namespace {

const base::Limits limits;

std::string event(const std::string& message) { return "data: " + message + "\n\n"; }

std::string acknowledged(const std::string& honoured = R"({"toolsListChanged":true})") {
  return event(R"({"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":)"
               R"({"notifications":)" +
               honoured + R"(,"_meta":{"io.modelcontextprotocol/subscriptionId":7}}})");
}

const std::string changed =
    event(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
const std::string ping = event(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");

ChangeReader subscription() { return {Id(std::int64_t{7}), limits}; }
ChangeReader session() { return {std::nullopt, limits}; }

}  // namespace

TEST_CASE("a subscription tells of changes once it is acknowledged", "[change_reader]") {
  ChangeReader reader = subscription();
  CHECK_FALSE(reader.feed(changed)->offers_changed);
  CHECK_FALSE(reader.opened());
  CHECK_FALSE(reader.feed(acknowledged())->offers_changed);
  CHECK(reader.opened());
  CHECK(reader.feed(": a comment\n\n" + changed)->offers_changed);
  CHECK_FALSE(reader.feed(": a comment\n\n")->offers_changed);
}

TEST_CASE("a server that does not honour it, or refuses it, will not tell", "[change_reader]") {
  for (const std::string& answer :
       {acknowledged("{}"), acknowledged(R"({"toolsListChanged":false})"),
        acknowledged(R"({"promptsListChanged":"true"})"),
        event(R"({"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"none"}})")}) {
    ChangeReader reader = subscription();
    const auto changes = reader.feed(answer);
    REQUIRE_FALSE(changes);
    CHECK(changes.error().code == Code::refused);
  }
}

TEST_CASE("a subscription ends with its result, or as the specification also has it",
          "[change_reader]") {
  for (const char* end :
       {R"({"jsonrpc":"2.0","id":7,"result":{"resultType":"complete"}})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})"}) {
    ChangeReader reader = subscription();
    CHECK(reader.feed(acknowledged() + event(end))->ended);
  }
  ChangeReader reader = subscription();
  CHECK_FALSE(reader.feed(acknowledged() + event(R"({"jsonrpc":"2.0","id":8,"result":{}})"))->ended);
}

TEST_CASE("changes of prompts and resources count as well, and one kind that is honoured is enough",
          "[change_reader]") {
  for (const std::string kind : {"prompts", "resources"}) {
    ChangeReader reader = subscription();
    REQUIRE(reader.feed(acknowledged(R"({")" + kind + R"(ListChanged":true})")));
    CHECK(reader.opened());
    const std::string told =
        R"({"jsonrpc":"2.0","method":"notifications/)" + kind + R"(/list_changed"})";
    CHECK(reader.feed(event(told.c_str()))->offers_changed);
  }
}

TEST_CASE("the stream of a session is open from the beginning", "[change_reader]") {
  ChangeReader reader = session();
  CHECK(reader.opened());
  CHECK(reader.feed(changed)->offers_changed);
  CHECK_FALSE(reader.feed(event(R"({"jsonrpc":"2.0","id":7,"result":{}})"))->ended);
}

TEST_CASE("what the server of a session asks is to be answered, a modern one's is not heard",
          "[change_reader]") {
  ChangeReader of_session = session();
  const auto changes = of_session.feed(ping);
  REQUIRE(changes->asked.size() == 1);
  CHECK(changes->asked[0].method == "ping");
  ChangeReader modern = subscription();
  CHECK(modern.feed(acknowledged() + ping)->asked.empty());
}

TEST_CASE("a server that asks without end is flooding", "[change_reader]") {
  ChangeReader reader = session();
  std::string many;
  for (int i = 0; i < 9; ++i) many += ping;
  CHECK(reader.feed(many).error().code == Code::limit);
}

TEST_CASE("a stream of something else is broken", "[change_reader]") {
  for (const std::string& text : {std::string("data: {\n\n"), std::string("data: [1]\n\n"),
                                  "data: " + std::string(limits.notification + 16, 'x')}) {
    ChangeReader reader = session();
    CHECK(reader.feed(text).error().code == Code::broken);
  }
}

TEST_CASE("a session's stream can be resumed behind its last event, a subscription cannot",
          "[change_reader]") {
  ChangeReader reader = session();
  REQUIRE(reader.feed("id: a-1\ndata:\n\nid: a-2\n" + changed));
  CHECK(reader.last_event_id() == "a-2");
  ChangeReader modern = subscription();
  REQUIRE(modern.feed("id: a-1\n" + acknowledged()));
  CHECK(modern.last_event_id().empty());
}

TEST_CASE("an id that could not stand in a header is not sent back", "[change_reader]") {
  ChangeReader reader = session();
  REQUIRE(reader.feed("id: \xC3\xA9\x01\n" + changed));
  CHECK(reader.last_event_id().empty());
}

TEST_CASE("a server's retry is heeded up to a minute", "[change_reader]") {
  ChangeReader reader = session();
  CHECK(reader.retry() == std::chrono::milliseconds(0));
  REQUIRE(reader.feed("retry: 1500\n\n"));
  CHECK(reader.retry() == std::chrono::milliseconds(1500));
  REQUIRE(reader.feed("retry: 999999999\n\n"));
  CHECK(reader.retry() == std::chrono::seconds(60));
}

}  // namespace change_reader_test
