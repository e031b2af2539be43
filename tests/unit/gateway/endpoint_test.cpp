#include "gateway/endpoint.h"

#include <chrono>

#include <catch2/catch.hpp>

#include "policies/approvals/memory_approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "tests/support/memory_journal.h"
#include "tests/support/run_task.h"
#include "tests/support/snapshot.h"
#include "tests/support/temp_dir.h"

using base::Json;
using namespace gateway;

namespace {

constexpr const char* policy = R"(
agents: {alice: {roles: [reader]}, bob: {roles: [writer]}}
roles: {reader: {allow: [files/read]}, writer: {allow: [files/write]}}
tools: {files/*: {effect: read_only}}
views: {reading: {tools: [files/read]}}
)";

class NoServer final : public pipeline::Dispatcher {
 public:
  base::Task<base::Result<pipeline::ServerAnswer>> send(const policies::Permit&,
                                                        const pipeline::Call&) override {
    co_return base::Error{base::Code::unavailable, "there is none", {}};
  }
};

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The endpoint without sockets: requests go in as bytes already read.
struct Fixture {
  tests::TempDir directory;
  std::unique_ptr<KeyStore> keys = std::move(*KeyStore::open(directory / "keys.db"));
  pipeline::CurrentSnapshot snapshot;
  tests::MemoryJournal journal;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  NoServer dispatcher;
  policies::ledger::SystemClock clock;
  policies::ledger::MemoryLedger ledger{journal, clock};
  pipeline::CallMetrics metrics;
  policies::approvals::MemoryApprovals approvals{journal, clock};
  pipeline::Pipeline calls = pipeline::call_pipeline(
      {journal, log, limits, dispatcher, ledger, metrics, approvals, clock});
  Sessions sessions{limits};
  OriginGuard guard{{}};
  Authenticator authenticator{keys.get(), snapshot};
  base::EventLoops loops{1};
  ListChanges changes{loops, snapshot, limits};
  ClientQuestions questions{approvals};
  McpService service{snapshot, calls, sessions, changes, questions, limits};
  std::unique_ptr<runtime::Runtime> no_runtime;
  RunsApi runs{no_runtime, snapshot, limits};
  bool servers_asked = true;
  Load load;
  Readiness readiness{[this] { return servers_asked; }, journal, load};
  StreamWatch streams{loops, authenticator, log};
  Endpoint endpoint{guard, authenticator, streams, service, runs, readiness, log};
  base::Loop loop{0};
  std::string path = "/mcp";
  std::string alice = *keys->create("alice", std::chrono::hours(1), now());
  std::string bob = *keys->create("bob", std::chrono::hours(1), now());

  Fixture() {
    snapshot.set(tests::snapshot_of(
        policy, {tests::server_tools(
                    "files", {tests::echo_definition("read"), tests::echo_definition("write")})}));
    REQUIRE(keys->refresh().ok());
  }

  HttpResponse send(const std::string& line, const std::string& headers, std::string body = {}) {
    RawRequest request;
    request.head = line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
    request.fields = std::move(*base::parse_head(request.head));
    request.body = std::move(body);
    return tests::run_task(endpoint.handle(loop, request, "req_1", ""));
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

std::string header_of(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

Json body_of(const HttpResponse& response) { return Json::parse(response.body); }

}  // namespace

TEST_CASE("without a valid key the answer is 401 with a challenge, and the body is not parsed",
          "[endpoint]") {
  Fixture f;
  const HttpResponse none = f.send("POST /mcp", "", "{not json");
  CHECK(none.status == 401);
  CHECK(header_of(none, "WWW-Authenticate") == R"(Bearer realm="sluice")");
  std::string altered = f.alice;
  altered.back() = altered.back() == 'a' ? 'b' : 'a';
  for (const std::string& key : {std::string("nonsense"), std::string("sl_000000000000_x"), altered,
                                 f.alice + "x", f.alice.substr(0, f.alice.size() - 1)}) {
    const HttpResponse wrong =
        f.send("POST /mcp", "Authorization: Bearer " + key + "\r\n", "{not json");
    CHECK(wrong.status == 401);
    CHECK(header_of(wrong, "WWW-Authenticate").find("invalid_token") != std::string::npos);
    CHECK(body_of(wrong)["id"].is_null());
    CHECK(body_of(wrong)["error"]["message"] == "The key is not valid.");  // as SDKs show it
  }
}

TEST_CASE("an expired key is refused", "[endpoint]") {
  Fixture f;
  const std::string old_key = *f.keys->create("alice", std::chrono::seconds(10), now() - 11);
  REQUIRE(f.keys->refresh().ok());
  CHECK(f.modern(old_key, "tools/list").status == 401);
}

TEST_CASE("a revoked key is refused", "[endpoint]") {
  Fixture f;
  REQUIRE(f.keys->revoke(f.alice.substr(3, 12), now()).ok());
  REQUIRE(f.keys->refresh().ok());
  CHECK(f.modern(f.alice, "tools/list").status == 401);
}

TEST_CASE("a person's key is refused, also when an agent has the person's name", "[endpoint]") {
  Fixture f;
  const std::string key = *f.keys->create_for_person("alice", std::chrono::hours(1), now());
  REQUIRE(f.keys->refresh().ok());
  CHECK(f.modern(key, "tools/list").status == 401);
  CHECK(f.modern(f.alice, "tools/list").status == 200);
}

TEST_CASE("a key whose agent the policy no longer names is refused", "[endpoint]") {
  Fixture f;
  const std::string ghost = *f.keys->create("ghost", std::chrono::hours(1), now());
  REQUIRE(f.keys->refresh().ok());
  CHECK(f.modern(ghost, "tools/list").status == 401);
}

TEST_CASE("probes are answered without a key and under any name", "[endpoint]") {
  Fixture f;
  const auto probe = [&](const std::string& path) {
    RawRequest request;
    request.head = "GET " + path + " HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n";
    request.fields = std::move(*base::parse_head(request.head));
    const auto at_once = f.endpoint.answer_at_once(request);
    return at_once ? *at_once
                   : tests::run_task(f.endpoint.handle(f.loop, request, "req_1", ""));
  };
  CHECK(probe("/healthz").status == 200);
  CHECK(probe("/healthz2").status == 403);
  CHECK(probe("/readyz?x").status == 403);
  f.servers_asked = false;
  CHECK(probe("/readyz").body == R"({"ready":false,"reason":"starting"})");
  f.servers_asked = true;
  CHECK(probe("/readyz").status == 200);
  f.servers_asked = false;  // one that came later
  CHECK(probe("/readyz").status == 200);
  f.journal.is_writable = false;
  CHECK(probe("/readyz").body == R"({"ready":false,"reason":"journal"})");
  f.load.draining = true;
  CHECK(probe("/readyz").status == 503);
  CHECK(probe("/readyz").body == R"({"ready":false,"reason":"draining"})");
  CHECK(probe("/healthz").status == 200);
}

TEST_CASE("an Origin from elsewhere is 403 even with a valid key", "[endpoint]") {
  Fixture f;
  CHECK(f.post(f.alice, "Origin: http://evil.example\r\n", "{}").status == 403);
}

TEST_CASE("a stranger who looks for an authorization server is told how keys are made",
          "[endpoint]") {
  Fixture f;
  for (const char* line : {"POST /register", "GET /.well-known/oauth-protected-resource/mcp"}) {
    const HttpResponse response = f.send(line, "");
    CHECK(response.status == 404);
    CHECK(response.body.find("sluice key create") != std::string::npos);
  }
}

TEST_CASE("what is not JSON is 400 with -32700", "[endpoint]") {
  Fixture f;
  for (const std::string& body :
       {std::string("{"), std::string(""), std::string("{\"a\":1,\"a\":2}"),
        std::string("\"\xff\""), std::string(100, '[')}) {
    const HttpResponse response = f.post(f.alice, "", body);
    CHECK(response.status == 400);
    CHECK(body_of(response)["error"]["code"] == -32700);
  }
}

TEST_CASE("what is not a JSON-RPC request is 400 with -32600", "[endpoint]") {
  Fixture f;
  for (const char* body : {"[]", "7", "{}", R"({"jsonrpc":"1.0","id":1,"method":"ping"})",
                           R"({"jsonrpc":"2.0","id":null,"method":"ping"})",
                           R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])",
                           R"({"jsonrpc":"2.0","id":1,"Method":"ping"})"}) {
    CAPTURE(body);
    const HttpResponse response = f.post(f.alice, "", body);
    CHECK(response.status == 400);
    CHECK(body_of(response)["error"]["code"] == -32600);
  }
}

TEST_CASE("a modern client discovers, with results nobody may cache for others", "[endpoint]") {
  Fixture f;
  const Json result = body_of(f.modern(f.alice, "server/discover"))["result"];
  CHECK(result["supportedVersions"] == Json{"2026-07-28"});
  CHECK(result["resultType"] == "complete");
  CHECK(result["cacheScope"] == "private");
  CHECK(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "sluice");
}

TEST_CASE("each agent is listed exactly the tools that it can call", "[endpoint]") {
  Fixture f;
  for (const auto& [key, own, other] : {std::tuple{f.alice, "files__read", "files__write"},
                                        {f.bob, "files__write", "files__read"}}) {
    const Json listed = body_of(f.modern(key, "tools/list"))["result"]["tools"];
    REQUIRE(listed.size() == 1);
    CHECK(listed[0]["name"] == own);
    const Json arguments{{"message", "hi"}};
    CHECK(body_of(f.modern(key, "tools/call", {{"name", own}, {"arguments", arguments}}))
              .contains("result"));
    CHECK(body_of(f.modern(key, "tools/call",
                           {{"name", other}, {"arguments", arguments}}))["error"]["code"] ==
          -32602);
  }
}

TEST_CASE("methods of the other era do not exist", "[endpoint]") {
  Fixture f;
  CHECK(f.modern(f.alice, "ping").status == 404);
  CHECK(f.modern(f.alice, "initialize").status == 404);
  const std::string session = "Mcp-Session-Id: " + f.open_session(f.alice) + "\r\n";
  const HttpResponse legacy =
      f.post(f.alice, session, R"({"jsonrpc":"2.0","id":1,"method":"server/discover"})");
  CHECK(legacy.status == 200);
  CHECK(body_of(legacy)["error"]["code"] == -32601);
}

TEST_CASE("a legacy client needs a session of its own", "[endpoint]") {
  Fixture f;
  const char* list = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
  CHECK(f.post(f.alice, "", list).status == 400);
  CHECK(f.post(f.alice, "Mcp-Session-Id: 0123\r\n", list).status == 404);
  const std::string session = "Mcp-Session-Id: " + f.open_session(f.alice) + "\r\n";
  CHECK(f.post(f.alice, session, list).status == 200);
  CHECK(f.post(f.bob, session, list).status == 404);
}

TEST_CASE("a session ends with DELETE, by its owner alone", "[endpoint]") {
  Fixture f;
  const std::string session = "Mcp-Session-Id: " + f.open_session(f.alice) + "\r\n";
  const auto end = [&](const std::string& key) {
    return f.send("DELETE /mcp", "Authorization: Bearer " + key + "\r\n" + session).status;
  };
  CHECK(end(f.bob) == 404);
  CHECK(end(f.alice) == 204);
  CHECK(end(f.alice) == 404);
}

TEST_CASE("initialize agrees on the version asked for, or offers the newest with a handshake",
          "[endpoint]") {
  Fixture f;
  for (const auto& [asked, agreed] : {std::pair{"2025-06-18", "2025-06-18"},
                                      {"2025-11-25", "2025-11-25"},
                                      {"2026-07-28", "2025-11-25"},
                                      {"1999-01-01", "2025-11-25"}}) {
    const std::string body =
        std::string(
            R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":")") +
        asked + "\"}}";
    CHECK(body_of(f.post(f.alice, "", body))["result"]["protocolVersion"] == agreed);
  }
}

TEST_CASE("a call without arguments is a call with an empty object", "[endpoint]") {
  Fixture f;
  const Json result = body_of(f.modern(f.alice, "tools/call", {{"name", "files__read"}}))["result"];
  CHECK(result["isError"] ==
        true);  // `message` is required: the object was checked, not refused as missing
  CHECK(result["content"][0]["text"].get<std::string>().find("message") != std::string::npos);
}

TEST_CASE("results carry the request's id for the administrator", "[endpoint]") {
  Fixture f;
  const Json result = body_of(f.modern(f.alice, "tools/call", {{"name", "files__read"}}))["result"];
  CHECK(result["_meta"]["dev.sluice/requestId"] == "req_1");
}

TEST_CASE("a number in the arguments that would come out changed is refused with its pointer",
          "[endpoint]") {
  Fixture f;
  const std::string body =
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"files__read","arguments":{"message":"a","n":[123456789012345678901234567890]}}})";
  const std::string session = "Mcp-Session-Id: " + f.open_session(f.alice) + "\r\n";
  const Json result = body_of(f.post(f.alice, session, body))["result"];
  CHECK(result["content"][0]["text"].get<std::string>().rfind("/n/0: ", 0) == 0);
}

TEST_CASE("a number outside the arguments hides none inside them", "[endpoint]") {
  Fixture f;
  const std::string body =
      R"({"timestamp":1.12345678901234567890,"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"files__read","arguments":{"message":"a","n":123456789012345678901234567890}}})";
  const std::string session = "Mcp-Session-Id: " + f.open_session(f.alice) + "\r\n";
  const Json result = body_of(f.post(f.alice, session, body))["result"];
  CHECK(result["content"][0]["text"].get<std::string>().rfind("/n: ", 0) == 0);
}

TEST_CASE("GET is not for clients of 2026-07-28, and other paths are not there", "[endpoint]") {
  Fixture f;
  const std::string key = "Authorization: Bearer " + f.alice + "\r\n";
  const std::string modern = key + "MCP-Protocol-Version: 2026-07-28\r\n";
  CHECK(f.send("GET /mcp", modern).status == 405);
  CHECK(header_of(f.send("PUT /mcp", key), "Allow") == "GET, POST, DELETE");
  CHECK(f.send("POST /mcp/", key).status == 404);
  CHECK(f.send("POST /admin", key).status == 404);
}

TEST_CASE("a body that is not declared as JSON is 415, an answer that is not accepted 406",
          "[endpoint]") {
  Fixture f;
  const std::string key = "Authorization: Bearer " + f.alice + "\r\n";
  CHECK(f.send("POST /mcp", key + "Content-Type: text/plain\r\n", "{}").status == 415);
  CHECK(f.send("POST /mcp", key, "{}").status == 415);
  CHECK(f.post(f.alice, "Accept: text/html\r\n", "{}").status == 406);
}

TEST_CASE("notifications are accepted without an answer", "[endpoint]") {
  Fixture f;
  const std::string session = "Mcp-Session-Id: " + f.open_session(f.alice) + "\r\n";
  const HttpResponse response =
      f.post(f.alice, session, R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  CHECK(response.status == 202);
  CHECK(response.body.empty());
}

TEST_CASE("a view lists and calls what an agent may call within it", "[endpoint]") {
  Fixture f;
  const auto names = [&](const std::string& key) {
    std::string text;
    const Json body = body_of(f.modern(key, "tools/list"));
    for (const Json& tool : body["result"]["tools"]) {
      text += tool["name"].get<std::string>() + " ";
    }
    return text;
  };
  f.path = "/mcp/reading";
  CHECK(names(f.alice) == "files__read ");
  CHECK(names(f.bob).empty());
  const Json call = {{"name", "files__write"}, {"arguments", {{"message", "hi"}}}};
  CHECK(body_of(f.modern(f.bob, "tools/call", call))["error"]["message"] ==
        "Unknown tool: files__write");
  CHECK(Json::parse(f.journal.entries.back().body)["view"] == "reading");
  f.path = "/mcp";
  CHECK(names(f.bob) == "files__write ");
}

TEST_CASE("a view that the policy does not have is not found", "[endpoint]") {
  Fixture f;
  for (const char* path :
       {"/mcp/nothing", "/mcp/", "/mcp/reading/", "/mcp/reading/x", "/mcpreading"}) {
    INFO(path);
    f.path = path;
    CHECK(f.modern(f.alice, "tools/list").status == 404);
  }
}

TEST_CASE("who was authenticated may not be any more, and it is said why", "[endpoint]") {
  Fixture f;
  const std::string id = f.alice.substr(3, 12), key = "key " + id;
  const pipeline::Principal alice{"alice", "", key};
  CHECK_FALSE(f.authenticator.objection(alice, now()));
  CHECK(f.authenticator.objection(alice, now() + 3600) == "its key has expired");
  CHECK(f.authenticator.objection({"alice", "", "key nobody"}, now()) == "its key is unknown");
  CHECK(f.authenticator.objection({"alice", "acme", key}, now()) == "its agent has another tenant");
  SECTION("an agent that the policy lost") {
    f.snapshot.set(tests::snapshot_of("agents: {bob: {roles: []}}", {}));
    CHECK(f.authenticator.objection(alice, now()) == "the policy names its agent no more");
  }
  SECTION("a revoked key") {
    REQUIRE(f.keys->revoke(id, now()).ok());
    CHECK(f.authenticator.objection(alice, now()) == "its key was revoked");
  }
}
