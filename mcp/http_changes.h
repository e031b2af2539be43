#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/http_client.h"
#include "mcp/change_reader.h"
#include "mcp/transport.h"

namespace mcp {

/// What a server over HTTP is told on the side: posted without waiting, lost when it cannot be
/// delivered. Empty where nothing can be said.
using TalkBack = std::function<void(std::string message)>;

/// A stream on which a server over HTTP tells of changes. Dropping it closes the connection, which ends it at the server too.
class HttpChanges {
 public:
  /// How long a server may say nothing at all. Changes that are not told are seen by asking.
  static constexpr std::chrono::hours silence{1};

  /// `cancellation` ends next() with Code::cancelled, and outlives this.
  HttpChanges(base::ClientResponse response, std::optional<Id> subscription, TalkBack talk_back,
              base::Cancellation* cancellation, const base::Limits& limits)
      : response_(std::move(response)),
        reader_(std::move(subscription), limits),
        talk_back_(std::move(talk_back)),
        cancellation_(cancellation),
        limits_(limits) {}

  /// Waits for the next piece. Requests in it are answered. Errors are those of ChangeReader and of
  /// the connection.
  base::Task<base::Result<Changes>> next();

  /// Whether changes are told from now on.
  bool opened() const { return reader_.opened(); }
  std::string last_event_id() const { return reader_.last_event_id(); }
  std::chrono::milliseconds retry() const { return reader_.retry(); }

 private:
  base::ClientResponse response_;
  ChangeReader reader_;
  TalkBack talk_back_;
  base::Cancellation* cancellation_;
  const base::Limits& limits_;
};

}  // namespace mcp
