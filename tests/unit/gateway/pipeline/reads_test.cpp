// Resources and prompts on their way down the pipeline.
#include <algorithm>

#include <catch2/catch.hpp>

#include "gateway/pipeline/outcome.h"
#include "tests/support/pipeline_fixture.h"

namespace reads_test {

using base::Json;
using policies::Primitive;
using namespace gateway::pipeline;

namespace {

constexpr const char* read_policy = R"(
defaults: {deny: ["*/note:///secret*"]}
agents: {alice: {roles: [reader]}, bob: {roles: [nobody]}}
people: {ann: {login: ["unix:ann"], groups: [ops], may: [approve]}}
roles:
  reader:
    resources: ["files/*"]
    prompts: [files/review]
    budgets: [{name: reads, window: day, calls: 2}]
    limits: [{tools: "files/page:*", per: tool, rate: 1/h, burst: 1}]
    approve: [{tools: "*", by: [ops]}]
  nobody: {allow: ["*"]}
)";

std::shared_ptr<const tools::ServerTools> offering(const std::string& server) {
  auto offered = std::make_shared<tools::ServerTools>();
  offered->server = offered->prefix = server;
  offered->prompts = tools::read_prompts({{{"name", "review"}}, {{"name", "other"}}});
  offered->resources =
      tools::read_resources({{{"uri", "note:///one"}}, {{"uri", "note:///secret"}}});
  offered->templates = tools::read_templates({{{"uriTemplate", "page:///{path}"}}});
  return offered;
}

struct Fixture : tests::PipelineFixture {
  Fixture() {
    snapshot = tests::snapshot_of(read_policy, {offering("files"), offering("more")});
    dispatcher.answer->response.result = {
        {"contents", Json::array({{{"uri", "note:///one"}, {"text", "hello"}}})}};
  }
  Outcome read(const std::string& agent, Primitive primitive, const std::string& name) {
    Call call = make_call(agent, name, Json::object());
    call.primitive = primitive;
    return tests::run_task(pipeline.run(call));
  }
  Outcome resource(const std::string& agent, const std::string& uri) {
    return read(agent, Primitive::resource, uri);
  }
};

}  // namespace

TEST_CASE("a resource is read with a permit for its URI, without an intent and without asking",
          "[reads]") {
  Fixture f;
  const Outcome outcome = f.resource("alice", "note:///one");
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.sent == 1);
  CHECK(f.dispatcher.name == "note:///one");
  CHECK(f.dispatcher.rule == "role reader: resources files/* (policy.yaml:7)");
  const auto& entries = f.journal.entries;
  CHECK(std::none_of(entries.begin(), entries.end(),
                     [](const base::JournalEntry& entry) { return entry.stream == "intent"; }));
  const Json audit = f.last_audit();
  CHECK(audit["method"] == "resources/read");
  CHECK(audit["resource"] == "files/note:///one");
  CHECK(audit["effect"] == "read_only");
  CHECK_FALSE(audit.contains("tool"));
  CHECK(audit["definition"].get<std::string>().size() > 16);
}

TEST_CASE("a prompt is got with a permit for its name", "[reads]") {
  Fixture f;
  f.dispatcher.answer->response.result = {{"messages", Json::array()}};
  CHECK(f.read("alice", Primitive::prompt, "files__review").kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.name == "review");
  CHECK(f.last_audit()["method"] == "prompts/get");
  CHECK(f.last_audit()["prompt"] == "files/review");
}

TEST_CASE("a resource that is denied, not allowed or not there is the same, and nothing is sent",
          "[reads]") {
  Fixture f;
  for (const auto& [agent, uri] :
       {std::pair{"alice", "note:///secret"}, {"bob", "note:///one"}, {"alice", "note:///nope"},
        {"alice", "sluice://more/note:///one"}, {"alice", "page:///../x"}, {"alice", "files__review"}}) {
    CAPTURE(agent, uri);
    const Outcome outcome = f.resource(agent, uri);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == -32602);
    CHECK(outcome.error->message == "Resource not found");
    CHECK(outcome.error->data == Json{{"uri", uri}});
    CHECK(outcome.reason == "unknown_resource");
  }
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("a prompt that is denied, not allowed or not there is the same unknown prompt", "[reads]") {
  Fixture f;
  for (const auto& [agent, name] :
       {std::pair{"alice", "files__other"}, {"bob", "files__review"}, {"alice", "nope"}}) {
    CAPTURE(agent, name);
    const Outcome outcome = f.read(agent, Primitive::prompt, name);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == -32602);
    CHECK(outcome.error->message == "Unknown prompt: " + std::string(name));
    CHECK(outcome.error->data.is_null());
  }
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("what a server says of a resource that it does not have says nothing else", "[reads]") {
  Fixture f;
  for (const int code : {-32002, -32602}) {
    f.dispatcher.answer->response.error = mcp::RpcError{code, "no /home/me/one.txt", {}};
    const Outcome outcome = f.resource("alice", "note:///one");
    REQUIRE(outcome.error);
    CHECK(outcome.kind == Outcome::Kind::failed);
    CHECK(outcome.error->code == -32602);
    CHECK(outcome.error->message == "Resource not found");
    CHECK(outcome.error->data == Json{{"uri", "note:///one"}});
  }
}

