#include <algorithm>
#include <utility>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

#include "base/byte_stream.h"

// The same promises as the plain stream's, kept by a session that is asked again whenever the socket
// is ready for it.
namespace base {
namespace {

using TlsStep = TlsSession::Step;

// A peer that always has the next record ready gives way to others after as many.
constexpr unsigned reads_per_turn = 4;

}  // namespace

Task<Status> ByteStream::start_tls(std::shared_ptr<const TlsContext> context, std::string host) {
  tls_ = std::make_unique<TlsSession>(std::move(context), socket_.native_handle(), host);
  while (true) {
    // Closed or expired while it waited: the session must not touch the socket any more.
    if (deadline_.expired() || !socket_.is_open()) co_return failure({});
    const TlsStep step = tls_->handshake().step;
    if (step == TlsStep::done) co_return Status{};
    if (step == TlsStep::closed || step == TlsStep::failed) co_return tls_failure();
    if (auto ready = co_await wait_for(step); !ready) co_return ready.error();
  }
}

Task<Result<std::size_t>> ByteStream::read_tls(char* data, std::size_t size) {
  if (++turns_ % reads_per_turn == 0) co_await asio::post(socket_.get_executor(), use_task);
  while (true) {
    if (deadline_.expired() || !socket_.is_open()) co_return failure({});
    const auto [step, count] = tls_->read(data, size);
    if (step == TlsStep::done) co_return count;
    if (step == TlsStep::closed) co_return std::size_t{0};
    if (step == TlsStep::failed) co_return tls_failure();
    turns_ = 0;
    if (auto ready = co_await wait_for(step); !ready) co_return ready.error();
  }
}

Task<Status> ByteStream::write_tls(std::string_view data, std::chrono::milliseconds progress,
                                   SteadyTime until) {
  while (!data.empty()) {
    if (!socket_.is_open()) co_return failure({});
    const auto [step, count] = tls_->write(data);
    if (step == TlsStep::closed || step == TlsStep::failed) co_return tls_failure();
    data.remove_prefix(count);
    if (step == TlsStep::done) continue;
    set_deadline(std::min(std::chrono::steady_clock::now() + progress, until));
    if (auto ready = co_await wait_for(step); !ready) co_return ready.error();
  }
  co_return Status{};
}

Task<Status> ByteStream::wait_for(TlsStep step) {
  std::error_code error;
  const auto what = step == TlsStep::wants_write ? Socket::wait_write : Socket::wait_read;
  co_await socket_.async_wait(what, asio::redirect_error(use_task, error));
  if (error) co_return failure(error);
  co_return Status{};
}

Error ByteStream::tls_failure() const {
  return {Code::broken, "the encrypted connection broke", tls_->failure()};
}

}  // namespace base
