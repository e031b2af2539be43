#include "mcp/notifications.h"

#include <catch2/catch.hpp>

namespace notifications_test {

using base::Json;
using namespace mcp;

TEST_CASE("a notification concerns a request when it is progress under its id, or a log message",
          "[notifications]") {
  const auto progress = [](Json token) {
    return Notification{std::string(notice::progress), {{"progressToken", std::move(token)}}};
  };
  CHECK(concerns(progress(7), Id(7)));
  CHECK_FALSE(concerns(progress(8), Id(7)));
  CHECK_FALSE(concerns(progress("7"), Id(7)));
  CHECK_FALSE(concerns(progress(nullptr), Id(7)));
  CHECK_FALSE(concerns({std::string(notice::progress), Json()}, Id(7)));
  CHECK(concerns({std::string(notice::message), {{"level", "info"}}}, Id(7)));
  CHECK_FALSE(concerns({std::string(notice::tools_changed), Json()}, Id(7)));
  CHECK_FALSE(concerns({std::string(notice::cancelled), {{"requestId", 7}}}, Id(7)));
}

TEST_CASE("a progress token is an integer or a text, as an id is", "[notifications]") {
  CHECK(progress_token({{"progressToken", 0}}) == Id(0));
  CHECK(progress_token({{"progressToken", "a"}}) == Id("a"));
  for (const Json& token :
       {Json(1.5), Json(), Json(true), Json::object(), Json(std::string(257, 'x'))}) {
    CHECK_FALSE(progress_token({{"progressToken", token}}));
  }
  CHECK_FALSE(progress_token(Json::object()));
  CHECK_FALSE(progress_token(Json()));
}

TEST_CASE("log levels rise in the order of their names", "[notifications]") {
  const char* const names[] = {"debug", "info",     "notice", "warning",
                               "error", "critical", "alert",  "emergency"};
  std::optional<LogLevel> last;
  for (const char* name : names) {
    const auto level = level_of({std::string(notice::message), {{"level", name}}});
    REQUIRE(level);
    CHECK(to_string(*level) == name);
    CHECK((!last || *last < *level));
    last = level;
  }
  CHECK_FALSE(level_of({std::string(notice::message), {{"level", "loud"}}}));
  CHECK_FALSE(level_of({std::string(notice::message), Json()}));
}

TEST_CASE("a cancellation names the request by its id as it was sent", "[notifications]") {
  CHECK(
      cancelled_text(Id(7), "why") ==
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"reason":"why"}})");
}

}  // namespace notifications_test
