#include "gateway/endpoint.h"

#include <string>
#include <tuple>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/support/endpoint_fixture.h"

namespace endpoint_test {

using base::Json;
using namespace gateway;
using tests::body_of;
using Fixture = tests::EndpointFixture;

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

}  // namespace endpoint_test
