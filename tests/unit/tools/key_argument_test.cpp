#include "tools/key_argument.h"

#include <catch2/catch.hpp>

namespace key_argument_test {

using tools::compile_tool;
using tools::key_problem;
using tools::without_argument;

namespace {

// A tool whose only property is `key`.
tools::ServerTool tool_with_key(base::Json key) {
  return compile_tool(
      {{"name", "pay"},
       {"inputSchema",
        {{"type", "object"},
         {"properties", {{"amount", {{"type", "number"}}}, {"key", std::move(key)}}},
         {"required", {"amount", "key"}}}}},
      {});
}

}  // namespace

TEST_CASE("a tool is shown without the argument of its key, and otherwise as it was written",
          "[key_argument]") {
  const auto definition = base::Json::parse(
      R"({"x":1,"inputSchema":{"required":["key","amount"],"type":"object","properties":{"key":{},"amount":{}}},"name":"pay"})");
  CHECK(
      base::dump_json(without_argument(definition, "key")) ==
      R"({"x":1,"inputSchema":{"required":["amount"],"type":"object","properties":{"amount":{}}},"name":"pay"})");
}

TEST_CASE("a tool that requires nothing but its key is shown to require nothing",
          "[key_argument]") {
  const auto definition = base::Json::parse(
      R"({"name":"pay","inputSchema":{"type":"object","properties":{"key":{}},"required":["key"]}})");
  CHECK(base::dump_json(without_argument(definition, "key")) ==
        R"({"name":"pay","inputSchema":{"type":"object","properties":{}}})");
}

TEST_CASE("a key fits where a text or a UUID is taken", "[key_argument]") {
  CHECK(key_problem(tool_with_key({{"type", "string"}}), "key").empty());
  CHECK(
      key_problem(tool_with_key({{"type", "string"}, {"format", "uuid"}, {"maxLength", 36}}), "key")
          .empty());
  CHECK(key_problem(tool_with_key({{"anyOf", {{{"type", "string"}}, {{"type", "null"}}}}}), "key")
            .empty());
}

TEST_CASE("a key does not fit where the schema refuses it, or does not know its argument",
          "[key_argument]") {
  CHECK(key_problem(tool_with_key({{"type", "integer"}}), "key") ==
        "the policy's key_argument 'key' does not take a UUID: expected integer");
  CHECK_FALSE(key_problem(tool_with_key({{"maxLength", 35}}), "key").empty());
  CHECK_FALSE(key_problem(tool_with_key(false), "key").empty());
  CHECK(key_problem(tool_with_key({{"type", "string"}}), "kye") ==
        "the policy's key_argument 'kye' is no property of its inputSchema");
  const auto bare = compile_tool({{"name", "pay"}, {"inputSchema", {{"type", "object"}}}}, {});
  CHECK_FALSE(key_problem(bare, "key").empty());
}

}  // namespace key_argument_test
