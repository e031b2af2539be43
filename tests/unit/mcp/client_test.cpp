#include "mcp/client.h"

#include <catch2/catch.hpp>

namespace client_test {

using namespace mcp;
using base::Json;

namespace {

// Sends nothing: what is asked of the client is what it would send.
class NoTransport final : public Transport {
 public:
  bool has_headers() const override { return true; }
  base::Task<base::Result<std::unique_ptr<Exchange>>> request(OutgoingRequest) override {
    co_return base::Error{base::Code::unavailable, "there is none", {}};
  }
  base::Task<base::Status> notify(std::string, Headers, base::SteadyTime) override {
    co_return base::Error{base::Code::unavailable, "there is none", {}};
  }
};

struct Fixture {
  NoTransport transport;
  std::atomic<std::int64_t> ids{41};
  Client client{transport, ids};
};

std::string header_of(const StreamRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

Handshake with_capabilities(const char* text) {
  Handshake handshake;
  handshake.capabilities = Json::parse(text);
  return handshake;
}

}  // namespace

TEST_CASE("a modern server is listened to by subscriptions/listen, under a fresh id", "[client]") {
  Fixture f;
  const StreamRequest request = f.client.stream_request(
      with_capabilities(R"({"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{}})"),
      "ignored");
  CHECK(request.id == Id(std::int64_t{42}));
  const Json body = Json::parse(request.body);
  CHECK(body["id"] == 42);
  CHECK(body["method"] == "subscriptions/listen");
  CHECK(body["params"]["notifications"] ==
        Json{{"toolsListChanged", true}, {"promptsListChanged", true}});
  CHECK(body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] == "2026-07-28");
  CHECK(header_of(request, "Mcp-Method") == "subscriptions/listen");
  CHECK(header_of(request, "MCP-Protocol-Version") == "2026-07-28");
  CHECK(header_of(request, "Last-Event-ID").empty());
}

TEST_CASE("a session is listened to by GET, behind the last event when there is one", "[client]") {
  Fixture f;
  const Handshake handshake{Revision::r2025_11_25, "s1", {}, {}};
  const StreamRequest first = f.client.stream_request(handshake, "");
  CHECK_FALSE(first.id);
  CHECK(first.body.empty());
  CHECK(header_of(first, "Mcp-Session-Id") == "s1");
  CHECK(header_of(first, "MCP-Protocol-Version") == "2025-11-25");
  CHECK(header_of(first, "Last-Event-ID").empty());
  CHECK(header_of(f.client.stream_request(handshake, "e7"), "Last-Event-ID") == "e7");
}

TEST_CASE("only a server that declares it tells of its tools", "[client]") {
  CHECK(with_capabilities(R"({"tools":{"listChanged":true}})").tells_of_offers());
  CHECK(with_capabilities(R"({"resources":{"listChanged":true}})").tells_of_offers());
  for (const char* other : {"null", "{}", R"({"tools":{}})", R"({"tools":{"listChanged":false}})",
                            R"({"tools":{"listChanged":"yes"}})", R"({"tools":7})"}) {
    CHECK_FALSE(with_capabilities(other).tells_of_offers());
  }
}

}  // namespace client_test
