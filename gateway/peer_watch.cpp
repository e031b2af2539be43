#include "gateway/peer_watch.h"

#include <poll.h>
#include <sys/socket.h>

#include <utility>

namespace gateway {
namespace {

bool has_closed(int descriptor) {
  pollfd entry{descriptor, POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool has_bytes(int descriptor) {
  char byte = 0;
  return ::recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

PeerWatch::PeerWatch(base::Loop& loop, base::ByteStream& stream)
    : loop_(loop), stream_(stream), tick_(loop.watchdog(), [this] { look(); }) {}

void PeerWatch::start(std::function<void()> on_gone) {
  on_gone_ = std::move(on_gone);
  tick_.set(base::SteadyTime{});
}

void PeerWatch::stop() {
  if (!on_gone_) return;
  on_gone_ = nullptr;
  tick_.clear();
  if (!waiting_) return;
  std::error_code ignored;
  stream_.socket().cancel(ignored);
}

void PeerWatch::look() {
  if (!on_gone_ || loop_.ending()) return;
  if (!stream_.is_open() || has_closed(stream_.socket().native_handle())) {
    std::exchange(on_gone_, nullptr)();
    return;
  }
  // While bytes lie there to be read, waiting for something to read tells nothing.
  if (waiting_ || has_bytes(stream_.socket().native_handle())) {
    tick_.set(base::SteadyTime{});
  } else {
    wait();
  }
}

void PeerWatch::wait() {
  waiting_ = true;
  stream_.socket().async_wait(base::ByteStream::Socket::wait_read,
                              [self = shared_from_this()](const std::error_code& error) {
                                self->waiting_ = false;
                                if (!error) self->look();
                              });
}

}  // namespace gateway
