#include <algorithm>
#include <charconv>
#include <utility>

#include "base/http_client.h"
#include "base/http_pool.h"

namespace base {
namespace {

constexpr std::size_t piece = 16 << 10;
constexpr std::size_t head_fields = 256;

Error not_http(std::string detail = {}) {
  return {Code::broken, "its answer is not HTTP", std::move(detail)};
}

std::optional<int> status_of(std::string_view line) {
  int status = 0;
  if (line.size() < 12 || (line.substr(0, 9) != "HTTP/1.1 " && line.substr(0, 9) != "HTTP/1.0 ")) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, status);
  if (error != std::errc{} || end != line.data() + 12 || status < 100) return std::nullopt;
  if (line.size() > 12 && line[12] != ' ') return std::nullopt;
  return status;
}

}  // namespace

ClientResponse::ClientResponse(std::unique_ptr<HttpConnection> connection)
    : connection_(std::move(connection)) {}
ClientResponse::ClientResponse(ClientResponse&&) noexcept = default;
ClientResponse& ClientResponse::operator=(ClientResponse&&) noexcept = default;
ClientResponse::~ClientResponse() = default;

std::string_view ClientResponse::header(std::string_view name) const {
  return head_->fields.fields.find(name).value_or("");
}

void ClientResponse::set_deadline(SteadyTime at) {
  if (connection_) connection_->stream.set_deadline(at);
}

void ClientResponse::abort() {
  if (connection_) connection_->stream.close();
}

// Reads from the socket into the buffer; false at its end.
Task<Result<bool>> ClientResponse::fill() {
  ReadBuffer& buffer = connection_->buffer;
  auto count = co_await connection_->stream.read(buffer.prepare(piece), piece);
  if (!count) co_return count.error();
  buffer.commit(*count);
  co_return *count > 0;
}

Task<Status> ClientResponse::read_head(const Limits& limits) {
  HeadScanner scanner(
      {limits.request_line, limits.upstream_head, head_fields, limits.upstream_head});
  HeadScanner::State state = HeadScanner::State::more;
  while ((state = scanner.scan(connection_->buffer.view())) == HeadScanner::State::more) {
    auto more = co_await fill();
    if (!more) co_return more.error();
    if (!*more) co_return Error{Code::broken, "it closed the connection without an answer", {}};
  }
  if (state != HeadScanner::State::done) co_return not_http();
  co_return take_head(scanner.size());
}

Status ClientResponse::take_head(std::size_t size) {
  auto head = std::make_unique<ResponseHead>();
  head->text.assign(connection_->buffer.view(), 0, size);
  connection_->buffer.consume(size);
  auto parsed = parse_head(head->text);
  if (!parsed) return not_http(parsed.error().message);
  const auto status = status_of(parsed->start_line);
  if (!status) return not_http();
  auto framing = response_framing(parsed->fields, *status);
  if (!framing) return not_http(framing.error().message);
  status_ = *status;
  framing_ = *framing;
  remaining_ = framing->length;
  keep_alive_ = parsed->start_line.starts_with("HTTP/1.1") &&
                framing->kind != BodyFraming::Kind::until_close &&
                !list_contains(parsed->fields, "connection", "close");
  head->fields = std::move(*parsed);
  head_ = std::move(head);
  const bool empty = framing->kind == BodyFraming::Kind::none ||
                     (framing->kind == BodyFraming::Kind::length && framing->length == 0);
  if (empty && *status >= 200) release();
  return {};
}

// Moves body bytes from the buffer to `out` as the framing says.
Status ClientResponse::take_buffered(std::string& out, std::size_t limit) {
  ReadBuffer& buffer = connection_->buffer;
  const Error too_long{Code::limit, "its answer is longer than allowed", {}};
  if (framing_.kind == BodyFraming::Kind::chunked) {
    auto taken = chunks_.feed(buffer.view(), out, limit);
    if (!taken) return not_http(taken.error().message);
    const bool stuck = *taken < buffer.size() && !chunks_.done();
    buffer.consume(*taken);
    if (stuck) return too_long;
    if (chunks_.done()) release();
    return {};
  }
  const bool bounded = framing_.kind == BodyFraming::Kind::length;
  const std::size_t count = bounded ? std::min(buffer.size(), remaining_) : buffer.size();
  if (out.size() + count > limit) return too_long;
  out.append(buffer.view(), 0, count);
  buffer.consume(count);
  remaining_ -= bounded ? count : 0;
  if (bounded && remaining_ == 0) release();
  return {};
}

Task<Result<bool>> ClientResponse::read(std::string& out, std::size_t limit) {
  if (finished_) co_return false;
  if (framing_.kind == BodyFraming::Kind::length && out.size() + remaining_ > limit) {
    co_return Error{Code::limit, "its answer is longer than allowed", {}};
  }
  if (connection_->buffer.empty()) {
    auto more = co_await fill();
    if (!more) co_return more.error();
    if (!*more) {
      if (framing_.kind != BodyFraming::Kind::until_close) {
        co_return Error{Code::broken, "it closed the connection in the middle of its answer", {}};
      }
      release();
      co_return false;
    }
  }
  if (auto status = take_buffered(out, limit); !status) co_return status.error();
  co_return true;
}

// The body is complete. Bytes behind it would answer a request that was never sent: such a
// connection is not used again.
void ClientResponse::release() {
  finished_ = true;
  if (keep_alive_ && connection_->buffer.empty()) {
    const std::shared_ptr<HttpPool> pool = connection_->place.pool();
    pool->give_back(std::move(connection_));
  }
  connection_.reset();
}

}  // namespace base
