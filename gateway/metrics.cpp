#include "gateway/metrics.h"

#include <unistd.h>

#include <array>
#include <fstream>

#include "base/metrics_text.h"
#include "base/version.h"

namespace gateway {
namespace {

using base::MetricsText;
using ServerState = tools::UpstreamStatus::State;

constexpr std::array all_states = {ServerState::connecting, ServerState::ready, ServerState::down, ServerState::stopped};

std::uint64_t value_of(const std::atomic<std::uint64_t>& count) {
  return count.load(std::memory_order_relaxed);
}

void show_calls(MetricsText& text, const pipeline::CallMetrics& calls) {
  text.family("sluice_calls_total", "counter", "Calls of tools, by server and what became of them.");
  calls.each([&](const std::string& name, const pipeline::CallMetrics::Server& server) {
    for (std::size_t i = 0; i < server.calls.size(); ++i) {
      text.sample("", {{"server", name}, {"outcome", pipeline::CallMetrics::outcomes[i]}},
                  value_of(server.calls[i]));
    }
  });
  text.family("sluice_call_duration_seconds", "histogram", "From a call's arrival to its outcome.");
  calls.each([&](const std::string& name, const pipeline::CallMetrics::Server& server) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < server.times.size(); ++i) {
      const bool last = i == pipeline::CallMetrics::bounds.size();
      const std::string bound =
          last ? "+Inf"
               : MetricsText::seconds_text(
                     static_cast<std::uint64_t>(pipeline::CallMetrics::bounds[i]));
      sum += value_of(server.times[i]);
      text.sample("_bucket", {{"server", name}, {"le", bound}}, sum);
    }
    text.seconds("_sum", {{"server", name}}, value_of(server.micros));
    text.sample("_count", {{"server", name}}, sum);
  });
}

void show_load(MetricsText& text, const Load& load) {
  text.family("sluice_requests_in_flight", "gauge", "Requests that are being answered.");
  text.sample("", {}, load.calls);
  text.family("sluice_connections", "gauge", "Connections of clients.");
  text.sample("", {}, load.connections);
}

void show_upstreams(MetricsText& text, const tools::UpstreamSet& upstreams) {
  text.family("sluice_upstream_state", "gauge", "1 for the state that a server is in.");
  for (const auto& upstream : upstreams.all()) {
    const ServerState state = upstream->status().state;
    for (const ServerState one : all_states) {
      text.sample("", {{"server", upstream->name()}, {"state", tools::to_string(one)}},
                  one == state ? 1 : 0);
    }
  }
  text.family("sluice_upstream_breaker_open", "gauge", "1 while a server is left alone after failures.");
  for (const auto& upstream : upstreams.all()) {
    const bool closed = upstream->status().breaker == tools::CircuitBreaker::State::closed;
    text.sample("", {{"server", upstream->name()}}, closed ? 0 : 1);
  }
  text.family("sluice_upstream_tools", "gauge", "Tools that a server offers.");
  for (const auto& upstream : upstreams.all()) {
    const auto offered = upstream->tools();
    text.sample("", {{"server", upstream->name()}}, offered ? offered->tools.size() : 0);
  }
  text.family("sluice_upstream_processes", "gauge", "Processes that run for a server.");
  for (const auto& upstream : upstreams.all()) {
    text.sample("", {{"server", upstream->name()}}, upstream->instances());
  }
}

void show_journal(MetricsText& text, const base::SqliteJournal& journal) {
  text.family("sluice_journal_queue", "gauge", "Submissions that wait to be written.");
  text.sample("", {}, journal.pending());
  text.family("sluice_journal_writable", "gauge", "0 while the journal cannot write.");
  text.sample("", {}, journal.writable() ? 1 : 0);
}

void show_config(MetricsText& text, const ReloadStatus& config) {
  text.family("sluice_config_reloads_total", "counter", "How often changed files were taken up.");
  text.sample("", {}, static_cast<std::uint64_t>(config.reloads));
  text.family("sluice_config_refusals_total", "counter", "How often changed files were refused.");
  text.sample("", {}, static_cast<std::uint64_t>(config.refusals));
  text.family("sluice_config_in_force", "gauge", "0 while the files as they are now are refused.");
  text.sample("", {}, config.refused.empty() ? 1 : 0);
}

void show_webhook(MetricsText& text, const ApprovalWebhook::Counts& counts) {
  text.family("sluice_webhook_messages_total", "counter",
              "Messages about approvals, by what became of them.");
  text.sample("", {{"outcome", "delivered"}}, value_of(counts.delivered));
  text.sample("", {{"outcome", "failed"}}, value_of(counts.failed));
  text.sample("", {{"outcome", "dropped"}}, value_of(counts.dropped));
}

// proc(5): the second number of statm is resident pages.
void show_process(MetricsText& text) {
  std::uint64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  text.family("process_resident_memory_bytes", "gauge", "Resident memory.");
  text.sample("", {}, resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  text.family("sluice_build_info", "gauge", "The version that runs.");
  text.sample("", {{"version", base::version}}, 1);
}

}  // namespace

HttpResponse Metrics::page() const {
  MetricsText text;
  show_calls(text, sources_.calls);
  show_load(text, sources_.load);
  show_upstreams(text, *sources_.upstreams.current());
  show_journal(text, sources_.journal);
  show_config(text, sources_.reloader.status());
  if (sources_.webhook != nullptr) show_webhook(text, sources_.webhook->counts());
  show_process(text);
  return {200, {{"Content-Type", std::string(MetricsText::content_type)}}, text.take(), false};
}

}  // namespace gateway
