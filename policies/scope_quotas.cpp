#include "policies/scope_quotas.h"

#include <utility>

namespace policies {
namespace {

using ledger::Charge;
using ledger::Quota;

std::string bucket_scope(Per per, bool per_scope, const QuotaSubject& subject) {
  if (per_scope) return "all";
  switch (per) {
    case Per::agent:
      return "agent:" + std::string(subject.agent);
    case Per::tenant:
      return "tenant:" + std::string(subject.tenant);
    case Per::server:
      return "server:" + std::string(subject.server);
    case Per::tool:
      return "tool:" +
             std::string(subject.counted_as.empty() ? subject.tool_id : subject.counted_as);
    case Per::role:
      break;
  }
  return "all";
}

std::vector<Quota> quotas_of(const LimitRule& limit) {
  std::vector<Quota> quotas;
  if (limit.rate) {
    Quota rate;
    rate.kind = Quota::Kind::rate;
    rate.limit = limit.rate->count;
    rate.period = limit.rate->period;
    rate.burst = limit.rate->burst;
    quotas.push_back(std::move(rate));
  }
  if (limit.concurrency) {
    Quota slots;
    slots.kind = Quota::Kind::concurrency;
    slots.limit = *limit.concurrency;
    quotas.push_back(std::move(slots));
  }
  return quotas;
}

std::vector<Quota> quotas_of(const BudgetRule& budget, const PolicyDocument& document) {
  std::vector<Quota> quotas;
  const auto add = [&](Quota::Kind kind, std::int64_t limit) {
    Quota quota;
    quota.kind = kind;
    quota.limit = limit;
    quota.window = budget.window;
    quota.window.zone = ledger::find_time_zone(document.timezone);
    quota.asks = budget.ask.has_value();
    if (kind == Quota::Kind::money) quota.currency = document.currency;
    quotas.push_back(std::move(quota));
  };
  if (budget.money) add(Quota::Kind::money, *budget.money);
  if (budget.calls) add(Quota::Kind::calls, *budget.calls);
  return quotas;
}

const char* unit_of(Quota::Kind kind) {
  switch (kind) {
    case Quota::Kind::rate:
      return "rate";
    case Quota::Kind::concurrency:
      return "concurrency";
    case Quota::Kind::money:
      return "money";
    case Quota::Kind::calls:
      break;
  }
  return "calls";
}

}  // namespace

// What counters belong to. A name holds neither ':' nor '/', so that no two identities print alike.
struct ScopeQuotas::Identity {
  std::string kind, name, was;

  std::string id(const QuotaRule& rule, const std::string& scope, const std::string& entry,
                 Quota::Kind unit) const {
    const std::string what =
        entry.empty() ? rule.source.kind + ":" + rule.tools + ":" + std::string(to_string(rule.per))
                      : entry;
    return kind + "/" + scope + "/" + what + "/" + unit_of(unit);
  }
  void put_on(Quota& quota, const QuotaRule& rule) const {
    quota.name = (name.empty() ? kind : name) + "/" + (rule.name.empty() ? rule.tools : rule.name);
    quota.id = id(rule, name, rule.name, quota.kind);
    if (!rule.was.empty()) quota.former.push_back(id(rule, name, rule.was, quota.kind));
    if (was.empty()) return;
    quota.former.push_back(id(rule, was, rule.name, quota.kind));
    if (!rule.was.empty()) quota.former.push_back(id(rule, was, rule.was, quota.kind));
  }
};

ScopeQuotas::ScopeQuotas(const Quotas& quotas, const std::string& kind, const std::string& name,
                         const PolicyDocument& document) {
  const Identity identity{kind, name, quotas.was};
  for (const LimitRule& limit : quotas.limits) add(limit, identity, quotas_of(limit));
  for (const BudgetRule& budget : quotas.budgets) {
    add(budget, identity, quotas_of(budget, document));
    if (!budget.ask) continue;
    for (const auto& quota : entries_.back().quotas) {
      overruns_.emplace(quota->id, overrun_terms(budget, *quota));
    }
  }
}

void ScopeQuotas::add(const QuotaRule& rule, const Identity& identity, std::vector<Quota> quotas) {
  Entry entry{rule.per, identity.kind == to_string(rule.per), {}};
  for (Quota& quota : quotas) {
    identity.put_on(quota, rule);
    entry.quotas.push_back(std::make_unique<const Quota>(std::move(quota)));
  }
  if (rule.tools.find('*') == std::string::npos) {
    exact_[rule.tools].push_back(entries_.size());
  } else {
    globs_.emplace_back(Glob(rule.tools), entries_.size());
  }
  entries_.push_back(std::move(entry));
}

void ScopeQuotas::charge(const QuotaSubject& subject, ledger::Nanos price,
                         std::vector<Charge>& charges) const {
  if (const auto found = exact_.find(subject.tool_id); found != exact_.end()) {
    for (const std::size_t entry : found->second) {
      charge_entry(entries_[entry], subject, price, charges);
    }
  }
  for (const auto& [glob, entry] : globs_) {
    if (glob.matches(subject.tool_id)) charge_entry(entries_[entry], subject, price, charges);
  }
}

void ScopeQuotas::charge_entry(const Entry& entry, const QuotaSubject& subject, ledger::Nanos price,
                               std::vector<Charge>& charges) const {
  const std::string scope = bucket_scope(entry.per, entry.per_scope, subject);
  for (const auto& quota : entry.quotas) {
    const bool money = quota->kind == Quota::Kind::money;
    if (money && price == 0) continue;
    charges.push_back({quota.get(), scope, money ? price : 1});
  }
}

void ScopeQuotas::list_budgets(const QuotaSubject& subject, std::vector<Charge>& buckets) const {
  for (const Entry& entry : entries_) {
    const bool by_tool = entry.per == Per::tool || entry.per == Per::server;
    for (const auto& quota : entry.quotas) {
      if (by_tool || !quota->is_budget()) continue;
      buckets.push_back({quota.get(), bucket_scope(entry.per, entry.per_scope, subject), 0});
    }
  }
}

const approvals::Terms* ScopeQuotas::overrun(std::string_view id) const {
  const auto found = overruns_.find(id);
  return found == overruns_.end() ? nullptr : &found->second;
}

const Quota* ScopeQuotas::find(std::string_view id) const {
  for (const Entry& entry : entries_) {
    for (const auto& quota : entry.quotas) {
      if (quota->id == id) return quota.get();
    }
  }
  return nullptr;
}

}  // namespace policies
