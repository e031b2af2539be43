#include "mcp/messages.h"

#include <catch2/catch.hpp>

namespace messages_test {

using base::Json;
using mcp::mirrored_name;

TEST_CASE("tools and prompts are mirrored by name", "[messages]") {
  CHECK(mirrored_name("tools/call", {{"name", "x"}}) == "x");
  CHECK(mirrored_name("prompts/get", {{"name", "y"}, {"uri", "z"}}) == "y");
}

TEST_CASE("resources are mirrored by URI", "[messages]") {
  CHECK(mirrored_name("resources/read", {{"name", "x"}, {"uri", "file:///a"}}) == "file:///a");
}

TEST_CASE("tasks are mirrored by their id", "[messages]") {
  for (const char* method : {"tasks/get", "tasks/update", "tasks/cancel"}) {
    CHECK(mirrored_name(method, {{"taskId", "t"}}) == "t");
  }
}

TEST_CASE("other methods have no mirrored name", "[messages]") {
  CHECK_FALSE(mirrored_name("tools/list", {{"name", "x"}}));
  CHECK_FALSE(mirrored_name("Tools/Call", {{"name", "x"}}));
  CHECK_FALSE(mirrored_name("resources/subscribe", {{"uri", "x"}}));
}

TEST_CASE("without the string in the parameters there is no mirrored name", "[messages]") {
  CHECK_FALSE(mirrored_name("tools/call", nullptr));
  CHECK_FALSE(mirrored_name("tools/call", Json::object()));
  CHECK_FALSE(mirrored_name("tools/call", {{"name", 1}}));
}

TEST_CASE("a text result has one block of text", "[messages]") {
  CHECK(base::dump_json(mcp::text_content_result("no", true)) ==
        R"({"content":[{"type":"text","text":"no"}],"isError":true})");
  CHECK(mcp::text_content_result("", false)["isError"] == false);
}

}  // namespace messages_test
