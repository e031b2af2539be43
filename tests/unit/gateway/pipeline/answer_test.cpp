#include "tests/support/pipeline_fixture.h"

#include <catch2/catch.hpp>

namespace answer_test {

using base::Code;
using base::Json;
using namespace gateway::pipeline;
using Fixture = tests::PipelineFixture;

TEST_CASE("a server that was not reached failed and nothing was sent", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer = base::Error{Code::unavailable, "it does not accept connections", {}};
  const Outcome outcome = f.run("alice", "files__write");
  CHECK(outcome.kind == Outcome::Kind::failed);
  const std::string text = outcome.result["content"][0]["text"];
  CHECK(text.find("Server files failed") == 0);
  CHECK(text.find("Nothing was sent.") != std::string::npos);
}

TEST_CASE("a lost answer is an unknown outcome that says so", "[pipeline]") {
  Fixture f;
  for (const Code code : {Code::timeout, Code::broken, Code::limit, Code::cancelled}) {
    f.dispatcher.answer = base::Error{code, "it broke", {}};
    const Outcome outcome = f.run("alice", "files__write");
    CHECK(outcome.kind == Outcome::Kind::unknown);
    CHECK(outcome.tool_error());
    CHECK(outcome.result["content"][0]["text"].get<std::string>().find(
              "may have been carried out") != std::string::npos);
  }
}

TEST_CASE("a server's JSON-RPC error is passed on, its reserved codes are not", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer =
      ServerAnswer{{std::nullopt, {}, mcp::RpcError{-32602, "bad cursor", {}}}, 10};
  CHECK(f.run("alice", "files__read").error->code == -32602);
  f.dispatcher.answer = ServerAnswer{{std::nullopt, {}, mcp::RpcError{-32001, "odd", {}}}, 10};
  CHECK(f.run("alice", "files__read").error->code == -32603);
  f.dispatcher.answer = ServerAnswer{{std::nullopt, {}, mcp::RpcError{4001, "own", {}}}, 10};
  CHECK(f.run("alice", "files__read").error->code == 4001);
}

TEST_CASE("a result without content is garbage", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer = ServerAnswer{{std::nullopt, {{"tools", Json::array()}}, std::nullopt}, 10};
  CHECK(f.run("alice", "files__read").kind == Outcome::Kind::unknown);
}

TEST_CASE("a result that asks for input is refused, since that was not offered", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer =
      ServerAnswer{{std::nullopt,
                    {{"resultType", "input_required"}, {"inputRequests", Json::object()}},
                    std::nullopt},
                   10};
  CHECK(f.run("alice", "files__read").kind == Outcome::Kind::unknown);
}

TEST_CASE("a result over the limit is withheld and the caller is told", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer.value().bytes = f.limits.result + 1;
  const Outcome outcome = f.run("alice", "files__read");
  CHECK(outcome.tool_error());
  CHECK(outcome.reason == "result_too_large");
}

TEST_CASE("a result that breaks the tool's outputSchema becomes an error that says so",
          "[pipeline]") {
  Fixture f;
  Json& result = f.dispatcher.answer.value().response.result;
  result["structuredContent"] = {{"lines", "many"}};
  const Outcome outcome = f.run("alice", "files__count");
  CHECK(outcome.tool_error());
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.reason == "result_invalid");
  CHECK(
      outcome.result["content"][0]["text"] ==
      "The call was carried out, but the result of files/count breaks the tool's outputSchema. It "
      "was withheld.\n/lines: expected integer, found string \"many\"");
  CHECK_FALSE(outcome.result.contains("structuredContent"));
  CHECK(f.last_audit()["outcome"]["reason"] == "result_invalid");
}

TEST_CASE("records say how a result breaks the outputSchema, and nothing of what it holds",
          "[pipeline]") {
  Fixture f;
  f.dispatcher.answer.value().response.result["structuredContent"] = {{"lines", "s3cret"}};
  for (const char* tool : {"files__count", "files__guess"}) {
    CHECK(f.run("alice", tool).detail == "/lines (type)");
    CHECK(f.last_audit()["outcome"]["detail"] == "/lines (type)");
  }
}

TEST_CASE("a result that breaks the outputSchema passes with a warning where the policy says so",
          "[pipeline]") {
  Fixture f;
  f.dispatcher.answer.value().response.result["structuredContent"] = {{"lines", "many"}};
  const Outcome outcome = f.run("alice", "files__guess");
  CHECK_FALSE(outcome.tool_error());
  CHECK(outcome.result["structuredContent"] == Json{{"lines", "many"}});
  CHECK(
      outcome.result["_meta"]["dev.sluice/warning"] ==
      "The result of files/guess breaks the tool's outputSchema.\n/lines: expected integer, found "
      "string \"many\"");
  CHECK(f.last_audit()["outcome"]["reason"] == "result_invalid");
}

TEST_CASE("a result without what the outputSchema describes breaks it", "[pipeline]") {
  Fixture f;
  CHECK(f.run("alice", "files__count").reason == "result_invalid");
}

TEST_CASE("a result that keeps the outputSchema passes, and so does an error of the tool",
          "[pipeline]") {
  Fixture f;
  Json& result = f.dispatcher.answer.value().response.result;
  result["structuredContent"] = {{"lines", 3}};
  CHECK(f.run("alice", "files__count").result["structuredContent"] == Json{{"lines", 3}});
  result = {{"content", Json::array()}, {"isError", true}};
  CHECK(f.run("alice", "files__count").reason.empty());
}

}  // namespace answer_test
