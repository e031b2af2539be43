#include "gateway/call_events.h"

namespace gateway {

bool CallEvents::wanted(const mcp::Notification& notification) const {
  if (notification.method == mcp::notice::progress) return token_.has_value();
  if (notification.method != mcp::notice::message || !level_) return false;
  const auto level = mcp::level_of(notification);
  return level && *level >= *level_;
}

void CallEvents::notify(mcp::Notification notification, std::size_t) {
  if (!wanted(notification)) return;
  // The server knows the token of its own hop.
  if (notification.method == mcp::notice::progress) {
    notification.params["progressToken"] = mcp::to_json(*token_);
  }
  stream_.send(mcp::notification_text(notification.method, notification.params));
}

}  // namespace gateway
