#pragma once

#include <string>
#include <vector>

#include "policies/policy.h"

namespace policies {

/// One entry of a file for `sluice policy test`: what is expected of one call.
struct Expectation {
  std::string place;  ///< FILE:LINE
  std::string agent, view, server;
  Primitive primitive = Primitive::tool;
  std::string name;  ///< of the tool or prompt, or the resource's URI
  base::Json arguments = base::Json::object();
  bool allowed = false;
  std::string rule;  ///< the rule that must decide, such as `role clerk: allow pay/refund`; or ""
};

/// What came of it.
struct Finding {
  Decision decision;
  std::string rule;  ///< which rule decided; "no rule" when none did
  bool as_expected = false;
};

/// Reads a list of maps with `agent`, one of `tool`, `resource` and `prompt`, `expect: allow | deny`
/// and, if wanted, `arguments`, `view` and `rule`. Throws base::ConfigError.
std::vector<Expectation> read_expectations(const base::YamlNode& list);

Finding judge(const Policy& policy, const Expectation& expectation);

}  // namespace policies
