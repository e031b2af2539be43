#include "policies/access.h"

#include <algorithm>
#include <set>

namespace policies {
namespace {

constexpr std::size_t most_patterns_to_pair = 400;

bool has_star(const std::string& pattern) { return pattern.find('*') != std::string::npos; }

// A tool that the pattern matches. A pattern without a slash matches it anywhere.
std::string sample_of(const std::string& pattern) {
  std::string text;
  for (const char c : pattern) text += c == '*' ? std::string("…") : std::string(1, c);
  if (text.find('/') != std::string::npos) return text;
  return pattern.ends_with('*') ? text + "/…" : "…/" + text;
}

void add_patterns(const std::vector<Rule>& rules, std::set<std::string>& patterns) {
  for (const Rule& rule : rules) patterns.insert(rule.pattern);
}

void add_patterns(const std::vector<ApproveRule>& rules, std::set<std::string>& patterns) {
  for (const ApproveRule& rule : rules) patterns.insert(rule.tools);
}

void add_patterns(const PolicyDocument& document, std::set<std::string>& patterns) {
  add_patterns(document.default_deny, patterns);
  add_patterns(document.default_approve, patterns);
  for (const auto& tenant : document.tenants) {
    add_patterns(tenant.second.deny, patterns);
    add_patterns(tenant.second.approve, patterns);
  }
  for (const auto& role : document.roles) {
    add_patterns(role.second.allow, patterns);
    add_patterns(role.second.deny, patterns);
    add_patterns(role.second.approve, patterns);
  }
}

// `files/*` and `*/drop_*` meet in `files/drop_*`: what the one ends with, the other goes on with.
std::string meeting(const std::string& open_end, const std::string& open_start) {
  const std::string head = open_end.substr(0, open_end.size() - 1);
  const std::string tail = open_start.substr(1);
  std::size_t shared = std::min(head.size(), tail.size());
  while (head.substr(head.size() - shared) != tail.substr(0, shared)) --shared;
  return head + tail.substr(shared);
}

std::pair<std::string, std::string> split(const std::string& tool) {
  const std::size_t slash = tool.find('/');
  if (slash == std::string::npos) return {tool, ""};
  return {tool.substr(0, slash), tool.substr(slash + 1)};
}

}  // namespace

std::vector<AccessChange> compare_access(const Policy& before, const Policy& after,
                                         const std::vector<std::string>& tools) {
  std::set<std::string> agents;
  for (const Policy* policy : {&before, &after}) {
    for (std::string& name : policy->agent_names()) agents.insert(std::move(name));
  }
  std::vector<AccessChange> changes;
  for (const std::string& agent : agents) {
    for (const std::string& id : tools) {
      const auto [server, tool] = split(id);
      AccessChange change{agent, id, before.access_text(agent, server, tool),
                          after.access_text(agent, server, tool)};
      if (change.before != change.after) changes.push_back(std::move(change));
    }
  }
  return changes;
}

std::vector<std::string> sample_tools(const PolicyDocument& one, const PolicyDocument& other) {
  std::set<std::string> patterns, samples;
  add_patterns(one, patterns);
  add_patterns(other, patterns);
  for (const std::string& pattern : patterns) samples.insert(sample_of(pattern));
  if (patterns.size() <= most_patterns_to_pair) {
    for (const std::string& first : patterns) {
      for (const std::string& second : patterns) {
        if (!first.ends_with('*') || !second.starts_with('*')) continue;
        samples.insert(sample_of(meeting(first, second)));
      }
    }
  }
  return {samples.begin(), samples.end()};
}

std::vector<std::string> named_tools(const PolicyDocument& one, const PolicyDocument& other) {
  std::set<std::string> patterns;
  add_patterns(one, patterns);
  add_patterns(other, patterns);
  std::erase_if(patterns, has_star);
  return {patterns.begin(), patterns.end()};
}

}  // namespace policies
