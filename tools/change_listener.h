#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/cancellation.h"
#include "base/event_loops.h"
#include "base/log.h"
#include "mcp/client.h"
#include "mcp/http_transport.h"
#include "tools/listen_pace.h"
#include "tools/upstream_link.h"

namespace tools {

/// What follows from the end of a stream, or from a refusal to open one.
enum class AfterStream {
  again,         ///< after a pause
  give_up,       ///< the server has no such streams: it is asked from time to time instead
  session_over,  ///< the server does not know the session any more
};
/// `goes_on`: a stream was open before in this session.
AfterStream after_stream(const base::Error& why, bool goes_on);

/// Listens to one server over HTTP, so that a change of what it lists is known before it would be asked
/// for: one stream for each session, opened again when it ends. However much the server says, a
/// few reads a second is all that it gets. Belongs to its loop.
class ChangeListener {
 public:
  struct Events {
    std::function<void()> offers_changed;  ///< or may have, while nobody listened
    std::function<void(const std::shared_ptr<const mcp::Handshake>&)> session_over;
  };

  /// `transport` and `client` live as long as what `anchor` returns does; all else outlives this.
  ChangeListener(base::Loop& loop, mcp::HttpTransport& transport, mcp::Client& client,
                 const std::string& server, base::Log& log, Events events,
                 std::function<Anchor()> anchor);

  /// The server is known by this handshake now. A stream of the same session goes on; others end.
  void follow(std::shared_ptr<const mcp::Handshake> handshake);
  void stop();
  /// Stops, and never listens again.
  void end();

 private:
  struct Session {
    std::shared_ptr<const mcp::Handshake> handshake;
    base::Cancellation cancellation;
    bool was_open = false;
    std::string last_event_id;
    std::chrono::milliseconds pause{0};  // before the next stream
    base::SteadyTime given_up = base::SteadyTime::max();
  };
  using Pointer = std::shared_ptr<Session>;

  bool goes_on_with(const mcp::Handshake& handshake) const;
  base::Task<void> listen(Pointer session, Anchor anchor);
  base::Task<base::Error> hear(Session& session);
  void note_open(Session& session);
  base::Task<void> pause(Session& session, std::chrono::milliseconds time);
  bool over(const Session& session) const {
    return session.cancellation.requested() || loop_.ending();
  }

  base::Loop& loop_;
  mcp::HttpTransport& transport_;
  mcp::Client& client_;
  const std::string& server_;
  base::Log& log_;
  const Events events_;
  const std::function<Anchor()> anchor_;
  ListenPace pace_;
  Pointer session_;
  bool ended_ = false;
  bool said_why_ = false;  // that nobody listens
};

}  // namespace tools
