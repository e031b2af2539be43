#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/event_loops.h"
#include "base/file_reader.h"
#include "base/log.h"
#include "base/result.h"
#include "base/sqlite_journal.h"
#include "gateway/admin.h"
#include "gateway/admin_endpoint.h"
#include "gateway/approval_webhook.h"
#include "gateway/authenticator.h"
#include "gateway/endpoint.h"
#include "gateway/key_refresher.h"
#include "gateway/key_store.h"
#include "gateway/list_changes.h"
#include "gateway/listener.h"
#include "gateway/loaded_config.h"
#include "gateway/mcp_service.h"
#include "gateway/metrics.h"
#include "gateway/monitor.h"
#include "gateway/origin_guard.h"
#include "gateway/pipeline/call_metrics.h"
#include "gateway/pipeline/pipeline.h"
#include "gateway/pipeline/upstream_dispatcher.h"
#include "gateway/readiness.h"
#include "gateway/reloader.h"
#include "gateway/runs_api.h"
#include "gateway/sessions.h"
#include "gateway/stream_watch.h"
#include "policies/approvals/approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "tools/upstreams.h"

namespace gateway {

/// What the ledger and the approvals find in the journal at a start.
struct JournalState {
  std::vector<policies::ledger::StoredSpending> spent;
  std::string store_epoch;
  std::vector<policies::approvals::Approval> asked;
};

/// The running gateway: everything that a configuration asks for, put together. Members stand in
/// the order in which they need each other; they end in the opposite one.
class Gateway {
 public:
  /// How the files of the configuration are read again, and which they were.
  struct Reloading {
    ConfigLoader load;
    base::FileSet files;
  };

  /// Opens files and sockets. Code::unavailable with a sentence when one cannot be opened.
  static base::Result<std::unique_ptr<Gateway>> open(LoadedConfig loaded, Reloading reloading,
                                                     base::Log& log);
  ~Gateway();

  /// Starts to accept and to discover; returns at once.
  void start();
  /// Takes no more connections and no more calls; those in flight go on.
  void drain();
  /// Requests whose answer is not sent yet.
  std::size_t requests_in_flight() const {
    return load_.unanswered + admin_load_.unanswered + people_load_.unanswered +
           (runtime_ ? runtime_->calls_in_flight() : 0);
  }
  /// Has the files read again, as when they change; returns at once.
  void reload() { reloader_.ask(); }
  /// Ends all connections and waits until nothing runs any more.
  void stop();

  /// The URL of the endpoint, with the port that was bound.
  std::string url() const;

 private:
  Gateway(LoadedConfig loaded, Reloading reloading, base::Log& log,
          std::unique_ptr<base::SqliteJournal> journal, std::unique_ptr<KeyStore> keys,
          const JournalState& state);
  base::Status open_runtime();
  base::Status answer_for_open_items();
  base::Status listen();
  base::Status listen_for_people();
  base::Status listen_for_monitoring();
  base::Result<std::unique_ptr<ListenerTls>> open_tls();
  base::Status apply(const LoadedConfig& next);
  void publish_snapshot();
  void publish();
  base::Task<void> keep_settling();
  void report_disabled_servers(const Config& config);

  const std::shared_ptr<const Config> config_;  // as at the start
  base::Limits limits_;                         // in force
  base::Log& log_;
  std::unique_ptr<base::SqliteJournal> journal_;
  std::unique_ptr<KeyStore> keys_;  // null: no policies, loopback is the agent `local`
  Load load_;
  base::EventLoops loops_;
  OpenConnections open_connections_;  // of clients and administrators
  std::unique_ptr<policies::ledger::Ledger> ledger_;
  std::unique_ptr<ApprovalWebhook> webhook_;  // null: not configured
  std::unique_ptr<policies::approvals::Approvals> approvals_;

  std::mutex publishing_;  // guards what follows: one snapshot after the other
  std::shared_ptr<const policies::Policy> policy_;
  std::shared_ptr<const tools::Catalog> catalog_;
  std::vector<std::shared_ptr<const tools::ServerTools>> offered_;  // what it is made of

  tools::Upstreams upstreams_;
  pipeline::CurrentSnapshot snapshot_;  // holds servers
  pipeline::UpstreamDispatcher dispatcher_;
  pipeline::CallMetrics call_metrics_;
  pipeline::Pipeline calls_;
  pipeline::Pipeline dry_runs_;
  std::unique_ptr<runtime::Runtime> runtime_;  // null: no agents are configured
  RunsApi runs_;
  Sessions sessions_;
  ListChanges list_changes_;
  ClientQuestions questions_;
  OriginGuard guard_;
  std::unique_ptr<KeyRefresher> key_refresher_;  // null as keys_ is
  Authenticator authenticator_;
  StreamWatch stream_watch_;
  McpService service_;
  Reloader reloader_;
  Readiness readiness_;
  Metrics metrics_;
  Endpoint endpoint_;
  Admin admin_;
  // Clients that take all there is do not shut out who can help.
  Load admin_load_;
  Load people_load_;
  AdminEndpoint admin_endpoint_;
  Load monitor_load_;
  OpenConnections monitor_connections_;
  Monitor monitor_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Listener> admin_listener_;
  std::unique_ptr<Listener> people_listener_;   // null: not configured
  std::unique_ptr<Listener> monitor_listener_;  // null: not configured
};

}  // namespace gateway
