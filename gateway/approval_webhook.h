#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/http_client.h"
#include "base/log.h"
#include "gateway/webhook_config.h"

namespace gateway {

/// Tells a receiver over HTTP that an approval needs people, or what was decided: signed as
/// Standard Webhooks says, tried again with growing pauses, a bounded number at a time. It waits
/// for nobody's call and nobody's call for it. Only a notification: decisions come in by the admin
/// listener. Thread-safe.
class ApprovalWebhook final {
 public:
  /// Messages by what became of them.
  struct Counts {
    std::atomic<std::uint64_t> delivered{0}, failed{0}, dropped{0};
  };

  /// `tls` is for an `https:` URL. All references outlive it, and the loop has stopped before it
  /// ends.
  ApprovalWebhook(base::Loop& loop, WebhookConfig config, const base::Limits& limits,
                  std::shared_ptr<const base::TlsContext> tls, base::Log& log);

  /// Queues a message, and returns at once.
  void tell(const policies::approvals::Approval& approval, policies::approvals::Notice notice);

  const Counts& counts() const { return counts_; }

 private:
  struct Message {
    std::string id;        ///< the same for every attempt
    std::string approval;  ///< for the log
    std::string body;
    int attempts = 0;
  };
  struct Next {
    std::optional<Message> message;      ///< one that is due
    std::chrono::milliseconds pause{0};  ///< else how long until there is one
    bool none = false;                   ///< nor will there be
  };

  base::Task<void> keep_sending();
  Next next();
  base::Task<base::Status> send(const Message& message);
  void again_or_fail(Message message, const base::Error& error);

  base::Loop& loop_;
  const WebhookConfig config_;
  base::Log& log_;
  base::HttpClient client_;
  Counts counts_;

  std::mutex mutex_;                                // guards what follows
  std::multimap<base::SteadyTime, Message> queue_;  // by when it is tried next
  bool sending_ = false;
};

/// `webhook-signature` of Standard Webhooks: HMAC-SHA256 over id, timestamp and body.
std::string webhook_signature(std::string_view secret, std::string_view id,
                              std::string_view timestamp, std::string_view body);

/// What is sent of an approval. Of the arguments no value: their hash as the audit has it, their
/// size and their names.
std::string notification_body(const policies::approvals::Approval& approval,
                              policies::approvals::Notice notice,
                              std::chrono::system_clock::time_point now);

}  // namespace gateway
