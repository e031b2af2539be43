#include "policies/policy_version.h"

#include <string_view>

#include "base/crypto.h"
#include "policies/approve_rules.h"

namespace policies {
namespace {

/// Every text and every list is preceded by its length, so that no two documents print alike.
class Printer {
 public:
  void text(std::string_view value) {
    size(value.size());
    out_ += value;
  }
  void texts(const std::vector<std::string>& values) {
    size(values.size());
    for (const std::string& value : values) text(value);
  }
  void rules(const std::vector<Rule>& rules) {
    size(rules.size());
    for (const Rule& rule : rules) {
      text(rule.pattern);
      text(rule.arguments ? rule.arguments->text() : "");
    }
  }
  void approve(const std::vector<ApproveRule>& rules) {
    size(rules.size());
    for (const ApproveRule& rule : rules) text(approve_rule_text(rule));
  }
  void person(const PersonDocument& person) {
    texts(person.login);
    texts(person.groups);
    number(person.may_approve ? 1 : 0);
  }
  void number(std::int64_t value) { text(std::to_string(value)); }
  void quotas(const Quotas& quotas) {
    text(quotas.was);
    size(quotas.limits.size());
    for (const LimitRule& limit : quotas.limits) {
      common(limit);
      number(limit.concurrency.value_or(-1));
      const RateRule rate = limit.rate.value_or(RateRule{});
      number(rate.count);
      number(rate.period.count());
      number(rate.burst);
    }
    size(quotas.budgets.size());
    for (const BudgetRule& budget : quotas.budgets) {
      common(budget);
      text(ledger::to_string(budget.window));
      number(budget.money.value_or(-1));
      number(budget.calls.value_or(-1));
      text(budget.ask ? approve_rule_text(*budget.ask) : "");
    }
  }
  void verification(const Verification& verify) {
    text(verify.id());
    size(verify.arguments.size());
    for (const VerifyArgument& argument : verify.arguments) {
      text(argument.name);
      text(argument.pointer);
      text(base::dump_json(argument.constant));
    }
    text(verify.done.text());
    text(verify.not_done ? verify.not_done->text() : "");
    number(verify.settle.count());
    number(verify.within.count());
  }
  void size(std::size_t value) { out_ += std::to_string(value) + ":"; }

  const std::string& out() const { return out_; }

 private:
  void common(const QuotaRule& rule) {
    text(rule.name);
    text(rule.was);
    text(rule.tools);
    text(to_string(rule.per));
  }

  std::string out_ = "sluice policy 1\n";
};

std::string print(const PolicyDocument& document) {
  Printer printer;
  printer.text(document.timezone);
  printer.text(document.currency);
  printer.rules(document.default_deny);
  printer.approve(document.default_approve);
  printer.quotas(document.default_quotas);
  printer.size(document.tenants.size());
  for (const auto& [name, tenant] : document.tenants) {
    printer.text(name);
    printer.rules(tenant.deny);
    printer.approve(tenant.approve);
    printer.quotas(tenant.quotas);
  }
  printer.size(document.roles.size());
  for (const auto& [name, role] : document.roles) {
    printer.text(name);
    printer.texts(role.includes);
    printer.texts(role.start);
    printer.rules(role.allow);
    printer.rules(role.deny);
    printer.rules(role.resources);
    printer.rules(role.prompts);
    printer.approve(role.approve);
    printer.quotas(role.quotas);
  }
  printer.size(document.agents.size());
  for (const auto& [name, agent] : document.agents) {
    printer.text(name);
    printer.text(agent.tenant);
    printer.texts(agent.roles);
    printer.text(agent.owner);
  }
  printer.size(document.people.size());
  for (const auto& [name, person] : document.people) {
    printer.text(name);
    printer.person(person);
  }
  printer.size(document.tools.size());
  for (const ToolSettings& tool : document.tools) {
    printer.text(tool.pattern);
    printer.text(tool.effect ? to_string(*tool.effect) : "");
    if (tool.effect == Effect::keyed) printer.text(tool.key_argument);
    if (tool.verify) printer.verification(*tool.verify);
    printer.number(tool.price.value_or(-1));
    printer.text(tool.broken_result == BrokenResult::warn ? "warn" : "");
  }
  printer.size(document.views.size());
  for (const auto& [name, view] : document.views) {
    printer.text(name);
    printer.rules(view.tools);
  }
  return printer.out();
}

}  // namespace

std::string policy_version(const PolicyDocument& document) {
  base::Sha256 sha256;
  return base::hex_encode(sha256.update(print(document)).finish());
}

}  // namespace policies
