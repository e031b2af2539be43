#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <asio/posix/basic_stream_descriptor.hpp>

#include "base/limits.h"
#include "base/line_reader.h"
#include "base/process_keeper.h"
#include "mcp/child_report.h"
#include "mcp/jsonrpc.h"
#include "mcp/stdio_answer.h"

namespace mcp {

/// The conversation with one child over its standard streams: one JSON-RPC message per line
/// (protocol.md §1.11). Requests of any number of callers travel over it at once; answers that
/// nobody waits for are dropped. Progress goes to the request whose id is its token; other
/// notifications name no request and are dropped. What is no message is reported and survived. Its
/// requests are answered with -32601, because none of its callers can be told apart; `ping` is
/// answered. Thread-safe.
class StdioChannel : public std::enable_shared_from_this<StdioChannel> {
 public:
  struct Settings {
    std::string server;               ///< its name, for the log
    std::vector<std::string> hidden;  ///< values that must not appear in the log
    const base::Limits& limits;
    base::Log& log;
    /// Called once on the home loop, when it ended and nothing is left of it: why.
    std::function<void(const std::string& reason)> on_end;
    /// Called on the home loop when it says that it offers other tools, prompts or resources now.
    std::function<void()> on_offers_changed;
  };

  /// Starts the child; `home` is the loop that its pipes live on, and must be the caller's.
  static base::Task<base::Result<std::shared_ptr<StdioChannel>>> open(base::Loop& home,
                                                                      base::ProcessKeeper& keeper,
                                                                      base::ChildCommand command,
                                                                      Settings settings);

  /// Sends a request whose answer `answer` gets. Code::unavailable: nothing was sent.
  base::Status send(std::int64_t id, std::string body, std::shared_ptr<StdioAnswer> answer);
  /// Sends a notification.
  base::Status send(std::string body);
  /// Nobody waits for this answer any more: the child is told, unless it never saw the request.
  /// False: it never did.
  bool cancel(std::int64_t id, std::string_view reason);
  /// Ends the child: closes its standard input, then has its process group ended. Requests that
  /// wait fail with `reason`.
  void close(std::string reason);

  bool is_open() const;
  /// How many requests wait.
  std::size_t pending() const;
  /// When the child last sent a message that could be about any request.
  base::SteadyTime last_sign_of_life() const;

 private:
  using Pipe = asio::posix::basic_stream_descriptor<base::Executor>;
  struct Outgoing {
    std::optional<std::int64_t> id;  // of a request
    std::string line;
  };

  StdioChannel(base::Loop& home, Settings settings);
  void adopt(base::Child child);
  base::Status enqueue(Outgoing outgoing);
  base::Task<void> write(std::shared_ptr<StdioChannel> self);
  base::Task<void> read(std::shared_ptr<StdioChannel> self);
  base::Task<void> read_errors(std::shared_ptr<StdioChannel> self);
  base::Task<void> wait_for_exit();
  void end_child();
  void note_exit(std::optional<int> status);
  void handle(base::Line line);
  void fail(std::optional<std::int64_t> id, base::Error error);
  void note_life();
  void handle_response(Response response, std::size_t bytes);
  void handle_request(const Request& request);
  void handle_notification(Notification notification, std::size_t bytes);
  void fail_all(const std::string& reason);
  std::string describe_end() const;

  base::Loop& home_;
  const Settings settings_;

  // Of the home loop alone.
  std::optional<base::Child> child_;
  std::optional<Pipe> input_, output_, errors_;
  base::LineReader lines_;
  ChildReport report_;
  std::optional<int> exit_status_;
  bool exited_ = false;
  base::Timer exit_timer_;

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::int64_t, std::shared_ptr<StdioAnswer>> waiting_;
  std::deque<Outgoing> outbox_;
  std::size_t outbox_bytes_ = 0;
  bool writing_ = false;
  bool open_ = true;
  std::string closed_because_;
  base::SteadyTime last_sign_of_life_ = std::chrono::steady_clock::now();
};

}  // namespace mcp
