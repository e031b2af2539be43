#include "policies/access.h"

#include <algorithm>
#include <set>

namespace policies {
namespace {

constexpr std::size_t most_patterns_to_pair = 400;

bool has_star(const std::string& pattern) { return pattern.find('*') != std::string::npos; }

// Something that the pattern matches. A pattern without a slash matches it anywhere.
std::string sample_of(const std::string& pattern, Primitive primitive) {
  const std::string any = primitive == Primitive::resource ? "{…}" : "…";
  std::string text;
  for (const char c : pattern) text += c == '*' ? any : std::string(1, c);
  if (text.find('/') != std::string::npos) return text;
  return pattern.ends_with('*') ? text + "/" + any : any + "/" + text;
}

void add_patterns(const std::vector<Rule>& rules, std::set<std::string>& patterns) {
  for (const Rule& rule : rules) patterns.insert(rule.pattern);
}

// Denies hold for whatever a server offers.
void add_denies(const PolicyDocument& document, std::set<std::string>& patterns) {
  add_patterns(document.default_deny, patterns);
  for (const auto& tenant : document.tenants) add_patterns(tenant.second.deny, patterns);
  for (const auto& role : document.roles) add_patterns(role.second.deny, patterns);
}

void add_approvals(const PolicyDocument& document, std::set<std::string>& patterns) {
  const auto add = [&](const std::vector<ApproveRule>& rules) {
    for (const ApproveRule& rule : rules) patterns.insert(rule.tools);
  };
  add(document.default_approve);
  for (const auto& tenant : document.tenants) add(tenant.second.approve);
  for (const auto& role : document.roles) add(role.second.approve);
}

std::set<std::string> patterns_of(const PolicyDocument& one, const PolicyDocument& other,
                                  Primitive primitive) {
  std::set<std::string> patterns;
  for (const PolicyDocument* document : {&one, &other}) {
    add_denies(*document, patterns);
    if (primitive == Primitive::tool) add_approvals(*document, patterns);
    for (const auto& entry : document->roles) {
      const RoleDocument& role = entry.second;
      if (primitive == Primitive::tool) add_patterns(role.allow, patterns);
      if (primitive == Primitive::resource) add_patterns(role.resources, patterns);
      if (primitive == Primitive::prompt) add_patterns(role.prompts, patterns);
    }
  }
  return patterns;
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
                                         const std::vector<Offered>& offered) {
  std::set<std::string> agents;
  for (const Policy* policy : {&before, &after}) {
    for (std::string& name : policy->agent_names()) agents.insert(std::move(name));
  }
  std::vector<AccessChange> changes;
  for (const std::string& agent : agents) {
    for (const Offered& what : offered) {
      const auto [server, name] = split(what.id);
      AccessChange change{agent, what, before.access_text(agent, what.primitive, server, name),
                          after.access_text(agent, what.primitive, server, name)};
      if (change.before != change.after) changes.push_back(std::move(change));
    }
  }
  return changes;
}

std::vector<Offered> sample_offers(const PolicyDocument& one, const PolicyDocument& other,
                                   Primitive primitive) {
  const std::set<std::string> patterns = patterns_of(one, other, primitive);
  std::set<std::string> samples;
  for (const std::string& pattern : patterns) samples.insert(sample_of(pattern, primitive));
  if (patterns.size() <= most_patterns_to_pair) {
    for (const std::string& first : patterns) {
      for (const std::string& second : patterns) {
        if (!first.ends_with('*') || !second.starts_with('*')) continue;
        samples.insert(sample_of(meeting(first, second), primitive));
      }
    }
  }
  std::vector<Offered> offered;
  for (const std::string& sample : samples) offered.push_back({primitive, sample});
  return offered;
}

std::vector<Offered> named_tools(const PolicyDocument& one, const PolicyDocument& other) {
  std::set<std::string> patterns = patterns_of(one, other, Primitive::tool);
  std::erase_if(patterns, has_star);
  std::vector<Offered> named;
  for (const std::string& pattern : patterns) named.push_back({Primitive::tool, pattern});
  return named;
}

}  // namespace policies
