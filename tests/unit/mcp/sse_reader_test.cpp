#include "mcp/sse_reader.h"

#include <ctime>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace sse_reader_test {

using mcp::SseEvent;
using mcp::SseReader;

namespace {

constexpr std::size_t bound = 1000;

struct Outcome {
  std::vector<std::string> events;  // type, data and id of each
  bool failed = false;
  std::string last_id;
  std::optional<unsigned> retry_ms;

  bool operator==(const Outcome&) const = default;
};

Outcome read(const std::vector<std::string_view>& pieces, std::size_t max_event = bound) {
  SseReader reader(max_event);
  Outcome outcome;
  for (const std::string_view piece : pieces) {
    outcome.failed = !reader.feed(piece);
    while (auto event = reader.next()) {
      outcome.events.push_back(event->type + "|" + event->data + "|" + event->id);
    }
    if (outcome.failed) break;
  }
  outcome.last_id = reader.last_id();
  outcome.retry_ms = reader.retry_ms();
  return outcome;
}

// Reads the stream whole, byte by byte and cut once at every place: all must agree.
Outcome read_every_way(std::string_view stream, std::size_t max_event = bound) {
  const Outcome whole = read({stream}, max_event);
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < stream.size(); ++i) bytes.push_back(stream.substr(i, 1));
  CHECK(read(bytes, max_event) == whole);
  for (std::size_t i = 0; i <= stream.size(); ++i) {
    INFO("cut at " << i);
    CHECK(read({stream.substr(0, i), stream.substr(i)}, max_event) == whole);
  }
  return whole;
}

std::vector<std::string> events(std::string_view stream) { return read_every_way(stream).events; }

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("an event has a type, data and an id", "[sse]") {
  CHECK(events("event: ping\nid: 7\ndata: {\"a\":1}\n\n") == Events{"ping|{\"a\":1}|7"});
}

TEST_CASE("LF, CR and CRLF end lines, mixed as they like", "[sse]") {
  CHECK(events("data: a\n\ndata: b\n\n") == Events{"message|a|", "message|b|"});
  CHECK(events("data: a\r\rdata: b\r\r") == Events{"message|a|", "message|b|"});
  CHECK(events("data: a\r\n\r\ndata: b\r\n\r\n") == Events{"message|a|", "message|b|"});
  CHECK(events("data: a\r\n\ndata: b\n\r\ndata: c\r\r\n") ==
        Events{"message|a|", "message|b|", "message|c|"});
}

TEST_CASE("LF followed by CR are two line ends", "[sse]") {
  CHECK(events("data: a\n\rdata: b\n\r") == Events{"message|a|", "message|b|"});
}

TEST_CASE("lines of data are joined with LF", "[sse]") {
  CHECK(events("data: a\ndata: b\ndata:\ndata: c\n\n") == Events{"message|a\nb\n\nc|"});
}

TEST_CASE("one blank behind the colon belongs to the syntax", "[sse]") {
  CHECK(events("data:x\n\n") == Events{"message|x|"});
  CHECK(events("data:  x\n\n") == Events{"message| x|"});
  CHECK(events("data: a: b\n\n") == Events{"message|a: b|"});
}

TEST_CASE("a byte order mark at the start is skipped, once", "[sse]") {
  CHECK(events("\xEF\xBB\xBF"
               "data: x\n\n") == Events{"message|x|"});
  CHECK(events("\xEF\xBB\xBF\xEF\xBB\xBF"
               "data: x\n\n")
            .empty());
  CHECK(events("data: x\n\n\xEF\xBB\xBF"
               "data: y\n\n") == Events{"message|x|"});
}

TEST_CASE("half a byte order mark is content", "[sse]") {
  CHECK(events("\xEF\xBB"
               "data: x\n\ndata: y\n\n") == Events{"message|y|"});
  CHECK(events("\xEF\xBB\n\ndata: y\n\n") == Events{"message|y|"});
}

TEST_CASE("comments and unknown fields mean nothing", "[sse]") {
  CHECK(events(": hello\n:\nfoo: bar\ndata: x\n: more\nData: y\ndata : z\n\n") ==
        Events{"message|x|"});
}

TEST_CASE("a field name alone has an empty value", "[sse]") {
  CHECK(events("data\ndata\ndata: x\n\n") == Events{"message|\n\nx|"});
}

TEST_CASE("an event without data is dropped but its id counts", "[sse]") {
  const Outcome outcome = read_every_way("id: 1\ndata: \n\nevent: x\n\nid: 2\ndata\n\n");
  CHECK(outcome.events.empty());
  CHECK(outcome.last_id == "2");
}

TEST_CASE("the type of a dropped event does not pass to the next", "[sse]") {
  CHECK(events("event: x\n\ndata: y\n\n") == Events{"message|y|"});
}

TEST_CASE("the id stays until another comes, the type does not", "[sse]") {
  CHECK(events("id: 1\nevent: e\ndata: a\n\ndata: b\n\nid\ndata: c\n\n") ==
        Events{"e|a|1", "message|b|1", "message|c|"});
}

