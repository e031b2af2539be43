#include "mcp/notifications.h"

namespace mcp {

bool says_offers_changed(const Notification& notification) {
  const std::string& method = notification.method;
  return method == notice::tools_changed || method == notice::prompts_changed ||
         method == notice::resources_changed;
}

std::optional<Id> progress_token(const base::Json& holder) {
  const base::Json* token = base::find_member(holder, "progressToken");
  return token == nullptr ? std::nullopt : parse_id(*token);
}

std::optional<LogLevel> level_of(const Notification& notification) {
  const std::string* level = base::find_string(notification.params, "level");
  return level == nullptr ? std::nullopt : parse_log_level(*level);
}

bool concerns(const Notification& notification, const Id& id) {
  if (notification.method == notice::message) return true;
  return notification.method == notice::progress && progress_token(notification.params) == id;
}

std::string cancelled_text(const Id& id, std::string_view reason) {
  return notification_text(notice::cancelled, {{"requestId", to_json(id)}, {"reason", reason}});
}

}  // namespace mcp
