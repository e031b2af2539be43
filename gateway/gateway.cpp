#include "gateway/gateway.h"

#include <unistd.h>

#include <utility>

#include "base/blocking_loop.h"
#include "gateway/address_config.h"
#include "gateway/offer_report.h"
#include "gateway/pipeline/record.h"
#include "gateway/pipeline/verify_tools.h"
#include "gateway/restart_keys.h"
#include "gateway/server_settings.h"
#include "gateway/unix_login.h"
#include "policies/approvals/approval_table.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/approvals/redis_approvals.h"
#include "policies/approve_reader.h"
#include "policies/ledger/redis_epoch.h"
#include "policies/ledger/redis_settings.h"
#include "policies/ledger/spending_table.h"
#include "policies/quota_reader.h"

namespace gateway {
namespace {

const policies::ledger::SystemClock ledger_clock;
constexpr std::chrono::seconds settle_pause{1};

std::unique_ptr<policies::ledger::Ledger> make_ledger(const Config& config, base::EventLoops& loops,
                                                      base::Journal& journal,
                                                      const JournalState& state) {
  if (!config.redis) {
    return std::make_unique<policies::ledger::MemoryLedger>(journal, ledger_clock, state.spent);
  }
  return std::make_unique<policies::ledger::RedisLedger>(
      loops, *config.redis, journal, ledger_clock, config.store_down.ledger, state.store_epoch);
}

std::unique_ptr<policies::approvals::Approvals> make_approvals(const Config& config,
                                                               base::EventLoops& loops,
                                                               base::Journal& journal,
                                                               const JournalState& state) {
  if (!config.redis) {
    return std::make_unique<policies::approvals::MemoryApprovals>(journal, ledger_clock,
                                                                  state.asked);
  }
  return std::make_unique<policies::approvals::RedisApprovals>(loops, *config.redis, journal);
}

// Loading has read its authorities already; should they be gone since, nothing can be sent.
std::unique_ptr<ApprovalWebhook> make_webhook(const Config& config, base::EventLoops& loops,
                                              const base::Limits& limits, base::Log& log) {
  if (!config.webhook) return nullptr;
  std::shared_ptr<const base::TlsContext> tls;
  if (config.webhook->url.secure) {
    if (auto made = base::TlsContext::client(config.webhook->authorities)) tls = *std::move(made);
  }
  return std::make_unique<ApprovalWebhook>(loops.at(0), *config.webhook, limits, std::move(tls),
                                           log);
}

// A Redis that does not answer may be there later: then its first admission is what finds out.
base::Status check_store(const Config& config, const policies::PolicyDocument& policy) {
  const bool must_keep = policies::has_budgets(policy) || policies::has_approvals(policy);
  if (!config.redis || !must_keep) return {};
  base::BlockingLoop loop;
  base::RedisConnection redis(loop.loop(), *config.redis);
  base::Status kept = loop.run(policies::ledger::check_settings(redis));
  return kept.ok() || kept.error().code == base::Code::unavailable ? base::Status() : kept;
}

base::Result<std::unique_ptr<KeyStore>> open_keys(const Config& config) {
  if (config.policy_files.empty()) return std::unique_ptr<KeyStore>();
  return open_key_store(config);
}

}  // namespace

Gateway::Gateway(LoadedConfig loaded, Reloading reloading, base::Log& log,
                 std::unique_ptr<base::SqliteJournal> journal, std::unique_ptr<KeyStore> keys,
                 const JournalState& state)
    : config_(std::make_shared<const Config>(std::move(loaded.config))),
      limits_(config_->limits),
      log_(log),
      journal_(std::move(journal)),
      keys_(std::move(keys)),
      loops_(config_->threads),
      open_connections_(loops_),
      ledger_(make_ledger(*config_, loops_, *journal_, state)),
      webhook_(make_webhook(*config_, loops_, limits_, log)),
      approvals_(make_approvals(*config_, loops_, *journal_, state)),
      policy_(std::make_shared<const policies::Policy>(std::move(loaded.policy))),
      upstreams_(enabled_servers(*config_), loops_, limits_, log, [this] { publish_snapshot(); }),
      calls_(pipeline::call_pipeline({*journal_, log_, limits_, dispatcher_, *ledger_, call_metrics_,
                                      *approvals_, ledger_clock})),
      dry_runs_(pipeline::dry_run_pipeline(*ledger_)),
      runs_(runtime_, snapshot_, limits_),
      sessions_(limits_),
      list_changes_(loops_, snapshot_, limits_),
      questions_(*approvals_),
      guard_(config_->hosts),
      key_refresher_(keys_ ? std::make_unique<KeyRefresher>(*keys_, log) : nullptr),
      authenticator_(keys_.get(), snapshot_, key_refresher_.get()),
      stream_watch_(loops_, authenticator_, log),
      service_(snapshot_, calls_, sessions_, list_changes_, questions_, limits_),
      reloader_(std::move(reloading.load), config_, std::move(reloading.files),
                [this](const LoadedConfig& next) { return apply(next); }, log_),
      readiness_([this] { return upstreams_.current()->were_asked(); }, *journal_, load_),
      metrics_({call_metrics_, load_, upstreams_, *journal_, reloader_, webhook_.get()}),
      endpoint_(guard_, authenticator_, stream_watch_, service_, runs_, readiness_, log_),
      admin_({snapshot_, upstreams_, calls_, dry_runs_, limits_, *ledger_, metrics_, reloader_,
              *approvals_, ledger_clock, unix_login(::geteuid()), runs_}),
      admin_endpoint_(guard_, authenticator_, snapshot_, admin_, log_),
      monitor_connections_(loops_),
      monitor_(guard_, metrics_, readiness_) {
  if (webhook_) {
    approvals_->observe([this](const auto& approval, auto notice) {
      webhook_->tell(approval, notice);
    });
  }
  publish_snapshot();
}

Gateway::~Gateway() { stop(); }

base::Result<std::unique_ptr<Gateway>> Gateway::open(LoadedConfig loaded, Reloading reloading,
                                                     base::Log& log) {
  const Config& config = loaded.config;
  if (auto kept = check_store(config, loaded.policy); !kept) return kept.error();
  auto spending = std::make_unique<policies::ledger::SpendingTable>(ledger_clock);
  const policies::ledger::SpendingTable& spent = *spending;  // the journal keeps it
  base::SqliteJournal::Projections projections;
  projections.push_back(std::move(spending));
  auto approvals = std::make_unique<policies::approvals::ApprovalTable>();
  const policies::approvals::ApprovalTable& asked = *approvals;
  projections.push_back(std::move(approvals));
  auto journal = base::SqliteJournal::open(config.journal, {}, std::move(projections));
  if (!journal) return journal.error();
  auto epoch = policies::ledger::known_epoch(config.journal);
  if (!epoch) return epoch.error();
  auto keys = open_keys(config);
  if (!keys) return keys.error();
  std::unique_ptr<Gateway> gateway(new Gateway(std::move(loaded), std::move(reloading), log,
                                               std::move(*journal), std::move(*keys),
                                               {spent.rows(), *std::move(epoch), asked.rows()}));
  if (auto status = gateway->open_runtime(); !status) return status.error();
  if (auto status = gateway->answer_for_open_items(); !status) return status.error();
  if (auto status = gateway->listen(); !status) return status.error();
  return gateway;
}

base::Status Gateway::open_runtime() {
  if (config_->runtime.agents.empty()) return {};
  auto sealer = config_->seal_key.empty() ? base::Sealer::from_file(config_->seal_key_file)
                                          : base::Sealer::from_key(config_->seal_key);
  if (!sealer) return sealer.error();
  const auto tools_known = [this] { return upstreams_.current()->were_asked(); };
  auto runtime = runtime::Runtime::open(
      config_->runtime, *std::move(sealer),
      {loops_, *journal_, config_->journal, log_, calls_, snapshot_, *ledger_, *approvals_, limits_,
       tools_known, config_->redis});
  if (!runtime) return runtime.error();
  runtime_ = *std::move(runtime);
  return {};
}

// An intent without an outcome means that the process stopped in between: what happened is unknown,
// and is said to be; a run that made the call finds its intent. A run without an end goes on.
base::Status Gateway::answer_for_open_items() {
  auto open = journal_->open_items();
  if (!open) return open.error();
  for (const base::JournalRecord& intent : *open) {
    if (intent.stream == runtime::run_stream) {
      if (runtime_) runtime_->take_over(intent);
      continue;
    }
    log_.write(base::LogLevel::warn, "outcome_unknown", {{"intent", intent.key}});
    std::vector<base::JournalEntry> entries;
    entries.push_back(pipeline::crashed_outcome_entry(intent.key));
    if (auto status = journal_->submit(std::move(entries)); !status) return status.error();
  }
  return {};
}

base::Status Gateway::listen() {
  const bool open = has_other_people(unix_login(::geteuid()), *policy_);
  auto admin = listen_unix(loops_, config_->admin_socket,
                           open ? SocketAccess::everybody : SocketAccess::owner,
                           {admin_, limits_, admin_load_, log_, open_connections_});
  if (!admin) return admin.error();
  admin_listener_ = std::move(*admin);
  auto tls = open_tls();
  if (!tls) return tls.error();
  auto listener = listen_tcp(loops_, config_->listen.host, config_->listen.port,
                             {endpoint_, limits_, load_, log_, open_connections_},
                             *std::move(tls));
  if (!listener) return listener.error();
  listener_ = std::move(*listener);
  if (config_->admin) {
    if (auto listening = listen_for_people(); !listening) return listening;
  }
  return config_->metrics ? listen_for_monitoring() : base::Status{};
}

// Null: none is configured.
base::Result<std::unique_ptr<ListenerTls>> Gateway::open_tls() {
  if (!config_->tls) return std::unique_ptr<ListenerTls>();
  return ListenerTls::open(*config_->tls, log_);
}

// Over a network with TLS; on loopback, where tunnels and proxies end, without.
base::Status Gateway::listen_for_people() {
  base::Result<std::unique_ptr<ListenerTls>> tls = std::unique_ptr<ListenerTls>();
  if (!is_loopback(*config_->admin)) tls = open_tls();
  if (!tls) return tls.error();
  auto listener = listen_tcp(loops_, config_->admin->host, config_->admin->port,
                             {admin_endpoint_, limits_, people_load_, log_, open_connections_}, *std::move(tls));
  if (!listener) return listener.error();
  people_listener_ = std::move(*listener);
  log_.write(base::LogLevel::info, "admin", {{"port", std::int64_t{people_listener_->port()}}});
  return {};
}

base::Status Gateway::listen_for_monitoring() {
  auto listener = listen_tcp(loops_, config_->metrics->host, config_->metrics->port,
                             {monitor_, limits_, monitor_load_, log_, monitor_connections_}, nullptr);
  if (!listener) return listener.error();
  monitor_listener_ = std::move(*listener);
  log_.write(base::LogLevel::info, "metrics", {{"port", std::int64_t{monitor_listener_->port()}}});
  return {};
}

void Gateway::start() {
  report_disabled_servers(*config_);
  upstreams_.start();
  stream_watch_.start();
  listener_->start();
  admin_listener_->start();
  if (people_listener_) people_listener_->start();
  if (monitor_listener_) monitor_listener_->start();
  loops_.at(0).spawn(keep_settling());
  loops_.start();
  if (runtime_) runtime_->start();
  reloader_.start();
  if (key_refresher_) key_refresher_->start();
}

// Questions that nobody looks at are passed on, and expire, all the same.
base::Task<void> Gateway::keep_settling() {
  for (;;) {
    const bool goes_on = co_await loops_.at(0).sleep(settle_pause);
    if (!goes_on) co_return;
    co_await approvals_->settle();
  }
}

void Gateway::drain() {
  log_.write(base::LogLevel::info, "draining",
             {{"requests", static_cast<std::int64_t>(requests_in_flight())}});
  load_.draining = admin_load_.draining = people_load_.draining = true;
  list_changes_.end_all();
  upstreams_.drain();
  if (runtime_) runtime_->drain();
  approvals_->end_waiting();
  listener_->stop();
  open_connections_.end_idle();
}

void Gateway::stop() {
  reloader_.stop();
  if (key_refresher_) key_refresher_->stop();
  loops_.stop();
  std::error_code ignored;
  if (admin_listener_) std::filesystem::remove(config_->admin_socket, ignored);
  admin_listener_.reset();
  people_listener_.reset();
  monitor_listener_.reset();
  listener_.reset();
}

std::string Gateway::url() const {
  const bool address = config_->listen.host.find(':') != std::string::npos;
  const std::string host = address ? "[" + config_->listen.host + "]" : config_->listen.host;
  return (config_->tls ? "https://" : "http://") + host + ":" +
         std::to_string(listener_->port()) + "/mcp";
}

// On the reloader's thread. Nothing of `next` is in force when it fails.
base::Status Gateway::apply(const LoadedConfig& next) {
  if (auto live = check_live(*config_, next.config); !live) return live;
  if (auto kept = check_store(*config_, next.policy); !kept) return kept;
  auto policy = std::make_shared<const policies::Policy>(next.policy);
  const auto servers = static_cast<std::int64_t>(next.config.servers.size());
  log_.write(base::LogLevel::info, "config_loaded",
             {{"policy", policy->version()}, {"servers", servers}});
  report_disabled_servers(next.config);
  const std::lock_guard lock(publishing_);
  limits_ = next.config.limits;
  ledger_->set_store_down(next.config.store_down.ledger);
  if (keys_ && next.config.redis) keys_->count_for(next.config.store_down.keys_cached);
  policy_ = std::move(policy);
  upstreams_.replace(enabled_servers(next.config));
  publish();
  return {};
}

void Gateway::publish_snapshot() {
  const std::lock_guard lock(publishing_);
  publish();
}

// With publishing_ held. What the servers offer seldom changes, nor which tools are given keys, and
// the catalog with them.
void Gateway::publish() {
  auto upstreams = upstreams_.current();
  auto offered = upstreams->tools();
  const std::size_t longest_name = limits_.exported_name;
  auto keys = pipeline::key_arguments(*policy_, offered);
  auto withheld = pipeline::unverifiable(*policy_, offered);
  const bool same = catalog_ && offered == offered_ && catalog_->longest_name() == longest_name &&
                    catalog_->keys() == keys && catalog_->withheld() == withheld;
  if (!same) {
    catalog_ = std::make_shared<const tools::Catalog>(offered, longest_name, std::move(keys),
                                                      std::move(withheld));
    offered_ = std::move(offered);
    for (const auto& server : offered_) report_unoffered(*server, log_);
    for (const tools::CatalogEntry& entry : catalog_->entries()) {
      if (entry.quarantine.empty()) continue;
      const std::string id = entry.id();
      log_.write(base::LogLevel::warn, "quarantined", {{"tool", id}, {"reason", entry.quarantine}});
    }
  }
  snapshot_.set(pipeline::make_snapshot(policy_, catalog_, std::move(upstreams)));
}

void Gateway::report_disabled_servers(const Config& config) {
  for (const ServerConfig& server : config.servers) {
    if (server.disabled.empty()) continue;
    log_.write(base::LogLevel::warn, "server_disabled",
               {{"server", server.name}, {"reason", server.disabled}});
  }
}

}  // namespace gateway
