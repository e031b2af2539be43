#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "mcp/jsonrpc.h"
#include "mcp/sse_reader.h"

namespace mcp {

/// What a piece of a stream said.
struct Changes {
  bool offers_changed = false;  ///< what it lists, at least once
  bool ended = false;           ///< in good order: it may be opened again
  std::vector<Request> asked;   ///< requests of the server, which want an answer
};

/// Reads the stream on which a server tells of changes: the answer to subscriptions/listen
/// (2026-07-28), or what a GET brings in a session (before). Whatever it says, memory is bounded
/// by one event and one piece. Not thread-safe.
class ChangeReader {
 public:
  /// `subscription` is the id of the subscriptions/listen; without, it is a GET.
  ChangeReader(std::optional<Id> subscription, const base::Limits& limits)
      : subscription_(std::move(subscription)),
        limits_(limits),
        events_(limits.notification),
        opened_(!subscription_) {}

  /// Takes the next piece. Code::refused: it does not tell of changes; Code::broken: it is no such
  /// stream; Code::limit: it floods.
  base::Result<Changes> feed(std::string_view bytes);

  /// Whether changes are told from now on: a subscription must be acknowledged.
  bool opened() const { return opened_; }
  /// Where a further GET can go on (Last-Event-ID); "" when it cannot.
  std::string last_event_id() const;
  /// How long the server wants to be left alone before that, as far as this is heeded.
  std::chrono::milliseconds retry() const;

 private:
  base::Status take(Message message, Changes& changes);
  base::Status take_response(const Response& response, Changes& changes) const;
  base::Status take_notification(const Notification& notification, Changes& changes);

  std::optional<Id> subscription_;
  const base::Limits& limits_;
  SseReader events_;
  bool opened_;
};

}  // namespace mcp
