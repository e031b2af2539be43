#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/yaml.h"
#include "policies/rule.h"

namespace policies {

/// Entries under `approve`, or whom budgets ask, with the places where they stand.
using ApproveEntries = std::vector<std::pair<base::YamlNode, ApproveRule>>;

/// The entries under `approve` of `scope` (`role writer`). Throws base::ConfigError.
ApproveEntries read_approve(const base::YamlNode& list, const std::string& scope);

/// `by`: people and groups.
std::vector<std::string> read_asked(const base::YamlNode& list);
/// `wait` and `expires`.
std::chrono::milliseconds read_wait(const base::YamlNode& node);
std::chrono::milliseconds read_expiry(const base::YamlNode& node);

/// A person of `people`. Throws base::ConfigError.
PersonDocument read_person(const std::string& name, const base::YamlNode& node);

/// Fails when an entry asks somebody who does not exist, or so few that its quorum is never met.
void check_approvers(const ApproveEntries& entries,
                     const std::map<std::string, PersonDocument>& people);

/// Whether any rule asks people.
bool has_approvals(const PolicyDocument& document);

/// Those who may approve, of the people and groups in `names`.
std::set<std::string> approvers(const std::vector<std::string>& names,
                                const std::map<std::string, PersonDocument>& people);

}  // namespace policies
