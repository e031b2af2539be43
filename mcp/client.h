#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/limits.h"
#include "mcp/log_level.h"
#include "mcp/param_headers.h"
#include "mcp/revision.h"
#include "mcp/tool_arguments.h"
#include "mcp/transport.h"

namespace mcp {

/// What is known of a server once it has been asked. Era is a property of the hop, not of a
/// request.
struct Handshake {
  Revision revision = latest_modern;
  std::string session;  ///< Mcp-Session-Id of a legacy server that has sessions
  base::Json server_info;
  base::Json capabilities;
  /// The lowest level that a legacy session with logging was told by logging/setLevel; shared by
  /// all copies. nullptr: it is not to be told.
  std::shared_ptr<std::atomic<int>> log_level = nullptr;

  Era era() const { return era_of(revision); }
  /// Whether the server tells when what it lists changes, to those who listen.
  bool tells_of_offers() const;
};

/// What goes with a tools/call beside its arguments.
struct CallOptions {
  bool repeatable = false;
  bool progress = false;                   ///< whether notifications/progress are wanted
  std::optional<LogLevel> log_level = {};  ///< of log messages at least; none are wanted without
  base::Cancellation* cancellation = nullptr;  ///< outlives the call
};

/// How a request that a caller makes of a server is written.
struct CallMethod {
  std::string_view method;
  std::string_view key;  ///< of what is asked for, in `params`
  bool has_arguments;
};
inline constexpr CallMethod tools_call{"tools/call", "name", true};
inline constexpr CallMethod prompts_get{"prompts/get", "name", true};
inline constexpr CallMethod resources_read{"resources/read", "uri", false};

/// One such request as it goes out; refers to what its caller holds.
struct ServerCall {
  const CallMethod& method;
  const std::string& name;  ///< or the resource's URI
  const ToolArguments& arguments;
  const std::vector<ParamHeader>& headers;  ///< of a tool's schema
  CallOptions options = {};
};

/// What a server lists: definitions as it wrote them.
struct Offers {
  std::vector<base::Json> tools, prompts, resources, templates;
  /// About lists of which less is taken than there is, for the log.
  std::vector<std::string> complaints;
};

/// A client of one MCP server, of either era, over any transport. Requests carry
/// `clientCapabilities: {}`. Errors are those of Exchange; JSON-RPC errors are in the Response.
class Client {
 public:
  /// `ids` numbers the requests of all clients that share one session.
  Client(Transport& transport, std::atomic<std::int64_t>& ids) : transport_(transport), ids_(ids) {}

  /// Finds out the server's era (protocol.md §3.2): asks `server/discover`, falls back to
  /// `initialize`. `era` skips the question. What says nothing about the era (no connection, 401,
  /// 403, 5xx, time-out) is an error, never a verdict. The question is given up at
  /// `question_deadline`.
  base::Task<base::Result<Handshake>> connect(
      std::optional<Era> era, base::SteadyTime deadline,
      base::SteadyTime question_deadline = base::SteadyTime::max());

  /// All pages of all lists for which the server declares a capability. Tools beyond the bounds are
  /// an error, Code::limit: a server of which not all is known is not called. Of the rest, what goes
  /// beyond is left out.
  base::Task<base::Result<Offers>> list_offers(const Handshake& handshake,
                                               const base::Limits& limits,
                                               base::SteadyTime deadline);

  /// Sends a request under a fresh id, which is its progress token as well. `handshake` and what
  /// `call` refers to live until the task ends.
  base::Task<base::Result<std::unique_ptr<Exchange>>> call(const Handshake& handshake,
                                                           ServerCall call,
                                                           RequestDeadlines deadlines);

  /// What opens a stream on which the server tells when what it lists changes; a session's goes on
  /// behind `last_event_id`, unless that is "".
  StreamRequest stream_request(const Handshake& handshake, const std::string& last_event_id);

 private:
  struct Answer {
    int status;
    std::string session;
    Response response;
    std::size_t bytes;  // as it was sent
  };
  base::Task<base::Result<Answer>> ask(const Handshake& handshake, std::string method,
                                       base::Json params, base::SteadyTime deadline);
  struct ListKind;
  struct Pages;
  base::Task<base::Result<Pages>> list(const Handshake& handshake, const ListKind& kind,
                                       const base::Limits& limits, base::SteadyTime deadline);
  base::Task<base::Status> list_more(const Handshake& handshake, const ListKind& kind,
                                     const base::Limits& limits, base::SteadyTime deadline,
                                     std::vector<base::Json>& taken,
                                     std::vector<std::string>& complaints);
  base::Task<base::Result<Handshake>> initialize(base::SteadyTime deadline);
  base::Task<void> lower_log_level(const Handshake& handshake, LogLevel level);
  Id next_id() { return Id(++ids_); }

  Transport& transport_;
  std::atomic<std::int64_t>& ids_;
};

}  // namespace mcp
