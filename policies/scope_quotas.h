#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policies/approve_rules.h"
#include "policies/glob.h"
#include "policies/ledger/quota.h"
#include "policies/rule.h"

namespace policies {

/// Who calls what, as far as buckets are told apart by it.
struct QuotaSubject {
  std::string_view agent, tenant, server, tool;
  std::string_view tool_id;  ///< `server/tool`: what patterns match
  /// What buckets of `per: tool` belong to; "": tool_id.
  std::string_view counted_as = {};
};

/// The limits and budgets of the defaults, a tenant or a role, ready to be matched. Immutable.
class ScopeQuotas {
 public:
  ScopeQuotas() = default;
  /// `kind` and `name` are `role` and `writer`, or `defaults` and "".
  ScopeQuotas(const Quotas& quotas, const std::string& kind, const std::string& name,
              const PolicyDocument& document);

  /// Appends what a call at `price` takes.
  void charge(const QuotaSubject& subject, ledger::Nanos price,
              std::vector<ledger::Charge>& charges) const;
  /// Appends the buckets of budgets that exist whatever tools there are, with nothing charged.
  void list_budgets(const QuotaSubject& subject, std::vector<ledger::Charge>& buckets) const;
  const ledger::Quota* find(std::string_view id) const;
  /// What people must agree to before a call goes over the quota with this id; nullptr when it is
  /// none that asks.
  const approvals::Terms* overrun(std::string_view id) const;
  /// Whether any budget asks people.
  bool asks() const { return !overruns_.empty(); }

 private:
  struct Entry {
    Per per;
    bool per_scope;  // one bucket for the whole scope
    std::vector<std::unique_ptr<const ledger::Quota>> quotas;
  };
  struct Identity;

  void add(const QuotaRule& rule, const Identity& identity, std::vector<ledger::Quota> quotas);
  void charge_entry(const Entry& entry, const QuotaSubject& subject, ledger::Nanos price,
                    std::vector<ledger::Charge>& charges) const;

  std::vector<Entry> entries_;
  TextMap<std::vector<std::size_t>> exact_;  // entries of patterns without a star
  std::vector<std::pair<Glob, std::size_t>> globs_;
  TextMap<approvals::Terms> overruns_;  // by the ids of quotas
};

}  // namespace policies
