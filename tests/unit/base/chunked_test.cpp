#include "base/chunked.h"

#include <catch2/catch.hpp>

namespace chunked_test {

using base::ChunkedDecoder;

namespace {

constexpr std::size_t no_limit = 1 << 20;

bool refused(const std::string& bytes) {
  ChunkedDecoder decoder;
  std::string out;
  return !decoder.feed(bytes, out, no_limit).ok();
}

}  // namespace

TEST_CASE("chunks come out joined, however the bytes are cut", "[chunked]") {
  const std::string bytes =
      "4\r\nWiki\r\n6;a=b\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    ChunkedDecoder decoder;
    std::string out;
    REQUIRE(decoder.feed(bytes.substr(0, cut), out, no_limit).ok());
    REQUIRE(decoder.feed(bytes.substr(cut), out, no_limit).ok());
    REQUIRE(decoder.done());
    REQUIRE(out == "Wikipedia in \r\n\r\nchunks.");
  }
}

TEST_CASE("bytes behind the last chunk are left alone", "[chunked]") {
  ChunkedDecoder decoder;
  std::string out;
  const std::string bytes = "1\r\na\r\n0\r\n\r\nGET ";
  CHECK(*decoder.feed(bytes, out, no_limit) == bytes.size() - 4);
}

TEST_CASE("malformed chunks are refused", "[chunked]") {
  for (const char* bytes :
       {"x\r\n", "\r\n", "-1\r\n", "0x1\r\na\r\n", "1\na\r\n", "1\r\nab\r\n", "1\r\na\n",
        "11111111111111111\r\n", "1 \r\na\r\n", "0\r\nA: b\n\r\n", "0\r\n\rX"}) {
    CAPTURE(bytes);
    CHECK(refused(bytes));
  }
}

TEST_CASE("extensions and trailers are bounded", "[chunked]") {
  CHECK(refused("1;" + std::string(5000, 'a')));
  CHECK(refused("0\r\n" + std::string(5000, 'a')));
}

TEST_CASE("a body of exactly the limit passes and one byte more does not", "[chunked]") {
  ChunkedDecoder exact;
  std::string out;
  CHECK(exact.feed("4\r\nabcd\r\n0\r\n\r\n", out, 4).ok());
  CHECK(exact.done());
  ChunkedDecoder longer;
  out.clear();
  const std::string bytes = "5\r\nabcde\r\n0\r\n\r\n";
  CHECK(*longer.feed(bytes, out, 4) < bytes.size());
  CHECK_FALSE(longer.done());
}

}  // namespace chunked_test
