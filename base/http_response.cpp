#include <algorithm>
#include <utility>

#include "base/http_client.h"
#include "base/http_pool.h"

namespace base {
namespace {

constexpr std::size_t piece = 16 << 10;

const std::string empty_value;

}  // namespace

ClientResponse::ClientResponse(std::unique_ptr<HttpConnection> connection)
    : connection_(std::move(connection)) {}
ClientResponse::ClientResponse(ClientResponse&&) noexcept = default;
ClientResponse& ClientResponse::operator=(ClientResponse&&) noexcept = default;
ClientResponse::~ClientResponse() = default;

const std::string& ClientResponse::header(std::string_view name) const {
  const auto found = std::find_if(headers_.begin(), headers_.end(), [&](const auto& header) {
    return same_name(header.first, name);
  });
  return found == headers_.end() ? empty_value : found->second;
}

void ClientResponse::set_deadline(SteadyTime at) {
  if (connection_) connection_->stream.set_deadline(at);
}

// Reads from the socket into the buffer; false at its end.
Task<Result<bool>> ClientResponse::fill() {
  std::string& buffer = connection_->buffer;
  const std::size_t old_size = buffer.size();
  buffer.resize(old_size + piece);
  auto count = co_await connection_->stream.read(buffer.data() + old_size, piece);
  buffer.resize(old_size + (count ? *count : 0));
  if (!count) co_return count.error();
  co_return *count > 0;
}

// Moves body bytes from the buffer to `out` as the framing says.
Status ClientResponse::take_buffered(std::string& out, std::size_t limit) {
  std::string& buffer = connection_->buffer;
  const Error too_long{Code::limit, "its answer is longer than allowed", {}};
  if (framing_.kind == BodyFraming::Kind::chunked) {
    auto taken = chunks_.feed(buffer, out, limit);
    if (!taken) return Error{Code::broken, "its answer is not HTTP", taken.error().message};
    const bool stuck = *taken < buffer.size() && !chunks_.done();
    buffer.erase(0, *taken);
    if (stuck) return too_long;
    if (chunks_.done()) release();
    return {};
  }
  const bool bounded = framing_.kind == BodyFraming::Kind::length;
  const std::size_t count = bounded ? std::min(buffer.size(), remaining_) : buffer.size();
  if (out.size() + count > limit) return too_long;
  out.append(buffer, 0, count);
  buffer.erase(0, count);
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
    const std::shared_ptr<HttpPool> pool = connection_->pool;
    pool->give_back(std::move(connection_));
  }
  connection_.reset();
}

}  // namespace base
