#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/event_loops.h"
#include "base/log.h"
#include "base/result.h"
#include "base/sqlite_journal.h"
#include "gateway/admin.h"
#include "gateway/authenticator.h"
#include "gateway/config.h"
#include "gateway/endpoint.h"
#include "gateway/key_store.h"
#include "gateway/list_changes.h"
#include "gateway/listener.h"
#include "gateway/mcp_service.h"
#include "gateway/metrics.h"
#include "gateway/monitor.h"
#include "gateway/origin_guard.h"
#include "gateway/pipeline/call_metrics.h"
#include "gateway/pipeline/pipeline.h"
#include "gateway/pipeline/upstream_dispatcher.h"
#include "gateway/readiness.h"
#include "gateway/sessions.h"
#include "policies/ledger/memory_ledger.h"
#include "tools/upstreams.h"

namespace gateway {

/// What the ledger finds in the journal at a start.
struct JournalState {
  std::vector<policies::ledger::StoredSpending> spent;
  std::string store_epoch;
};

/// The running gateway: everything that a configuration asks for, put together. Members stand in
/// the order in which they need each other; they end in the opposite one.
class Gateway {
 public:
  /// Opens files and sockets. Code::unavailable with a sentence when one cannot be opened.
  static base::Result<std::unique_ptr<Gateway>> open(const Config& config,
                                                     policies::PolicyDocument policy,
                                                     base::Log& log);
  ~Gateway();

  /// Starts to accept and to discover; returns at once.
  void start();
  /// Takes no more connections and no more calls; those in flight go on.
  void drain();
  /// Requests that are being answered.
  std::size_t requests_in_flight() const { return load_.calls; }
  /// Ends all connections and waits until nothing runs any more.
  void stop();

  /// The URL of the endpoint, with the port that was bound.
  std::string url() const;

 private:
  Gateway(const Config& config, policies::PolicyDocument policy, base::Log& log,
          std::unique_ptr<base::SqliteJournal> journal, std::unique_ptr<KeyStore> keys,
          const JournalState& state);
  base::Status answer_for_open_intents();
  base::Status listen();
  base::Status listen_for_monitoring();
  void publish_snapshot();
  void report_disabled_servers();

  const Config config_;
  base::Log& log_;
  std::unique_ptr<base::SqliteJournal> journal_;
  std::unique_ptr<KeyStore> keys_;  // null: no policies, loopback is the agent `local`
  std::shared_ptr<const policies::Policy> policy_;
  pipeline::CurrentSnapshot snapshot_;
  Load load_;
  base::EventLoops loops_;
  std::unique_ptr<policies::ledger::Ledger> ledger_;
  tools::Upstreams upstreams_;
  pipeline::UpstreamDispatcher dispatcher_;
  pipeline::CallMetrics call_metrics_;
  pipeline::Pipeline calls_;
  pipeline::Pipeline dry_runs_;
  Sessions sessions_;
  ListChanges list_changes_;
  OriginGuard guard_;
  Authenticator authenticator_;
  McpService service_;
  Readiness readiness_;
  Metrics metrics_;
  Endpoint endpoint_;
  Admin admin_;
  Load monitor_load_;
  Monitor monitor_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Listener> admin_listener_;
  std::unique_ptr<Listener> monitor_listener_;  // null: not configured
  std::jthread key_refresher_;
};

}  // namespace gateway
