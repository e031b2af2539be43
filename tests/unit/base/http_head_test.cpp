#include "base/http_head.h"

#include <catch2/catch.hpp>

namespace http_head_test {

using base::BodyFraming;
using base::HeadScanner;
using base::parse_head;
using base::request_framing;
using State = base::HeadScanner::State;

namespace {

constexpr base::HeadLimits limits{100, 400, 5, 100};

State scan(const std::string& bytes) { return HeadScanner(limits).scan(bytes); }

base::HttpFields fields_of(const std::string& lines) {
  static std::vector<std::unique_ptr<std::string>> kept;  // the views stay valid
  kept.push_back(std::make_unique<std::string>("GET / HTTP/1.1\r\n" + lines + "\r\n"));
  return parse_head(*kept.back())->fields;
}

}  // namespace

TEST_CASE("a head ends with its empty line, however its bytes arrive", "[http_head]") {
  const std::string head = "POST /mcp HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = head + "body";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    HeadScanner scanner(limits);
    State state = scanner.scan(bytes.substr(0, cut));
    if (state == State::more) state = scanner.scan(bytes);
    REQUIRE(state == State::done);
    REQUIRE(scanner.size() == head.size());
  }
}

TEST_CASE("line ends other than CRLF are malformed", "[http_head]") {
  CHECK(scan("GET / HTTP/1.1\nHost: a\r\n\r\n") == State::malformed);
  CHECK(scan("GET / HTTP/1.1\r\nHost: a\n\r\n") == State::malformed);
  CHECK(scan("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n") == State::malformed);
  CHECK(scan("GET / HTTP/1.1\r\nHost: a\r\n\n") == State::malformed);
}

TEST_CASE("a NUL in the head is malformed", "[http_head]") {
  using namespace std::string_literals;
  CHECK(scan("GET / HTTP/1.1\r\nA: \0\r\n\r\n"s) == State::malformed);
}

TEST_CASE("an empty line before the request is malformed", "[http_head]") {
  CHECK(scan("\r\nGET / HTTP/1.1\r\n\r\n") == State::malformed);
}

TEST_CASE("heads over a bound are too large before their end has come", "[http_head]") {
  CHECK(scan(std::string(103, 'a')) == State::too_large);                            // request line
  CHECK(scan("GET / HTTP/1.1\r\nA: " + std::string(103, 'a')) == State::too_large);  // one field
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 6; ++i) many += "A: b\r\n";
  CHECK(scan(many) == State::too_large);  // number of fields
  std::string whole = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 5; ++i) whole += "A: " + std::string(90, 'b') + "\r\n";
  CHECK(scan(whole) == State::too_large);  // all together
}

TEST_CASE("fields come out trimmed and in order", "[http_head]") {
  const auto fields = fields_of("A:  b \r\nC:d\r\n");
  REQUIRE(fields.all.size() == 2);
  CHECK(fields.all[0].value == "b");
  CHECK(fields.all[1].value == "d");
}

TEST_CASE("field names compare without regard to case", "[http_head]") {
  CHECK(fields_of("X-Thing: 1\r\n").find("x-thing") == "1");
}

TEST_CASE("a repeated field is found by nobody", "[http_head]") {
  const auto fields = fields_of("A: 1\r\na: 2\r\n");
  CHECK_FALSE(fields.find("A"));
  CHECK(fields.count("A") == 2);
}

TEST_CASE("heads that parsers understand differently are refused", "[http_head]") {
  for (const char* line :
       {"A : b\r\n", " folded\r\n", "A: b\r\n folded\r\n", "no colon\r\n", ": b\r\n",
        "A\x7f: b\r\n", "A: \x01\r\n", "A: bbbbbbbb\x7f\r\n", "\"A\": b\r\n"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_head(std::string("GET / HTTP/1.1\r\n") + line + "\r\n").ok());
  }
}

TEST_CASE("a body's length comes from Content-Length or chunks", "[http_head]") {
  CHECK(request_framing(fields_of(""))->kind == BodyFraming::Kind::none);
  CHECK(request_framing(fields_of("Content-Length: 12\r\n"))->length == 12);
  CHECK(request_framing(fields_of("Transfer-Encoding: Chunked\r\n"))->kind ==
        BodyFraming::Kind::chunked);
}

TEST_CASE("ambiguous lengths are refused", "[http_head]") {
  for (const char* lines :
       {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 1\r\nContent-Length: 1\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 1, 1\r\n",
        "Content-Length: +1\r\n", "Content-Length: -1\r\n", "Content-Length: 0x1\r\n",
        "Content-Length: \r\n", "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: identity\r\n"}) {
    CAPTURE(lines);
    CHECK_FALSE(request_framing(fields_of(lines)).ok());
  }
}

TEST_CASE("a response without a length lasts until the connection closes", "[http_head]") {
  CHECK(base::response_framing(fields_of(""), 200)->kind == BodyFraming::Kind::until_close);
  CHECK(base::response_framing(fields_of("Content-Length: 5\r\n"), 204)->kind ==
        BodyFraming::Kind::none);
}

TEST_CASE("list-valued fields are searched item by item", "[http_head]") {
  CHECK(base::list_contains(fields_of("Connection: keep-alive, Close\r\n"), "connection", "close"));
  CHECK_FALSE(base::list_contains(fields_of("Connection: closed\r\n"), "connection", "close"));
}

TEST_CASE("names that differ in the case of their letters alone are the same", "[http_head]") {
  CHECK(base::same_name("Host", "hOST"));
  CHECK(base::same_name("MCP-Protocol-Version", "mcp-protocol-version"));
  CHECK_FALSE(base::same_name("mcp-method", "mcp-methods"));
  const std::string name = "mcp-protocol-version";
  for (const unsigned length : {1U, 7U, 8U, 9U, 15U, 16U, 20U}) {
    const std::string plain = name.substr(0, length);
    for (std::size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string other = plain;
        other[at] = static_cast<char>(byte);
        const bool capital = plain[at] >= 'a' && plain[at] <= 'z' && byte == plain[at] - 32;
        if (base::same_name(plain, other) != (other == plain || capital)) FAIL(plain << at << byte);
      }
    }
  }
}

TEST_CASE("control characters are found wherever in a value they stand", "[http_head]") {
  for (int byte = 0; byte < 256; ++byte) {
    const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    if (byte == '\r' || byte == '\n') continue;  // the scanner's
    for (std::size_t at = 1; at < 19; ++at) {
      std::string value(20, 'v');
      value[at] = static_cast<char>(byte);
      if (base::parse_head("GET / HTTP/1.1\r\nA: " + value + "\r\n\r\n").ok() != allowed)
        FAIL(byte << " " << at);
    }
  }
}

}  // namespace http_head_test
