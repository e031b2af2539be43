#pragma once

#include <chrono>
#include <string>

#include "base/sqlite_journal.h"
#include "gateway/approval_webhook.h"
#include "gateway/connection.h"
#include "gateway/pipeline/call_metrics.h"
#include "gateway/reloader.h"
#include "tools/upstreams.h"

namespace gateway {

/// What `/metrics` shows. Labels are names of servers and words of the program: as many as the
/// configuration has. Thread-safe.
class Metrics {
 public:
  struct Sources {
    const pipeline::CallMetrics& calls;
    const Load& load;
    const tools::Upstreams& upstreams;
    const base::SqliteJournal& journal;
    const Reloader& reloader;
    const ApprovalWebhook* webhook = nullptr;  ///< null: not configured
  };

  explicit Metrics(const Sources& sources) : sources_(sources) {}

  HttpResponse page() const;

 private:
  Sources sources_;
};

}  // namespace gateway