TEST_CASE("an id with a NUL byte is ignored", "[sse]") {
  const std::string stream = std::string("id: 1\nid: 2\0x\ndata: a\n\n", 24);
  CHECK(events(stream) == Events{"message|a|1"});
}

TEST_CASE("an id of an unfinished event does not count", "[sse]") {
  CHECK(read_every_way("id: 1\ndata: a\n\nid: 2\ndata: b\n").last_id == "1");
}

TEST_CASE("retry is taken when it is all digits", "[sse]") {
  CHECK(read_every_way("retry: 500\n").retry_ms == 500u);
  CHECK(read_every_way("retry: 999999999\n").retry_ms == 999'999'999u);
  CHECK(read_every_way("retry: 500\nretry: 5s\n").retry_ms == 500u);
  for (const char* line : {"retry: 1234567890\n", "retry: -1\n", "retry: \n", "retry\n",
                           "retry: 1.5\n", "retry:  5\n"}) {
    INFO(line);
    CHECK_FALSE(read_every_way(line).retry_ms);
  }
}

TEST_CASE("an unfinished last event is dropped", "[sse]") {
  CHECK(events("data: a\n\ndata: b\n") == Events{"message|a|"});
  CHECK(events("data: a\n\ndata: b") == Events{"message|a|"});
  CHECK(events("").empty());
}

TEST_CASE("blank lines alone make no events", "[sse]") { CHECK(events("\n\r\n\r\r\n\n").empty()); }

TEST_CASE("data up to the bound is taken", "[sse]") {
  const std::string data(50, 'x');
  CHECK(read_every_way("data: " + data + "\n\n", 50).events == Events{"message|" + data + "|"});
  CHECK(read_every_way("data:" + data.substr(1) + "\ndata:\n\n", 50).events.size() == 1);
}

TEST_CASE("data over the bound is refused, in one line or many", "[sse]") {
  CHECK(read_every_way("data: " + std::string(51, 'x') + "\n\n", 50).failed);
  std::string lines;
  for (int i = 0; i < 26; ++i) lines += "data: x\n";
  CHECK(read_every_way(lines, 50).failed);
  CHECK(read_every_way("data:" + std::string(50, 'x') + "\ndata:\n\n", 50).failed);
}

TEST_CASE("a line over the bound is refused, whatever it is", "[sse]") {
  CHECK(read_every_way("unknown: " + std::string(60, 'x') + "\n", 50).failed);
  CHECK(read_every_way("event: " + std::string(51, 'x') + "\n", 50).failed);
  CHECK(read_every_way(std::string(60, 'x'), 50).failed);
}

TEST_CASE("a bound that is broken has its code", "[sse]") {
  SseReader reader(10);
  const auto fed = reader.feed("data: 12345678901\n");
  REQUIRE_FALSE(fed);
  CHECK(fed.error().code == base::Code::limit);
}

TEST_CASE("an id that is too long is refused", "[sse]") {
  CHECK_FALSE(read({"id: " + std::string(1024, 'i') + "\n"}, 5000).failed);
  CHECK(read({"id: " + std::string(1025, 'i') + "\n"}, 5000).failed);
}

TEST_CASE("events before a broken bound still come out", "[sse]") {
  const Outcome outcome = read_every_way("data: a\n\ndata: " + std::string(51, 'x') + "\n\n", 50);
  CHECK(outcome.failed);
  CHECK(outcome.events == Events{"message|a|"});
}

TEST_CASE("comments of any length cost nothing", "[sse]") {
  SseReader reader(10);
  REQUIRE(reader.feed(":"));
  const std::string flood(1 << 16, 'c');
  for (int i = 0; i < 100; ++i) REQUIRE(reader.feed(flood));
  REQUIRE(reader.feed("\ndata: x\n\n"));
  CHECK(reader.next()->data == "x");
}

TEST_CASE("many events come out of one piece, in order", "[sse]") {
  SseReader reader(bound);
  std::string stream;
  for (int i = 0; i < 1000; ++i) stream += "data: " + std::to_string(i) + "\n\n";
  REQUIRE(reader.feed(stream));
  for (int i = 0; i < 1000; ++i) REQUIRE(reader.next()->data == std::to_string(i));
  CHECK_FALSE(reader.next());
}

TEST_CASE("a large event arrives whole in many pieces", "[sse]") {
  constexpr std::size_t size = 4 << 20;
  SseReader reader(size);
  const std::string stream = "data: " + std::string(size, 'x') + "\n\n";
  constexpr std::size_t piece = 64 << 10;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    REQUIRE(reader.feed(std::string_view(stream).substr(at, piece)));
  }
  CHECK(reader.next()->data.size() == size);
}

TEST_CASE("a piece full of line ends is read in one pass", "[sse]") {
  for (const char end : {'\r', '\n'}) {
    SseReader reader(bound);
    const std::clock_t start = std::clock();
    CHECK(reader.feed(std::string(512 << 10, end)));
    CHECK_FALSE(reader.next());
    CHECK(std::clock() - start < 1 * CLOCKS_PER_SEC);  // a search to the end for each takes several
  }
}

}  // namespace sse_reader_test
