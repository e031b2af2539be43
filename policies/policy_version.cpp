#include "policies/policy_version.h"

#include <string_view>

#include "base/crypto.h"

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
    for (const Rule& rule : rules) text(rule.pattern);
  }
  void size(std::size_t value) { out_ += std::to_string(value) + ":"; }

  const std::string& out() const { return out_; }

 private:
  std::string out_ = "sluice policy 1\n";
};

std::string print(const PolicyDocument& document) {
  Printer printer;
  printer.rules(document.default_deny);
  printer.size(document.tenants.size());
  for (const auto& [name, tenant] : document.tenants) {
    printer.text(name);
    printer.rules(tenant.deny);
  }
  printer.size(document.roles.size());
  for (const auto& [name, role] : document.roles) {
    printer.text(name);
    printer.texts(role.includes);
    printer.rules(role.allow);
    printer.rules(role.deny);
  }
  printer.size(document.agents.size());
  for (const auto& [name, agent] : document.agents) {
    printer.text(name);
    printer.text(agent.tenant);
    printer.texts(agent.roles);
  }
  printer.size(document.tools.size());
  for (const ToolSettings& tool : document.tools) {
    printer.text(tool.pattern);
    printer.text(tool.effect ? to_string(*tool.effect) : "");
    printer.text(tool.broken_result == BrokenResult::warn ? "warn" : "");
  }
  return printer.out();
}

}  // namespace

std::string policy_version(const PolicyDocument& document) {
  base::Sha256 sha256;
  return base::hex_encode(sha256.update(print(document)).finish());
}

}  // namespace policies
