#include "mcp/change_reader.h"

#include <algorithm>
#include <utility>

#include "mcp/notifications.h"

namespace mcp {
namespace {

using base::Code;
using base::Error;
using base::Json;

// In one piece; a server that asks more at once is flooding.
constexpr std::size_t most_asked = 8;
constexpr std::chrono::seconds longest_retry{60};

// Of what was asked for, a server need not tell all.
bool honours_any(const Notification& acknowledgement) {
  const Json* honoured = base::find_member(acknowledgement.params, "notifications");
  if (honoured == nullptr) return false;
  for (const char* key : {"toolsListChanged", "promptsListChanged", "resourcesListChanged"}) {
    const Json* flag = base::find_member(*honoured, key);
    if (flag != nullptr && flag->is_boolean() && flag->get<bool>()) return true;
  }
  return false;
}

bool is_about(const Notification& cancelled, const Id& id) {
  const Json* member = base::find_member(cancelled.params, "requestId");
  return member != nullptr && parse_id(*member) == id;
}

}  // namespace

base::Result<Changes> ChangeReader::feed(std::string_view bytes) {
  if (auto fed = events_.feed(bytes); !fed) {
    return Error{Code::broken, "it sent an event that is longer than allowed", {}};
  }
  Changes changes;
  while (auto event = events_.next()) {
    auto parsed = base::parse_json(event->data, limits_.json);
    if (!parsed) return Error{Code::broken, "its stream holds invalid JSON", {}};
    auto message = parse_message(std::move(parsed->value));
    if (!message) return Error{Code::broken, "its stream holds what is not JSON-RPC", {}};
    if (auto taken = take(*std::move(message), changes); !taken) return taken.error();
  }
  return changes;
}

base::Status ChangeReader::take(Message message, Changes& changes) {
  if (const auto* response = std::get_if<Response>(&message)) {
    return take_response(*response, changes);
  }
  if (const auto* notification = std::get_if<Notification>(&message)) {
    return take_notification(*notification, changes);
  }
  // A modern server must not ask, and is not heard.
  if (subscription_) return {};
  if (changes.asked.size() >= most_asked) return Error{Code::limit, "it floods its stream", {}};
  changes.asked.push_back(std::get<Request>(std::move(message)));
  return {};
}

// A GET brings no responses to anything that was asked here.
base::Status ChangeReader::take_response(const Response& response, Changes& changes) const {
  if (!subscription_) return {};
  if (response.error) {
    return Error{Code::refused,
                 "it refused subscriptions/listen with JSON-RPC error " +
                     std::to_string(response.error->code),
                 {}};
  }
  if (response.id == subscription_) changes.ended = true;
  return {};
}

// Nothing counts before the acknowledgement (2026-07-28, subscriptions). Of its end a server says
// so by the result, or by notifications/cancelled: the specification has both.
base::Status ChangeReader::take_notification(const Notification& notification, Changes& changes) {
  if (!subscription_) {
    if (says_offers_changed(notification)) changes.offers_changed = true;
    return {};
  }
  if (!opened_) {
    if (notification.method != notice::acknowledged) return {};
    if (!honours_any(notification)) {
      return Error{Code::refused, "it does not tell when what it lists changes", {}};
    }
    opened_ = true;
    return {};
  }
  if (says_offers_changed(notification)) changes.offers_changed = true;
  if (notification.method == notice::cancelled && is_about(notification, *subscription_)) {
    changes.ended = true;
  }
  return {};
}

// It travels in a header: what could not is not sent back.
std::string ChangeReader::last_event_id() const {
  const std::string& id = events_.last_id();
  const bool visible =
      std::all_of(id.begin(), id.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return visible && !subscription_ ? id : std::string();
}

std::chrono::milliseconds ChangeReader::retry() const {
  return std::min<std::chrono::milliseconds>(
      std::chrono::milliseconds(events_.retry_ms().value_or(0)), longest_retry);
}

}  // namespace mcp
