#include "gateway/endpoint.h"

#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/support/endpoint_fixture.h"
#include "tests/support/run_task.h"

namespace endpoint_http_test {

using namespace gateway;
using tests::body_of;
using tests::header_of;
using Fixture = tests::EndpointFixture;

TEST_CASE("probes are answered without a key and under any name", "[endpoint]") {
  Fixture f;
  const auto probe = [&](const std::string& path) {
    RawRequest request;
    request.head = "GET " + path + " HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n";
    request.fields = std::move(*base::parse_head(request.head));
    const auto at_once = f.endpoint.answer_at_once(request);
    return at_once ? *at_once : tests::run_task(f.endpoint.handle(f.loop, request, "req_1", ""));
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

TEST_CASE("a view that the policy does not have is not found", "[endpoint]") {
  Fixture f;
  for (const char* path :
       {"/mcp/nothing", "/mcp/", "/mcp/reading/", "/mcp/reading/x", "/mcpreading"}) {
    INFO(path);
    f.path = path;
    CHECK(f.modern(f.alice, "tools/list").status == 404);
  }
}

}  // namespace endpoint_http_test
