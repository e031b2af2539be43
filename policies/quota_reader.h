#pragma once

#include <string>

#include "base/yaml.h"
#include "policies/approve_reader.h"
#include "policies/rule.h"

namespace policies {

/// The lists under `limits` and `budgets` of `scope` (`role writer`), appended. Throws
/// base::ConfigError; two entries that would be the same bucket are an error that names both.
void read_limits(const base::YamlNode& list, const std::string& scope, Quotas& quotas);
/// The budgets' list says whom they ask.
ApproveEntries read_budgets(const base::YamlNode& list, const std::string& scope, Quotas& quotas);

/// A tool's `price`: a decimal, exactly; digits beyond the ninth place round up.
ledger::Nanos read_price(const base::YamlNode& node);

/// Whether anything has a budget.
bool has_budgets(const PolicyDocument& document);

}  // namespace policies
