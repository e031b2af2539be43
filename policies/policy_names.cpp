#include <algorithm>

#include "policies/glob.h"
#include "policies/policy_builder.h"
#include "policies/policy_text.h"

namespace policies {

std::string PolicyBuilder::word_for(Kind kind) {
  switch (kind) {
    case Kind::tenant:
      return "tenant";
    case Kind::role:
      return "role";
    case Kind::agent:
      return "agent";
    case Kind::tool:
      return "tool";
    case Kind::view:
      return "view";
    case Kind::person:
      break;
  }
  return "person";
}

PolicyDocument PolicyBuilder::finish() {
  for (const auto& [kind, name] : uses_) check_exists(kind, name);
  check_cycles();
  check_currency();
  check_former();
  check_logins();
  check_approvers(approve_, document_.people);
  check_verify_tools();
  return std::move(document_);
}

void PolicyBuilder::take_once(const std::string& key, const base::YamlNode& node) {
  const auto [earlier, is_new] = once_.emplace(key, node);
  if (!is_new) {
    node.fail("'" + key + "' is defined twice: here and at " + earlier->second.where());
  }
}

void PolicyBuilder::check_currency() const {
  if (document_.currency.empty() && !money_.empty()) {
    money_.front().fail("a budget of money needs a currency: write, for example, 'currency: EUR'");
  }
}

// What was spent under a former name goes over to the new one, so nothing may have it any more.
void PolicyBuilder::check_former() const {
  for (const auto& [kind, names] : former_) {
    const auto places = places_.find(kind);
    for (const auto& [name, node] : names) {
      const auto living = places->second.find(name);
      if (living == places->second.end()) continue;
      node.fail("'was: " + name + "' names what exists, so that nothing was renamed: here and at " +
                living->second.where());
    }
  }
}

std::string PolicyBuilder::define(Kind kind, const base::YamlNode& key) {
  const std::string word = word_for(kind);
  const std::string name = kind == Kind::tool ? read_pattern(key) : read_name(key, word);
  const auto [earlier, is_new] = places_[kind].emplace(name, key);
  if (!is_new) {
    key.fail("the " + word + " '" + name + "' is defined twice: here and at " +
             earlier->second.where());
  }
  return name;
}

void PolicyBuilder::check_exists(Kind kind, const base::YamlNode& name) const {
  const auto places = places_.find(kind);
  std::vector<std::string> names;
  if (places != places_.end()) {
    if (places->second.count(name.text()) > 0) return;
    for (const auto& place : places->second) names.push_back(place.first);
  }
  const std::string nearest = base::nearest_name(name.text(), names);
  name.fail("there is no " + word_for(kind) + " '" + name.text() + "'" +
            (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
}

// Who logs in is one person.
void PolicyBuilder::check_logins() const {
  std::map<std::string, std::string> owners;
  for (const auto& [name, person] : document_.people) {
    for (const std::string& login : person.login) {
      const auto [other, is_new] = owners.emplace(login, name);
      if (is_new) continue;
      places_.at(Kind::person).at(name).fail("the login '" + login + "' of person " + name +
                                             " belongs to " + other->second + " already");
    }
  }
}

// What is asked whether something happened must not make anything happen. Of a tool without an
// effect its server may say that it only reads: that is looked at when the tool is known.
void PolicyBuilder::check_verify_tools() const {
  for (const base::YamlNode& node : verify_tools_) {
    const std::string id = node.text();
    const auto found = std::ranges::find_if(document_.tools, [&](const ToolSettings& tool) {
      return tool.effect && Glob(tool.pattern).matches(id);
    });
    if (found == document_.tools.end() || found->effect == Effect::read_only) continue;
    node.fail("a verify tool must be read_only, and " + id + " is " +
              std::string(to_string(*found->effect)) + ", as " + found->pattern + " says at " +
              places_.at(Kind::tool).at(found->pattern).where());
  }
}

void PolicyBuilder::check_cycles() const {
  std::map<std::string, bool> done;
  for (const auto& role : document_.roles) check_cycles_from(role.first, done);
}

/// Depth first, with its own stack: a chain of includes may be as long as the files allow. `done`
/// is false for the roles of the current path.
void PolicyBuilder::check_cycles_from(const std::string& role,
                                      std::map<std::string, bool>& done) const {
  if (!done.emplace(role, false).second) return;
  std::vector<std::pair<std::string, std::size_t>> path = {{role, 0}};
  while (!path.empty()) {
    const auto [name, next] = path.back();
    const auto includes = includes_.find(name);
    if (includes == includes_.end() || next == includes->second.size()) {
      done[name] = true;
      path.pop_back();
      continue;
    }
    ++path.back().second;
    const base::YamlNode& include = includes->second[next];
    const auto [seen, is_new] = done.emplace(include.text(), false);
    if (is_new) {
      path.emplace_back(include.text(), 0);
    } else if (!seen->second) {
      const auto is_it = [&](const auto& step) { return step.first == include.text(); };
      std::string circle;
      for (auto step = std::find_if(path.begin(), path.end(), is_it); step != path.end(); ++step) {
        circle += step->first + " -> ";
      }
      include.fail("roles include each other in a circle: " + circle + include.text());
    }
  }
}

}  // namespace policies
