// What limits and budgets cost a call: the buckets of the design's example found, taken of and
// settled, embedded. Run it with the number of agents and rules, e.g. 10 and 10000, also under
// callgrind: the instructions per call must not depend on it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include "policies/ledger/memory_ledger.h"
#include "policies/policy.h"
#include "policies/policy_files.h"

namespace {

using namespace policies;

class NoJournal final : public base::Journal {
 public:
  base::Task<base::Status> commit(std::vector<base::JournalEntry>) override {
    co_return base::Status{};
  }
  base::Status submit(std::vector<base::JournalEntry> entries) override {
    written += static_cast<int>(entries.size());
    return {};
  }
  bool writable() const override { return true; }
  int written = 0;
};

std::string example(int count) {
  std::string text =
      "timezone: UTC\ncurrency: EUR\n"
      "tenants:\n  acme: {budgets: [{name: month, per: tenant, window: month, money: 9000000}]}\n"
      "tools:\n  search/web: {price: 0.005, effect: read_only}\nroles:\n";
  const std::string quotas =
      "    limits: [{tools: \"*\", per: agent, rate: 1000000/s, burst: 1000000, concurrency: 8}]\n"
      "    budgets: [{name: daily, per: agent, window: day, money: 9000000, calls: 1000000000}]\n";
  std::string agents = "agents:\n";
  for (int at = 0; at < count; ++at) {
    const std::string number = std::to_string(at);
    text += "  writer" + number + ":\n    allow: [search/web, files/tool" + number + "]\n" + quotas;
    agents += "  agent" + number + ": {tenant: acme, roles: [writer" + number + "]}\n";
  }
  return text + agents;
}

base::Task<void> make_calls(const Policy& policy, ledger::Ledger& ledger, int agents, int calls,
                            int& admitted) {
  for (int call = 0; call < calls; ++call) {
    const std::string agent = "agent" + std::to_string(call % std::min(agents, 10));
    ledger::Admission admission{"acme", "req_0123456789abcdef",
                                policy.charges(agent, "search", "web"), false};
    auto verdict = co_await ledger.admit(std::move(admission));
    if (!verdict || std::holds_alternative<ledger::Refusal>(*verdict)) continue;
    std::get<std::unique_ptr<ledger::Hold>>(*verdict)->resolve(ledger::Fate::settled);
    ++admitted;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int agents = argc > 1 ? std::atoi(argv[1]) : 10;
  const int calls = argc > 2 ? std::atoi(argv[2]) : 500'000;
  const Policy policy(parse_policy(example(agents), "bench.yaml"));
  NoJournal journal;
  const ledger::SystemClock clock;
  ledger::MemoryLedger ledger(journal, clock);
  asio::io_context loop(1);
  int admitted = 0;
  asio::co_spawn(loop, make_calls(policy, ledger, agents, calls, admitted), asio::detached);
  const auto start = std::chrono::steady_clock::now();
  loop.run();
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
  std::printf("%d agents and roles: %d of %d calls admitted, %.3f us each, %d journal records\n",
              agents, admitted, calls, taken.count() / calls, journal.written);
  return admitted == calls ? 0 : 1;
}
