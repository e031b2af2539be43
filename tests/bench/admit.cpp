// What limits and budgets cost a call: the buckets of the design's example found, taken of and
// settled, embedded. Run it with the number of agents and rules, e.g. 10 and 10000, also under
// callgrind: the instructions per call must not depend on it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
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

// The example of design §4 with room enough, and as many agents, roles and rules as asked for.
PolicyDocument example(int count) {
  PolicyDocument document = parse_policy(R"(timezone: UTC
currency: EUR
tenants:
  acme: {budgets: [{name: month, per: tenant, window: month, money: 9000000}]}
tools:
  search/web: {price: 0.005, effect: read_only}
roles:
  writer:
    allow: [search/web]
    limits: [{tools: "*", per: agent, rate: 1000000/s, burst: 1000000, concurrency: 8}]
    budgets: [{name: daily, per: agent, window: day, money: 9000000, calls: 1000000000}]
)",
                                         "bench.yaml");
  for (int at = 0; at < count; ++at) {
    const std::string number = std::to_string(at);
    RoleDocument role = document.roles.at("writer");
    role.allow.push_back({"files/tool" + number, role.allow[0].source});
    document.tools.push_back({"files/tool" + number, Effect::read_only, 1, {}});
    document.roles["writer" + number] = std::move(role);
    document.agents["agent" + number] = {"acme", {"writer" + number}};
  }
  return document;
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
  const Policy policy(example(agents));
  NoJournal journal;
  const ledger::SystemClock clock;
  ledger::MemoryLedger ledger(journal, clock);
  asio::io_context loop(1);
  int admitted = 0;
  asio::co_spawn(loop, make_calls(policy, ledger, agents, calls, admitted), asio::detached);
  const std::clock_t start = std::clock();
  loop.run();
  const double micros = static_cast<double>(std::clock() - start) * 1e6 / CLOCKS_PER_SEC;
  std::printf(
      "%d agents and roles: %d of %d calls admitted, %.3f us of CPU each, %d journal records\n",
      agents, admitted, calls, micros / calls, journal.written);
  return admitted == calls ? 0 : 1;
}
