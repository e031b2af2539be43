#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/yaml.h"
#include "policies/approve_reader.h"
#include "policies/rule.h"

namespace policies {

/// Puts policy files together: reads one after the other, then resolves the names between them.
/// Every mistake is a base::ConfigError at its place.
class PolicyBuilder {
 public:
  void read_file(const base::YamlNode& root);

  /// After the last file: checks that all names exist and that no role includes itself.
  PolicyDocument finish();

 private:
  enum class Kind { tenant, role, agent, tool, view, person };
  using Places = std::map<std::string, base::YamlNode>;

  void read_defaults(const base::YamlNode& node);
  void read_tenants(const base::YamlNode& node);
  void read_agents(const base::YamlNode& node);
  void read_roles(const base::YamlNode& node);
  void read_role(const std::string& name, const base::YamlNode& node);
  void read_tools(const base::YamlNode& node);
  void read_views(const base::YamlNode& node);
  void read_people(const base::YamlNode& node);
  /// `approve`.
  base::YamlKey approve_key(std::vector<ApproveRule>& rules, const std::string& scope);
  void read_timezone(const base::YamlNode& node);
  void read_currency(const base::YamlNode& node);
  /// `limits` and `budgets`.
  std::vector<base::YamlKey> quota_keys(Quotas& quotas, const std::string& scope);
  /// `was`, of what has a name.
  base::YamlKey former_key(Kind kind, Quotas& quotas);

  static std::string word_for(Kind kind);
  /// Takes a name for what is written at `key`; fails when another place took it.
  std::string define(Kind kind, const base::YamlNode& key);
  /// For keys that only one of the files may have.
  void take_once(const std::string& key, const base::YamlNode& node);
  void check_currency() const;
  void check_former() const;
  void check_logins() const;
  void check_exists(Kind kind, const base::YamlNode& name) const;
  void check_verify_tools() const;
  void check_cycles() const;
  void check_cycles_from(const std::string& role, std::map<std::string, bool>& done) const;

  PolicyDocument document_;
  std::map<Kind, Places> places_;
  std::map<Kind, Places> former_;                      // by the name that `was` gives
  std::vector<std::pair<Kind, base::YamlNode>> uses_;  // of tenants and roles by name
  std::map<std::string, std::vector<base::YamlNode>> includes_;
  Places once_;
  std::vector<base::YamlNode> money_;  // budgets that need a currency
  ApproveEntries approve_;             // whose people must exist
  std::vector<base::YamlNode> verify_tools_;  // which must be read_only
};

}  // namespace policies
