#include "gateway/request_reader.h"

#include <algorithm>

#include "base/chunked.h"

namespace gateway {
namespace {

using Failure = std::optional<ReadFailure>;
using HeadState = base::HeadScanner::State;

constexpr std::size_t piece = 8 << 10;
constexpr ReadFailure gone{};
constexpr ReadFailure slow_head{408, "the request's head took too long"};
constexpr ReadFailure slow_body{408, "the request's body took too long"};
constexpr ReadFailure large_body{413, "the request's body is longer than allowed"};

// METHOD SP TARGET SP VERSION, single blanks, no control characters.
std::optional<ReadFailure> check_start_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  const bool three_parts = first != std::string_view::npos && first > 0 && last > first + 1 &&
                           line.find(' ', first + 1) == last;
  const bool visible = std::all_of(line.begin(), line.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
  });
  if (!three_parts || !visible) return ReadFailure{400, "the request line is malformed"};
  const std::string_view version = line.substr(last + 1);
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::nullopt;
  if (version.substr(0, 5) == "HTTP/") return ReadFailure{505, "only HTTP/1.1 is spoken here"};
  return ReadFailure{400, "the request line is malformed"};
}

// What must be settled before a byte of the body is read.
Failure check_head(const base::HttpHead& head) {
  if (auto failure = check_start_line(head.start_line)) return failure;
  if (head.fields.count("host") != 1)
    return ReadFailure{400, "exactly one Host header is required"};
  if (head.fields.count("content-encoding") != 0) {
    return ReadFailure{415, "compressed requests are not accepted"};
  }
  // Each of these decides something: a second one would make it ambiguous which.
  for (const char* name : {"authorization", "origin", "content-type", "expect",
                           "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"}) {
    if (head.fields.count(name) > 1)
      return ReadFailure{400, "a header that must be unique is repeated"};
  }
  const auto expect = head.fields.find("expect");
  if (expect && !base::same_name(*expect, "100-continue")) {
    return ReadFailure{417, "the only expectation met is 100-continue"};
  }
  return std::nullopt;
}

}  // namespace

base::Task<Failure> RequestReader::next(RawRequest& request) {
  if (auto failure = co_await read_head(request)) co_return failure;
  auto framing = base::request_framing(request.fields.fields);
  if (!framing) co_return ReadFailure{400, "the body's length is ambiguous"};
  if (framing->length > limits_.body) co_return large_body;
  const bool old_version =
      request.fields.start_line.substr(request.fields.start_line.size() - 3) == "1.0";
  request.keep_alive =
      !old_version && !base::list_contains(request.fields.fields, "connection", "close");
  const bool has_body = framing->kind == base::BodyFraming::Kind::chunked || framing->length > 0;
  if (has_body) {
    if (request.fields.fields.count("expect") == 1 && buffer_.empty()) {
      auto sent = co_await stream_.write("HTTP/1.1 100 Continue\r\n\r\n", limits_.write_timeout);
      if (!sent) co_return gone;
    }
    body_started_ = std::chrono::steady_clock::now();
    if (auto failure = co_await read_body(request, *framing)) co_return failure;
  }
  stream_.clear_deadline();
  co_return std::nullopt;
}

void RequestReader::stop_waiting() {
  if (!waits_) return;
  std::error_code ignored;
  stream_.socket().cancel(ignored);
}

base::Task<Failure> RequestReader::read_head(RawRequest& request) {
  base::HeadScanner scanner(
      {limits_.request_line, limits_.head, limits_.header_fields, limits_.header_field});
  if (buffer_.empty()) {
    stream_.set_deadline(std::chrono::steady_clock::now() + limits_.idle_timeout.get());
    waits_ = true;
    auto failure = co_await fill(gone);
    waits_ = false;
    if (failure) co_return failure;
  }
  stream_.set_deadline(std::chrono::steady_clock::now() + limits_.head_timeout.get());
  HeadState state = HeadState::more;
  while ((state = scanner.scan(buffer_.view())) == HeadState::more) {
    if (auto failure = co_await fill(slow_head)) co_return failure;
  }
  if (state == HeadState::too_large)
    co_return ReadFailure{431, "the request's head is longer than allowed"};
  if (state == HeadState::malformed) co_return ReadFailure{400, "the request's head is malformed"};
  request.head.assign(buffer_.view(), 0, scanner.size());
  buffer_.consume(scanner.size());
  auto parsed = base::parse_head(request.head);
  if (!parsed) co_return ReadFailure{400, "the request's head is malformed"};
  request.fields = std::move(*parsed);
  co_return check_head(request.fields);
}

base::Task<Failure> RequestReader::read_body(RawRequest& request, base::BodyFraming framing) {
  if (framing.kind == base::BodyFraming::Kind::chunked) co_return co_await read_chunks(request);
  co_return co_await read_length(request, framing.length);
}

base::Task<Failure> RequestReader::read_length(RawRequest& request, std::size_t length) {
  while (true) {
    const std::size_t count = std::min(buffer_.size(), length - request.body.size());
    request.body.append(buffer_.view(), 0, count);
    buffer_.consume(count);
    if (request.body.size() == length) co_return std::nullopt;
    allow_body_time(request.body.size());
    if (auto failure = co_await fill(slow_body)) co_return failure;
  }
}

base::Task<Failure> RequestReader::read_chunks(RawRequest& request) {
  base::ChunkedDecoder decoder;
  while (true) {
    auto taken = decoder.feed(buffer_.view(), request.body, limits_.body);
    if (!taken) co_return ReadFailure{400, "the chunked body is malformed"};
    buffer_.consume(*taken);
    if (decoder.done()) co_return std::nullopt;
    if (!buffer_.empty()) co_return large_body;
    allow_body_time(request.body.size());
    if (auto failure = co_await fill(slow_body)) co_return failure;
  }
}

// The body must keep up its least rate, after a time of grace.
void RequestReader::allow_body_time(std::size_t received) {
  const auto earned = std::chrono::milliseconds(received * 1000 / limits_.body_rate);
  stream_.set_deadline(body_started_ + limits_.body_grace.get() + earned);
}

base::Task<Failure> RequestReader::fill(ReadFailure when_late) {
  auto count = co_await stream_.read(buffer_.prepare(piece), piece);
  if (!count) co_return count.error().code == base::Code::timeout ? when_late : gone;
  if (*count == 0) co_return gone;
  buffer_.commit(*count);
  co_return std::nullopt;
}

}  // namespace gateway
