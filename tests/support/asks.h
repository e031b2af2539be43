#pragma once

#include <string>
#include <vector>

#include "policies/approvals/approvals.h"

namespace tests {

inline policies::approvals::Clause clause_of(std::vector<std::string> by, int quorum = 1,
                                             std::vector<std::string> escalate_to = {}) {
  const std::string rule = "role writer: approve */delete by " + by.front();
  return {rule, std::move(by), quorum, std::move(escalate_to), "policy.yaml:3"};
}

/// A question about one call of `a`, whose approval stands for an hour.
inline policies::approvals::Ask ask_of(const std::string& arguments = R"({"path":"x"})") {
  policies::approvals::Ask ask;
  ask.tenant = "acme";
  ask.agent = "a";
  ask.request = "req_1";
  ask.tool = "files/delete";
  ask.definition = "d1";
  ask.arguments = arguments;
  ask.allowed_by = "role writer: allow files/*";
  ask.terms.clauses = {clause_of({"ops"})};
  ask.terms.expires = std::chrono::hours(1);
  return ask;
}

inline policies::approvals::Decision word_of(const std::string& person, bool approves = true,
                                             std::vector<std::string> groups = {"ops"}) {
  policies::approvals::Decision decision;
  decision.decider = {person, "unix:" + person, std::move(groups)};
  decision.approves = approves;
  return decision;
}

}  // namespace tests
