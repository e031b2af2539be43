#pragma once

#include <optional>
#include <string_view>

#include "mcp/jsonrpc.h"
#include "mcp/log_level.h"

namespace mcp {

/// Methods of notifications.
namespace notice {
inline constexpr std::string_view progress = "notifications/progress";
inline constexpr std::string_view message = "notifications/message";
inline constexpr std::string_view cancelled = "notifications/cancelled";
inline constexpr std::string_view tools_changed = "notifications/tools/list_changed";
inline constexpr std::string_view prompts_changed = "notifications/prompts/list_changed";
inline constexpr std::string_view resources_changed = "notifications/resources/list_changed";
inline constexpr std::string_view acknowledged = "notifications/subscriptions/acknowledged";
}  // namespace notice

/// Whether it says that what the server lists has changed: tools, prompts or resources.
bool says_offers_changed(const Notification& notification);

/// The token in `params` of notifications/progress, or in the `_meta` of a request that asks for
/// progress: an integer or a string, as an id. nullopt when there is none that is valid.
std::optional<Id> progress_token(const base::Json& holder);

/// The level of a notifications/message; nullopt when it has none that is known.
std::optional<LogLevel> level_of(const Notification& notification);

/// Whether a notification that came along with the answer to request `id` is about that request:
/// progress under its token, which is the id, or a log message.
bool concerns(const Notification& notification, const Id& id);

/// The notification by which one side learns that the other no longer waits for `id`.
std::string cancelled_text(const Id& id, std::string_view reason);

}  // namespace mcp
