#include "tools/server_tool.h"

#include <catch2/catch.hpp>

#include "tests/support/server_tools.h"

namespace server_tool_test {

using tools::compile_tool;
using tools::compile_tools;

namespace {

const base::Limits limits;

std::string quarantine(base::Json definition) {
  return compile_tool(std::move(definition), limits).quarantine;
}

}  // namespace

TEST_CASE("a tool with a schema is compiled", "[server_tool]") {
  const auto tool = compile_tool(tests::echo_definition("echo"), limits);
  CHECK(tool.quarantine.empty());
  CHECK(tool.input);
  CHECK(tool.name == "echo");
}

TEST_CASE("a tool without a usable schema is quarantined with the reason", "[server_tool]") {
  CHECK(quarantine({{"name", "a"}}).find("inputSchema") != std::string::npos);
  CHECK_FALSE(quarantine({{"name", "a"}, {"inputSchema", true}}).empty());
  CHECK_FALSE(quarantine({{"name", "a"}, {"inputSchema", {{"type", "string"}}}}).empty());
  const base::Json remote{{"type", "object"},
                          {"properties", {{"x", {{"$ref", "http://169.254.169.254/"}}}}}};
  CHECK(quarantine({{"name", "a"}, {"inputSchema", remote}}).find("cannot be checked") !=
        std::string::npos);
}

TEST_CASE("a tool whose results cannot be checked is quarantined with the reason",
          "[server_tool]") {
  base::Json definition = tests::echo_definition("echo");
  definition["outputSchema"] = {{"properties", {{"a", {{"pattern", "(?=a)b"}}}}}};
  CHECK(quarantine(definition) ==
        "its outputSchema cannot be checked: #/properties/a/pattern: the pattern uses look-ahead, "
        "which is not supported");
  definition["outputSchema"] = {{"type", "object"}};
  CHECK(compile_tool(definition, limits).output);
}

TEST_CASE("a tool with a name that is none is quarantined", "[server_tool]") {
  for (const char* name : {"", "a b", "a\n", "send_\xd0\xb5mail"}) {
    CAPTURE(name);
    CHECK_FALSE(quarantine(tests::echo_definition(name)).empty());
  }
  CHECK_FALSE(quarantine(tests::echo_definition(std::string(129, 'a'))).empty());
  CHECK_FALSE(quarantine({{"inputSchema", {{"type", "object"}}}}).empty());
}

TEST_CASE("a definition over its bound is quarantined", "[server_tool]") {
  base::Json definition = tests::echo_definition("echo");
  definition["description"] = std::string(limits.tool_definition, 'a');
  CHECK_FALSE(quarantine(definition).empty());
}

TEST_CASE("a wrong x-mcp-header annotation quarantines the tool", "[server_tool]") {
  base::Json definition = tests::echo_definition("echo");
  definition["inputSchema"]["properties"]["message"]["x-mcp-header"] = "not a token";
  CHECK_FALSE(quarantine(definition).empty());
}

TEST_CASE("of two tools with one name neither is offered", "[server_tool]") {
  const auto tools =
      compile_tools({tests::echo_definition("a"), tests::echo_definition("a")}, limits);
  CHECK_FALSE(tools[0].quarantine.empty());
  CHECK_FALSE(tools[1].quarantine.empty());
}

TEST_CASE("every change of a definition changes its hash", "[server_tool]") {
  base::Json changed = tests::echo_definition("echo");
  changed["description"] = "now different";
  CHECK(compile_tool(tests::echo_definition("echo"), limits).definition_hash !=
        compile_tool(changed, limits).definition_hash);
}

TEST_CASE("the read-only hint is read from the annotations", "[server_tool]") {
  base::Json definition = tests::echo_definition("echo");
  CHECK_FALSE(compile_tool(definition, limits).read_only_hint);
  definition["annotations"]["readOnlyHint"] = true;
  CHECK(compile_tool(definition, limits).read_only_hint);
  definition["annotations"]["readOnlyHint"] = "yes";
  CHECK_FALSE(compile_tool(definition, limits).read_only_hint);
}

}  // namespace server_tool_test
