#include "policies/approve_reader.h"

#include <algorithm>

#include "policies/policy_text.h"

namespace policies {
namespace {

using base::YamlKey;
using base::YamlNode;

constexpr std::int64_t longest_wait_ms = 600'000;
constexpr std::int64_t shortest_expiry_ms = 1'000;
constexpr std::int64_t longest_expiry_ms = 30LL * 86'400'000;
constexpr std::int64_t most_people = 20;

bool read_on_timeout(const YamlNode& node) {
  const std::string text = node.text();
  if (text != "deny" && text != "escalate") {
    node.fail("expected deny or escalate; found '" + text + "'");
  }
  return text == "escalate";
}

bool read_ask(const YamlNode& node) {
  if (node.text() != "client") node.fail("expected client; found '" + node.text() + "'");
  return true;
}

ApproveRule read_entry(const YamlNode& item, const std::string& scope) {
  ApproveRule rule;
  bool escalates = false;
  read_scope(
      item, scope,
      {
          {"tools", [&](const auto& node) { rule.tools = read_pattern(node); }},
          {"when", [&](const auto& node) { rule.when = Constraint::read(node); }},
          {"by", [&](const auto& node) { rule.by = read_asked(node); }},
          {"quorum",
           [&](const auto& node) { rule.quorum = static_cast<int>(node.integer(1, most_people)); }},
          {"ask", [&](const auto& node) { rule.ask_client = read_ask(node); }},
          {"wait", [&](const auto& node) { rule.wait = read_wait(node); }},
          {"expires", [&](const auto& node) { rule.expires = read_expiry(node); }},
          {"on_timeout", [&](const auto& node) { escalates = read_on_timeout(node); }},
          {"escalate_to", [&](const auto& node) { rule.escalate_to = read_asked(node); }},
      },
      {});
  if (rule.by.empty()) item.fail(scope + ": an 'approve' entry needs 'by': who is asked");
  if (rule.ask_client && rule.quorum > 1) {
    item.fail(scope + ": with 'ask: client' one person's word is enough; leave 'quorum' out");
  }
  if (escalates && rule.escalate_to.empty()) {
    item.fail(scope + ": 'on_timeout: escalate' needs 'escalate_to': who is asked then");
  }
  if (!escalates && !rule.escalate_to.empty()) {
    item.fail(scope + ": 'escalate_to' needs 'on_timeout: escalate'");
  }
  rule.source = {scope, "approve", rule.tools, item.file(), item.line()};
  return rule;
}

std::vector<std::string> known_names(const std::map<std::string, PersonDocument>& people) {
  std::vector<std::string> names;
  for (const auto& [name, person] : people) {
    names.push_back(name);
    names.insert(names.end(), person.groups.begin(), person.groups.end());
  }
  return names;
}

void check_names(const YamlNode& item, const std::vector<std::string>& names, int quorum,
                 const std::map<std::string, PersonDocument>& people) {
  const std::vector<std::string> known = known_names(people);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string nearest = base::nearest_name(name, known);
    item.fail("there is no person or group '" + name + "'" +
              (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
  }
  const auto count = static_cast<int>(approvers(names, people).size());
  if (count >= quorum) return;
  item.fail(count == 0 ? "nobody who is asked here may approve: add 'may: [approve]' to a person"
                       : "only " + std::to_string(count) +
                             " of those who are asked here may approve, and the quorum is " +
                             std::to_string(quorum));
}

std::string read_login(const YamlNode& node) {
  constexpr std::string_view unix_user = "unix:";
  std::string login = node.text();
  if (login.starts_with("https://")) {
    node.fail("a login by an issuer's token is not supported yet; write unix:USER");
  }
  if (!login.starts_with(unix_user) || login.size() == unix_user.size()) {
    node.fail("expected a login such as unix:ops; found '" + login + "'");
  }
  return login;
}

void read_right(const YamlNode& node, PersonDocument& person) {
  const std::string right = node.text();
  if (right == "policy" || right == "keys") {
    node.fail("'may: " + right + "' is not supported yet: " +
              (right == "policy" ? "policies are changed in their files"
                                 : "keys are made by who can write the store"));
  }
  if (right != "approve") node.fail("expected approve; found '" + right + "'");
  person.may_approve = true;
}

}  // namespace

std::vector<std::string> read_asked(const YamlNode& list) {
  std::vector<std::string> names;
  for (const YamlNode& item : list.items()) {
    std::string name = read_name(item, "person or group");
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      item.fail("'" + name + "' stands here twice");
    }
    names.push_back(std::move(name));
  }
  if (names.empty()) list.fail("expected a person or a group; found an empty list");
  return names;
}

// `0s` is no duration to everybody else.
std::chrono::milliseconds read_wait(const YamlNode& node) {
  if (node.text() == "0s") return std::chrono::milliseconds(0);
  const std::int64_t wait = node.milliseconds();
  if (wait > longest_wait_ms) {
    node.fail("a call waits 10m at most, then it is repeated; found '" + node.text() + "'");
  }
  return std::chrono::milliseconds(wait);
}

std::chrono::milliseconds read_expiry(const YamlNode& node) {
  const std::int64_t expires = node.milliseconds();
  if (expires < shortest_expiry_ms || expires > longest_expiry_ms) {
    node.fail("expected a duration from 1s to 30d; found '" + node.text() + "'");
  }
  return std::chrono::milliseconds(expires);
}

ApproveEntries read_approve(const YamlNode& list, const std::string& scope) {
  ApproveEntries entries;
  for (const YamlNode& item : list.items()) entries.emplace_back(item, read_entry(item, scope));
  return entries;
}

PersonDocument read_person(const std::string& name, const YamlNode& node) {
  PersonDocument person;
  const auto read_logins = [&](const YamlNode& list) {
    for (const YamlNode& item : list.items()) person.login.push_back(read_login(item));
  };
  const auto read_rights = [&](const YamlNode& list) {
    for (const YamlNode& item : list.items()) read_right(item, person);
  };
  read_scope(node, "person " + name,
             {{"login", read_logins},
              {"groups", [&](const auto& list) { person.groups = read_asked(list); }},
              {"may", read_rights}},
             {});
  return person;
}

std::set<std::string> approvers(const std::vector<std::string>& names,
                                const std::map<std::string, PersonDocument>& people) {
  std::set<std::string> found;
  for (const auto& [name, person] : people) {
    if (!person.may_approve) continue;
    for (const std::string& asked : names) {
      const bool member =
          std::find(person.groups.begin(), person.groups.end(), asked) != person.groups.end();
      if (asked == name || member) found.insert(name);
    }
  }
  return found;
}

void check_approvers(const ApproveEntries& entries,
                     const std::map<std::string, PersonDocument>& people) {
  for (const auto& [item, rule] : entries) {
    check_names(item, rule.by, rule.quorum, people);
    // Those who are asked later count with those who were asked before.
    if (!rule.escalate_to.empty()) check_names(item, rule.escalate_to, 1, people);
  }
}

bool has_approvals(const PolicyDocument& document) {
  const auto has = [](const auto& scope) { return !scope.second.approve.empty(); };
  return !document.default_approve.empty() ||
         std::any_of(document.tenants.begin(), document.tenants.end(), has) ||
         std::any_of(document.roles.begin(), document.roles.end(), has);
}

}  // namespace policies
