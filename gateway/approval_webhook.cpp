#include "gateway/approval_webhook.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"
#include "base/crypto.h"
#include "base/version.h"

namespace gateway {
namespace {

using base::Code;
using base::Error;
using policies::approvals::Approval;
using policies::approvals::Notice;

constexpr std::size_t most_messages = 1'000;
constexpr std::chrono::seconds attempt_timeout{10};
// Before the second attempt, the third, …; then it has failed.
constexpr std::array<std::chrono::seconds, 5> pauses = {
    std::chrono::seconds(1), std::chrono::seconds(5), std::chrono::seconds(30),
    std::chrono::seconds(120), std::chrono::seconds(600)};
constexpr std::chrono::milliseconds longest_nap{1'000};
constexpr std::size_t longest_answer = 64 << 10;
constexpr std::string_view message_id_alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t message_id_length = 24;

std::string unix_seconds(std::chrono::system_clock::time_point time) {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

std::string webhook_signature(std::string_view secret, std::string_view id,
                              std::string_view timestamp, std::string_view body) {
  std::string text;
  text.append(id).append(".").append(timestamp).append(".").append(body);
  const base::Sha256Digest mac = base::hmac_sha256(secret, text);
  return "v1," + base::base64_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

ApprovalWebhook::ApprovalWebhook(base::Loop& loop, WebhookConfig config, const base::Limits& limits,
                                 std::shared_ptr<const base::TlsContext> tls, base::Log& log)
    : loop_(loop),
      config_(std::move(config)),
      log_(log),
      client_(loop, config_.url, limits, std::move(tls)) {}

void ApprovalWebhook::tell(const Approval& approval, Notice notice) {
  if (!config_.events.contains(notice)) return;
  Message message{"msg_" + base::random_text(message_id_alphabet, message_id_length), approval.id,
                  notification_body(approval, notice, std::chrono::system_clock::now())};
  bool full = false, begins = false;
  {
    const std::lock_guard lock(mutex_);
    full = queue_.size() >= most_messages;
    if (!full) {
      queue_.emplace(std::chrono::steady_clock::now(), std::move(message));
      begins = !std::exchange(sending_, true);
    }
  }
  if (begins) loop_.spawn(keep_sending());
  if (!full) return;
  ++counts_.dropped;
  log_.write(base::LogLevel::warn, "webhook_dropped",
             {{"approval", approval.id}, {"reason", "too many messages wait"}});
}

base::Task<void> ApprovalWebhook::keep_sending() {
  while (true) {
    Next found = next();
    if (found.none) co_return;
    if (!found.message) {
      if (!co_await loop_.sleep(found.pause)) co_return;
      continue;
    }
    const base::Status sent = co_await send(*found.message);
    if (sent) {
      ++counts_.delivered;
    } else if (loop_.ending()) {
      co_return;
    } else {
      again_or_fail(*std::move(found.message), sent.error());
    }
  }
}

ApprovalWebhook::Next ApprovalWebhook::next() {
  const std::lock_guard lock(mutex_);
  Next found;
  found.none = queue_.empty();
  if (found.none) {
    sending_ = false;
    return found;
  }
  const auto first = queue_.begin();
  const auto left = first->first - std::chrono::steady_clock::now();
  if (left.count() <= 0) {
    found.message = std::move(first->second);
    queue_.erase(first);
  } else {
    // A newer one may come meanwhile.
    found.pause = std::min(longest_nap, std::chrono::ceil<std::chrono::milliseconds>(left));
  }
  return found;
}

base::Task<base::Status> ApprovalWebhook::send(const Message& message) {
  const std::string timestamp = unix_seconds(std::chrono::system_clock::now());
  base::ClientRequest request;
  request.method = "POST";
  request.target = config_.url.target;
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("User-Agent", "sluice/" + std::string(base::version));
  request.headers.emplace_back("webhook-id", message.id);
  request.headers.emplace_back("webhook-timestamp", timestamp);
  request.headers.emplace_back(
      "webhook-signature", webhook_signature(config_.secret, message.id, timestamp, message.body));
  request.body = message.body;
  request.repeatable = true;  // receivers know a message by its id
  const auto deadline = std::chrono::steady_clock::now() + attempt_timeout;
  auto response = co_await client_.send(std::move(request), deadline);
  if (!response) co_return response.error();
  const int status = response->status();
  std::string answer;  // read, so that the connection serves again
  response->set_deadline(deadline);
  while (!response->finished()) {
    const auto more = co_await response->read(answer, longest_answer);
    if (!more || !*more) break;
  }
  if (status / 100 == 2) co_return base::Status();
  co_return Error{Code::refused, "it answered " + std::to_string(status), {}};
}

void ApprovalWebhook::again_or_fail(Message message, const Error& error) {
  const auto attempt = static_cast<std::size_t>(message.attempts++);
  const std::string reason = error.message + (error.detail.empty() ? "" : ": " + error.detail);
  log_.write(base::LogLevel::warn, "webhook_failed",
             {{"approval", message.approval},
              {"attempt", std::int64_t{message.attempts}},
              {"last", attempt >= pauses.size()},
              {"reason", reason}});
  if (attempt >= pauses.size()) {
    ++counts_.failed;
    return;
  }
  const std::lock_guard lock(mutex_);
  queue_.emplace(std::chrono::steady_clock::now() + pauses[attempt], std::move(message));
}

}  // namespace gateway
