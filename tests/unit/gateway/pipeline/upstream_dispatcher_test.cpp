#include "gateway/pipeline/upstream_dispatcher.h"

#include <catch2/catch.hpp>

#include "tests/support/run_task.h"
#include "tests/support/snapshot.h"

namespace upstream_dispatcher_test {

using base::Code;
using namespace gateway::pipeline;

namespace {

constexpr const char* policy =
    "agents: {alice: {roles: [all]}}\nroles: {all: {allow: [\"*/*\"]}}\n";

// Loops that never run: nothing can be sent.
struct Fixture {
  base::EventLoops loops{1};
  base::Limits limits;
  base::Log log;
  tools::Upstreams upstreams{
      [] {
        std::vector<tools::UpstreamSettings> settings(1);
        settings[0].name = "files";
        settings[0].server = tools::HttpServer{
            *base::parse_url("http://127.0.0.1:1/mcp"), {}, {}, {}};
        return settings;
      }(),
      loops, limits, log, [] {}};
  std::shared_ptr<const Snapshot> snapshot = tests::snapshot_of(
      policy,
      {tests::server_tools("files",
                           {tests::echo_definition("read"), tests::echo_definition("write")})},
      upstreams.current());

  policies::Permit permit_for(const std::string& server, const std::string& tool) const {
    return *snapshot->policy->decide("alice", server, tool).permit;
  }
  Code error_of(const policies::Permit& permit, const std::string& tool) {
    return error_of(permit, mcp::tools_call, tool);
  }
  Code error_of(const policies::Permit& permit, const mcp::CallMethod& method,
                const std::string& name) {
    const mcp::ToolArguments arguments;
    const std::vector<mcp::ParamHeader> headers;
    auto called = tests::run_task(snapshot->upstreams->find("files")->call(
        loops.at(0), permit, "", mcp::ServerCall{method, name, arguments, headers}));
    return called.error().code;
  }
};

}  // namespace

TEST_CASE("a permit for another tool or server sends nothing", "[upstream_dispatcher]") {
  Fixture f;
  CHECK(f.error_of(f.permit_for("files", "write"), "read") == Code::internal);
  CHECK(f.error_of(f.permit_for("other", "read"), "read") == Code::internal);
}

TEST_CASE("a permit for a tool sends neither a prompt nor a resource of its name",
          "[upstream_dispatcher]") {
  Fixture f;
  const auto permit = f.permit_for("files", "read");
  CHECK(f.error_of(permit, mcp::tools_call, "read") == Code::unavailable);
  CHECK(f.error_of(permit, mcp::prompts_get, "read") == Code::internal);
  CHECK(f.error_of(permit, mcp::resources_read, "read") == Code::internal);
}

TEST_CASE("a server that is not connected yet is unavailable", "[upstream_dispatcher]") {
  Fixture f;
  CHECK(f.error_of(f.permit_for("files", "read"), "read") == Code::unavailable);
}

TEST_CASE("a call that was cancelled does not wait for a server that is connecting",
          "[upstream_dispatcher]") {
  Fixture f;
  UpstreamDispatcher dispatcher;
  base::Cancellation cancellation;
  cancellation.request();
  Call call;
  call.snapshot = f.snapshot;
  call.entry = f.snapshot->catalog->find_id("files", "read");
  call.loop = &f.loops.at(0);
  call.cancellation = &cancellation;
  const auto answer = tests::run_task(dispatcher.send(f.permit_for("files", "read"), call));
  CHECK(answer.error().code == Code::unavailable);
  CHECK(answer.error().message == "the call was cancelled");
}

TEST_CASE("a server that is no longer configured is unavailable", "[upstream_dispatcher]") {
  Fixture f;
  UpstreamDispatcher dispatcher;
  Call call;
  call.snapshot = f.snapshot;
  const auto answer = tests::run_task(dispatcher.send(f.permit_for("gone", "read"), call));
  CHECK(answer.error().code == Code::unavailable);
}

}  // namespace upstream_dispatcher_test
