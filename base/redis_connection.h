#pragma once

#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_stream.h"
#include "base/event_loops.h"
#include "base/redis_arguments.h"
#include "base/redis_parser.h"
#include "base/result.h"

namespace base {

/// Where Redis is: `host` and `port`, or `path` of a unix socket. `password` is never printed.
struct RedisAddress {
  std::string host;
  std::uint16_t port = 6379;
  std::string path;
  int database = 0;
  std::string user, password;

  bool operator==(const RedisAddress&) const = default;
};

/// One connection of one event loop, to which it belongs. Commands of all its callers are sent one
/// after the other without waiting for answers, so that calls in flight share round trips. While
/// Redis is away every command fails at once, and the connection tries again by itself with
/// growing pauses.
///
/// Of hiredis the reader alone is used, on a ByteStream: its asynchronous context would own the
/// socket, and knows neither our deadlines nor the loop's end.
class RedisConnection final {
 public:
  static constexpr std::size_t most_pending = 10'000;
  static constexpr std::chrono::milliseconds command_timeout{1'000};

  RedisConnection(Loop& loop, RedisAddress address);

  /// Connects when it must. Code::unavailable when it cannot. Those who wait for the same
  /// connection go on in the order in which they came, so that no command overtakes another.
  Task<Status> ready();

  /// Code::unavailable: it was not sent, or no answer came; then nobody knows whether it was
  /// carried out. An error of Redis is a reply.
  Task<Result<RedisReply>> command(RedisArguments arguments);

  /// `rest` is the number of keys, the keys and the arguments. A script that Redis does not know
  /// (any more) is sent to it.
  Task<Result<RedisReply>> run(const RedisScript& script, RedisArguments rest);

  bool connected() const { return state_->ready; }
  /// Counts the connections that were made: the present one has this number.
  std::uint64_t generation() const { return state_->generation; }

 private:
  struct Pending {
    explicit Pending(Loop& loop) : done(loop.io(), SteadyTime::max()) {}
    Timer done;
    SteadyTime sent = std::chrono::steady_clock::now();
    std::optional<Result<RedisReply>> reply;
  };
  // What the tasks of the connection share; it may outlive the connection until they have ended.
  struct State {
    State(Loop& on, RedisAddress at) : loop(on), address(std::move(at)) {}
    Loop& loop;
    const RedisAddress address;
    std::shared_ptr<ByteStream> stream;  // its tasks hold it as well
    bool ready = false, connecting = false, writing = false;
    std::list<Timer> waiting;  // for the connection, or for those before them
    std::uint64_t generation = 0;
    std::string outgoing;
    std::deque<std::shared_ptr<Pending>> pending;
    std::string reason = "not connected yet";
    std::chrono::milliseconds pause{0};
    SteadyTime retry_at{};
  };
  using Shared = std::shared_ptr<State>;

  static Task<Result<RedisReply>> send(const Shared& state, const RedisArguments& arguments,
                                       const RedisArguments& rest = {});
  static Task<Result<RedisReply>> await_reply(Shared state, std::shared_ptr<Pending> pending);
  static bool is_open(const State& state) { return state.ready && state.waiting.empty(); }
  static Task<Status> wait_turn(Shared state);
  static void let_next_go(State& state);
  static Task<void> connect(Shared state);
  static Task<Status> open(Shared state);
  static Task<void> write(Shared state, std::shared_ptr<ByteStream> stream);
  static Task<void> read(Shared state, std::shared_ptr<ByteStream> stream);
  static bool take_replies(State& state, RedisParser& parser);
  static void fail(State& state, const std::string& reason);

  Shared state_;
};

}  // namespace base
