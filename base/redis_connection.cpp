#include "base/redis_connection.h"

#include <algorithm>
#include <utility>

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

namespace base {
namespace {

constexpr std::chrono::milliseconds time_to_connect{1'000};
constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{1'000};
constexpr std::size_t read_size = 64 << 10;

Error away(const std::string& reason) {
  return {Code::unavailable, "The store does not answer.", reason};
}

Result<asio::generic::stream_protocol::endpoint> endpoint_of(const RedisAddress& address) {
  using Endpoint = asio::generic::stream_protocol::endpoint;
  if (!address.path.empty()) return Endpoint(asio::local::stream_protocol::endpoint(address.path));
  std::error_code error;
  const auto ip = asio::ip::make_address(address.host, error);
  if (error) return away("it is no address: " + address.host);
  return Endpoint(asio::ip::tcp::endpoint(ip, address.port));
}

}  // namespace

RedisConnection::RedisConnection(Loop& loop, RedisAddress address)
    : state_(std::make_shared<State>(loop, std::move(address))) {}

Task<Status> RedisConnection::ready() {
  const Shared state = state_;
  if (is_open(*state)) co_return Status{};
  // While Redis is away commands fail at once; whether it is, nobody knows yet.
  const bool undecided = state->connecting && state->pause.count() == 0;
  if (undecided || !state->waiting.empty()) co_return co_await wait_turn(state);
  if (!state->connecting && std::chrono::steady_clock::now() >= state->retry_at) {
    state->connecting = true;
    co_await connect(state);
    let_next_go(*state);
  }
  if (!state->ready) co_return away(state->reason);
  co_return Status{};
}

// One wakes the next: what comes while they are woken waits behind them.
Task<Status> RedisConnection::wait_turn(Shared state) {
  if (state->waiting.size() >= most_pending) co_return away("too many commands wait for it");
  const auto turn =
      state->waiting.emplace(state->waiting.end(), state->loop.io(), SteadyTime::max());
  {
    Deadline end_of_loop(state->loop.watchdog(), [turn] { turn->cancel(); });
    std::error_code ignored;
    co_await turn->async_wait(asio::redirect_error(use_task, ignored));
  }
  state->waiting.erase(turn);
  let_next_go(*state);
  if (!state->ready) co_return away(state->reason);
  co_return Status{};
}

void RedisConnection::let_next_go(State& state) {
  if (!state.connecting && !state.waiting.empty()) state.waiting.front().cancel();
}

Task<Result<RedisReply>> RedisConnection::command(RedisArguments arguments) {
  if (!is_open(*state_)) {
    if (Status there = co_await ready(); !there) co_return std::move(there).error();
  }
  co_return co_await send(state_, arguments);
}

Task<Result<RedisReply>> RedisConnection::run(const RedisScript& script, RedisArguments rest) {
  if (!is_open(*state_)) {
    if (Status there = co_await ready(); !there) co_return std::move(there).error();
  }
  RedisArguments known;
  known.add("EVALSHA").add(script.hash);
  auto reply = co_await send(state_, known, rest);
  const bool unknown =
      reply && reply->type == RedisReply::Type::error && reply->text.starts_with("NOSCRIPT");
  if (!unknown) co_return reply;
  RedisArguments whole;
  whole.add("EVAL").add(script.text);
  co_return co_await send(state_, whole, rest);
}

// No coroutine: the arguments are written before it returns.
Task<Result<RedisReply>> RedisConnection::send(const Shared& state, const RedisArguments& arguments,
                                               const RedisArguments& rest) {
  std::shared_ptr<Pending> pending;
  if (state->stream && state->pending.size() < most_pending) {
    pending = std::make_shared<Pending>(state->loop);
    if (state->pending.empty()) state->stream->set_deadline(pending->sent + command_timeout);
    state->pending.push_back(pending);
    append_redis_command(state->outgoing, arguments, rest);
    if (!std::exchange(state->writing, true)) state->loop.spawn(write(state, state->stream));
  }
  return await_reply(state, std::move(pending));
}

// The reader sets the reply, or the failure, and ends the wait.
Task<Result<RedisReply>> RedisConnection::await_reply(Shared state,
                                                      std::shared_ptr<Pending> pending) {
  if (!pending) {
    co_return away(state->stream ? "too many commands wait for answers" : state->reason);
  }
  std::error_code ended;
  if (!pending->reply) {
    co_await pending->done.async_wait(asio::redirect_error(use_task, ended));
  }
  if (!pending->reply) co_return away("the wait was ended");
  co_return *std::move(pending->reply);
}

Task<void> RedisConnection::connect(Shared state) {
  const Status opened = co_await open(state);
  state->connecting = false;
  if (opened && state->stream) {  // surplus bytes behind the greeting have ended it again
    state->pause = {};
    state->ready = true;
    ++state->generation;
    co_return;
  }
  state->pause = std::clamp(state->pause * 2, first_pause, longest_pause);
  state->retry_at = std::chrono::steady_clock::now() + state->pause;
  fail(*state, opened ? "it said more than it was asked" : opened.error().detail);
}

Task<Status> RedisConnection::open(Shared state) {
  const auto endpoint = endpoint_of(state->address);
  if (!endpoint) co_return endpoint.error();
  ByteStream::Socket socket(state->loop.io());
  std::error_code error;
  {
    Deadline deadline(state->loop.watchdog(), [&socket] {
      std::error_code ignored;
      socket.close(ignored);
    });
    deadline.set(std::chrono::steady_clock::now() + time_to_connect);
    co_await socket.async_connect(*endpoint, asio::redirect_error(use_task, error));
    if (deadline.expired()) co_return away("connecting took too long");
  }
  if (error) co_return away(error.message());
  if (state->address.path.empty()) {
    socket.set_option(asio::ip::tcp::no_delay(true), error);
  }
  state->stream = std::make_shared<ByteStream>(std::move(socket), state->loop.watchdog(),
                                               ByteStream::OnExpiry::close);
  state->loop.spawn(read(state, state->stream));
  std::vector<RedisArguments> greeting;
  if (!state->address.password.empty()) {
    greeting.emplace_back().add("AUTH");
    if (!state->address.user.empty()) greeting.back().add(state->address.user);
    greeting.back().add(state->address.password);
  }
  greeting.emplace_back().add("SELECT").add(state->address.database);
  for (const RedisArguments& command : greeting) {
    const auto reply = co_await send(state, command);
    if (!reply) co_return reply.error();
    if (reply->type == RedisReply::Type::error) co_return away(reply->text);
  }
  co_return Status{};
}

Task<void> RedisConnection::write(Shared state, std::shared_ptr<ByteStream> stream) {
  // What other calls have ready in this turn of the loop goes out together.
  co_await asio::post(state->loop.executor(), use_task);
  while (state->stream == stream && !state->outgoing.empty()) {
    const std::string batch = std::exchange(state->outgoing, {});
    const Status written = co_await stream->write(batch, command_timeout);
    if (!written && state->stream == stream) fail(*state, written.error().message);
  }
  state->writing = false;
}

Task<void> RedisConnection::read(Shared state, std::shared_ptr<ByteStream> stream) {
  RedisParser parser;
  const auto buffer = std::make_unique<char[]>(read_size);
  while (state->stream == stream) {
    // Only while something is awaited is silence a failure.
    stream->set_deadline(state->pending.empty() ? SteadyTime::max()
                                                : state->pending.front()->sent + command_timeout);
    const auto count = co_await stream->read(buffer.get(), read_size);
    if (state->stream != stream) break;
    if (!count || *count == 0) {
      fail(*state, count ? "Redis closed the connection" : count.error().message);
      break;
    }
    parser.feed({buffer.get(), *count});
    if (!take_replies(*state, parser)) fail(*state, "Redis sent what was not asked for");
  }
}

bool RedisConnection::take_replies(State& state, RedisParser& parser) {
  for (;;) {
    auto reply = parser.next();
    if (!reply) return false;
    if (!*reply) return true;
    if (state.pending.empty()) return false;
    const auto pending = std::move(state.pending.front());
    state.pending.pop_front();
    pending->reply.emplace(*std::move(*reply));
    pending->done.cancel();
  }
}

// Everybody who waits is told; the reader ends by itself, because its stream is closed.
void RedisConnection::fail(State& state, const std::string& reason) {
  state.ready = false;
  state.reason = reason;
  state.outgoing.clear();
  if (state.stream) state.stream->close();
  state.stream.reset();
  for (const auto& pending : std::exchange(state.pending, {})) {
    pending->reply.emplace(away(reason));
    pending->done.cancel();
  }
}

}  // namespace base