TEST_CASE("reads count for budgets of calls, and a refusal becomes an error with its data",
          "[reads]") {
  Fixture f;
  f.resource("alice", "note:///one");
  f.resource("alice", "note:///one");
  Outcome outcome = f.resource("alice", "note:///one");
  CHECK(f.dispatcher.sent == 2);
  CHECK(outcome.reason == "budget_exhausted");
  make_error(outcome);
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == -31000);
  CHECK(outcome.error->message.find("Budget reader/reads: 2 of 2 calls used. Nothing was sent.") == 0);
  CHECK(outcome.error->data["dev.sluice/refusal"]["limit"] == 2);
}

TEST_CASE("a limit per tool counts for a template, whatever fills it", "[reads]") {
  Fixture f;
  f.resource("alice", "page:///a");
  const Outcome outcome = f.resource("alice", "page:///b");
  CHECK(outcome.kind == Outcome::Kind::refused);
  CHECK(f.dispatcher.sent == 1);
}

TEST_CASE("a read whose result is too large is withheld as an error", "[reads]") {
  Fixture f;
  f.dispatcher.answer->bytes = f.limits.result + 1;
  const Outcome outcome = f.resource("alice", "note:///one");
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == -32603);
  CHECK(outcome.error->message.find("the result of files/note:///one has ") != std::string::npos);
  CHECK(outcome.result.is_null());
  CHECK(outcome.reason == "result_too_large");
}

TEST_CASE("a read without contents is garbage, and so is a prompt without messages", "[reads]") {
  Fixture f;
  f.dispatcher.answer->response.result = {{"content", Json::array()}};
  CHECK(f.resource("alice", "note:///one").reason == "server_garbage");
  CHECK(f.read("alice", Primitive::prompt, "files__review").reason == "server_garbage");
}

TEST_CASE("what a server dresses up as an error of Sluice's stays a result or an error", "[reads]") {
  for (const char* result :
       {R"({"isError":true,"contents":[]})", R"({"isError":true,"content":[],"contents":[]})",
        R"({"isError":true,"content":[{"text":1}],"contents":[]})",
        R"({"isError":true,"content":{"text":"x"},"contents":[]})"}) {
    CAPTURE(result);
    Outcome outcome;
    outcome.kind = Outcome::Kind::answered;
    outcome.result = Json::parse(result);
    make_error(outcome);
    CHECK_FALSE(outcome.error);
  }
}

TEST_CASE("a URI comes back as it was asked for, wherever the result holds it", "[reads]") {
  Fixture f;
  f.snapshot = tests::snapshot_of(
      "agents: {alice: {roles: [r]}}\nroles: {r: {resources: [\"*\"], prompts: [\"*\"]}}\n",
      {offering("files"), offering("more")});
  const Outcome read = f.resource("alice", "sluice://more/note:///one");
  CHECK(read.result["contents"][0]["uri"] == "sluice://more/note:///one");
  CHECK(f.resource("alice", "sluice://files/note:///one").result["contents"][0]["uri"] ==
        "sluice://files/note:///one");
  CHECK(f.resource("alice", "note:///one").result["contents"][0]["uri"] == "note:///one");
  const Json messages = Json::parse(
      R"([{"content":{"type":"resource","resource":{"uri":"note:///one"}}},)"
      R"({"content":[{"type":"resource_link","uri":"page:///a"},7,{"uri":7}]},3])");
  f.dispatcher.answer->response.result = {{"messages", messages}};
  const Outcome got = f.read("alice", Primitive::prompt, "more__review");
  const Json& sent = got.result["messages"];
  CHECK(sent[0]["content"]["resource"]["uri"] == "sluice://more/note:///one");
  CHECK(sent[1]["content"][0]["uri"] == "sluice://more/page:///a");
  f.dispatcher.answer->response.result = {{"messages", messages}};
  CHECK(f.read("alice", Primitive::prompt, "files__review").result["messages"] == messages);
}

}  // namespace reads_test
