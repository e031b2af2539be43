#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loops.h"
#include "base/json.h"
#include "mcp/client.h"

namespace tools {

/// Who calls, as far as a server may tell callers apart.
struct Caller {
  std::string agent;
  std::string session;  ///< "" for clients that have none
};

/// What a server says of itself when it is asked.
struct Discovery {
  mcp::Handshake handshake;
  mcp::Offers offers;
};

/// Why calls to a server fail that a reload has removed.
inline constexpr const char* not_configured = "it is no longer configured";

/// What keeps the owner of a link alive as long as somebody holds it: whoever still calls back into
/// the link does.
using Anchor = std::shared_ptr<const void>;

/// How long it is taken for granted which protocol a server speaks.
inline constexpr std::chrono::hours verdict_ttl{1};

/// What a link says of its server, from any thread.
struct LinkEvents {
  std::function<void(std::string why)> lost;  ///< calls do not reach it
  std::function<void()> session_ended;        ///< it is there, and must be asked anew who it is
  std::function<void()> offers_changed;       ///< it offers other tools, prompts or resources
};

/// What servers over HTTP and over stdio differ in: how they are reached. Thread-safe, but for
/// discover(), tend(), stop_listening() and end(), which belong to loop 0.
class UpstreamLink {
 public:
  virtual ~UpstreamLink() = default;

  /// Reaches the server, anew if need be, and asks who it is and what it offers.
  virtual base::Task<base::Result<Discovery>> discover() = 0;
  /// Asks what it offers now. A session goes on; what can change without one ending, such as the
  /// protocol it speaks, is asked again. nullopt: it cannot be asked without starting it anew.
  virtual base::Task<base::Result<std::optional<Discovery>>> refresh() = 0;
  /// Whether calls have somebody to go to. When not, the next discover() may help.
  virtual bool usable() const = 0;
  /// Sends a call. Errors are those of mcp::Exchange.
  virtual base::Task<base::Result<std::unique_ptr<mcp::Exchange>>> call(base::Loop& loop,
                                                                        Caller caller,
                                                                        mcp::ServerCall call) = 0;
  /// Several times a second: ends what is no longer needed.
  virtual void tend() {}
  /// Forgets everything that is known of the server, and ends what was started for it.
  virtual void reset() = 0;
  /// Ends the streams that are kept open to hear of changes, for good.
  virtual void stop_listening() {}
  /// Ends everything that was or is being started for it; nothing is started any more.
  virtual void end() { reset(); }
  /// Whether losing it again and again is a reason to leave it alone.
  virtual bool can_crash() const = 0;
  /// Processes that run for it.
  virtual std::size_t instances() const { return 0; }
};

}  // namespace tools
