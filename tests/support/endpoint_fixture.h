#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "gateway/endpoint.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "tests/support/memory_journal.h"
#include "tests/support/run_task.h"
#include "tests/support/snapshot.h"
#include "tests/support/temp_dir.h"

namespace tests {

using base::Json;
using gateway::HttpResponse;
using gateway::RawRequest;

/// Two agents, each with one tool of its own.
inline constexpr const char* endpoint_policy = R"(
agents: {alice: {roles: [reader]}, bob: {roles: [writer]}}
roles: {reader: {allow: [files/read]}, writer: {allow: [files/write]}}
tools: {files/*: {effect: read_only}}
views: {reading: {tools: [files/read]}}
)";

/// Where no call is answered.
class NoServer final : public gateway::pipeline::Dispatcher {
 public:
  base::Task<base::Result<gateway::pipeline::ServerAnswer>> send(
      const policies::Permit&, const gateway::pipeline::Call&) override {
    co_return base::Error{base::Code::unavailable, "there is none", {}};
  }
};

/// Seconds, as keys count them.
inline std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// The endpoint without sockets: requests go in as bytes already read.
struct EndpointFixture {
  TempDir directory;
  std::unique_ptr<gateway::KeyStore> keys =
      std::move(*gateway::KeyStore::open(directory / "keys.db"));
  gateway::pipeline::CurrentSnapshot snapshot;
  MemoryJournal journal;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  NoServer dispatcher;
  policies::ledger::SystemClock clock;
  policies::ledger::MemoryLedger ledger{journal, clock};
  gateway::pipeline::CallMetrics metrics;
  policies::approvals::MemoryApprovals approvals{journal, clock};
  gateway::pipeline::Pipeline calls = gateway::pipeline::call_pipeline(
      {journal, log, limits, dispatcher, ledger, metrics, approvals, clock});
  gateway::Sessions sessions{limits};
  gateway::OriginGuard guard{{}};
  gateway::Authenticator authenticator{keys.get(), snapshot};
  base::EventLoops loops{1};
  gateway::ListChanges changes{loops, snapshot, limits};
  gateway::ClientQuestions questions{approvals};
  gateway::McpService service{snapshot, calls, sessions, changes, questions, limits};
  std::unique_ptr<runtime::Runtime> no_runtime;
  gateway::RunsApi runs{no_runtime, snapshot, limits};
  bool servers_asked = true;
  gateway::Load load;
  gateway::Readiness readiness{[this] { return servers_asked; }, journal, load};
  gateway::StreamWatch streams{loops, authenticator, log};
  gateway::Endpoint endpoint{guard, authenticator, streams, service, runs, readiness, log};
  base::Loop loop{0};
  std::string path = "/mcp";
  std::string alice = *keys->create("alice", std::chrono::hours(1), now());
  std::string bob = *keys->create("bob", std::chrono::hours(1), now());

  EndpointFixture() {
    snapshot.set(snapshot_of(endpoint_policy, {server_tools("files", {echo_definition("read"),
                                                                      echo_definition("write")})}));
    REQUIRE(keys->refresh().ok());
  }

  HttpResponse send(const std::string& line, const std::string& headers, std::string body = {}) {
    RawRequest request;
    request.head = line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
    request.fields = std::move(*base::parse_head(request.head));
    request.body = std::move(body);
    return run_task(endpoint.handle(loop, request, "req_1", ""));
  }
  HttpResponse post(const std::string& key, const std::string& headers, const std::string& body) {
    return send("POST " + path,
                "Authorization: Bearer " + key + "\r\nContent-Type: application/json\r\n" + headers,
                body);
  }
  HttpResponse modern(const std::string& key, const std::string& method,
                      Json params = Json::object()) {
    params["_meta"] = {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                       {"io.modelcontextprotocol/clientCapabilities", Json::object()}};
    std::string headers = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + method + "\r\n";
    if (params.contains("name"))
      headers += "Mcp-Name: " + params["name"].get<std::string>() + "\r\n";
    return post(
        key, headers,
        base::dump_json({{"jsonrpc", "2.0"}, {"id", 7}, {"method", method}, {"params", params}}));
  }
  std::string open_session(const std::string& key) {
    const HttpResponse response = post(
        key, "",
        R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}})");
    for (const auto& [name, value] : response.headers) {
      if (name == "Mcp-Session-Id") return value;
    }
    return {};
  }
};

/// A header of the answer, or nothing.
inline std::string header_of(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

/// The body of the answer, which is JSON.
inline Json body_of(const HttpResponse& response) { return Json::parse(response.body); }

}  // namespace tests
