#include "mcp/inbound.h"

#include <catch2/catch.hpp>

namespace inbound_test {

using base::Json;
using mcp::classify;
using mcp::Inbound;
using mcp::InboundHeaders;
using mcp::Message;
using mcp::Rejection;

namespace {

const InboundHeaders modern_headers{"2026-07-28", "tools/call", "echo", std::nullopt};

Json envelope(Json version = "2026-07-28") {
  return {{"io.modelcontextprotocol/protocolVersion", std::move(version)},
          {"io.modelcontextprotocol/clientCapabilities", Json::object()}};
}

mcp::Request call(Json meta) {
  return {std::int64_t{1}, "tools/call", {{"name", "echo"}, {"_meta", std::move(meta)}}};
}

int rejection(const Message& message, const InboundHeaders& headers) {
  const auto verdict = classify(message, headers);
  const auto* rejected = std::get_if<Rejection>(&verdict);
  return rejected ? rejected->error.code : 0;
}

}  // namespace

TEST_CASE("a complete claim in _meta makes a request modern", "[inbound]") {
  const auto verdict = classify(call(envelope()), modern_headers);
  CHECK(std::get<Inbound>(verdict).era == mcp::Era::modern);
}

TEST_CASE("the version header must be there and equal the body", "[inbound]") {
  InboundHeaders headers = modern_headers;
  headers.protocol_version = "2025-11-25";
  CHECK(rejection(call(envelope()), headers) == mcp::code::header_mismatch);
  headers.protocol_version = std::nullopt;
  CHECK(rejection(call(envelope()), headers) == mcp::code::header_mismatch);
}

TEST_CASE("an envelope without capabilities is incomplete", "[inbound]") {
  Json incomplete = envelope();
  incomplete.erase("io.modelcontextprotocol/clientCapabilities");
  CHECK(rejection(call(incomplete), modern_headers) == mcp::code::invalid_params);
  incomplete["io.modelcontextprotocol/clientCapabilities"] = "all";
  CHECK(rejection(call(incomplete), modern_headers) == mcp::code::invalid_params);
}

TEST_CASE("a version that is not a string is an incomplete envelope", "[inbound]") {
  CHECK(rejection(call(envelope(7)), modern_headers) == mcp::code::invalid_params);
}

TEST_CASE("an unknown version is refused with what is supported", "[inbound]") {
  InboundHeaders headers = modern_headers;
  headers.protocol_version = "2099-01-01";
  const auto verdict = classify(call(envelope("2099-01-01")), headers);
  const auto& rejected = std::get<Rejection>(verdict);
  CHECK(rejected.error.code == mcp::code::unsupported_protocol_version);
  CHECK(rejected.error.data["requested"] == "2099-01-01");
  CHECK(rejected.error.data["supported"][0] == "2026-07-28");
}

TEST_CASE("a legacy version in _meta is no modern claim that is supported", "[inbound]") {
  InboundHeaders headers = modern_headers;
  headers.protocol_version = "2025-11-25";
  CHECK(rejection(call(envelope("2025-11-25")), headers) ==
        mcp::code::unsupported_protocol_version);
}

TEST_CASE("the mirrored method and name must equal the body", "[inbound]") {
  InboundHeaders headers = modern_headers;
  headers.method = "tools/list";
  CHECK(rejection(call(envelope()), headers) == mcp::code::header_mismatch);
  headers.method = std::nullopt;
  CHECK(rejection(call(envelope()), headers) == mcp::code::header_mismatch);
  headers = modern_headers;
  headers.name = "delete_everything";
  CHECK(rejection(call(envelope()), headers) == mcp::code::header_mismatch);
  headers.name = std::nullopt;
  CHECK(rejection(call(envelope()), headers) == mcp::code::header_mismatch);
}

TEST_CASE("an encoded name is compared decoded", "[inbound]") {
  InboundHeaders headers = modern_headers;
  headers.name = "=?base64?ZWNobw==?=";
  CHECK(rejection(call(envelope()), headers) == 0);
}

TEST_CASE("a request without a claim under a modern header must name its version in _meta",
          "[inbound]") {
  const mcp::Request bare{std::int64_t{1}, "tools/list", Json()};
  CHECK(rejection(bare, {"2026-07-28", {}, {}, {}}) == mcp::code::invalid_params);
}

TEST_CASE("initialize does not exist under a modern header", "[inbound]") {
  const mcp::Request initialize{std::int64_t{1}, "initialize", Json::object()};
  CHECK(rejection(initialize, {"2026-07-28", {}, {}, {}}) == mcp::code::header_mismatch);
}

TEST_CASE("a request without claim and header is legacy", "[inbound]") {
  const mcp::Request bare{std::int64_t{1}, "tools/list", Json()};
  CHECK(std::get<Inbound>(classify(bare, {})).era == mcp::Era::legacy);
  const auto verdict = classify(bare, {"2025-06-18", {}, {}, {}});
  CHECK(std::get<Inbound>(verdict).revision == mcp::Revision::r2025_06_18);
}

TEST_CASE("a version header that names no revision is refused", "[inbound]") {
  const mcp::Request bare{std::int64_t{1}, "tools/list", Json()};
  CHECK(rejection(bare, {"tomorrow", {}, {}, {}}) == mcp::code::invalid_request);
}

TEST_CASE("a notification follows its header", "[inbound]") {
  const mcp::Notification note{"notifications/initialized", Json()};
  CHECK(std::get<Inbound>(classify(note, {"2026-07-28", {}, {}, {}})).era == mcp::Era::modern);
  CHECK(std::get<Inbound>(classify(note, {"2025-11-25", {}, {}, {}})).era == mcp::Era::legacy);
}

}  // namespace inbound_test
