#include "policies/rule_warnings.h"

#include <algorithm>
#include <set>

#include "base/yaml.h"
#include "policies/glob.h"
#include "policies/resource_uri.h"
#include "policies/role_closure.h"

namespace policies {
namespace {

using base::Json;

std::string line_of(const Rule& rule, const std::string& sentence) {
  return rule.source.file + ":" + std::to_string(rule.source.line) + ": " + rule.source.scope +
         ": " + rule.source.kind + " " + rule.pattern + ": " + sentence;
}

std::string place_text(const RuleSource& source) {
  return source.file + ":" + std::to_string(source.line);
}

/// Gathers warnings over one document.
class RuleWarnings {
 public:
  RuleWarnings(const PolicyDocument& document, const std::vector<std::string>& servers)
      : document_(document), servers_(servers) {}

  std::vector<std::string> all() {
    each_rule(document_.default_deny);
    each_approve(document_.default_approve);
    for (const auto& tenant : document_.tenants) {
      each_rule(tenant.second.deny);
      each_approve(tenant.second.approve);
    }
    for (const auto& [name, role] : document_.roles) {
      each_rule(role.deny);
      each_rule(role.allow);
      each_rule(role.resources);
      each_rule(role.prompts);
      each_approve(role.approve);
      for (const auto* rules : {&role.allow, &role.resources, &role.prompts}) {
        denied_anyway(name, *rules);
      }
      never_a_uri(role.resources);
      not_asked(role.resources);
      not_asked(role.prompts);
    }
    for (const auto& view : document_.views) each_rule(view.second.tools);
    held_by_nobody();
    covered_settings();
    return std::move(warnings_);
  }

 private:
  void each_rule(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
      unknown_server(rule);
      if (!rule.arguments) continue;
      no_object(rule);
      if (rule.source.kind == "deny") {
        escapes(rule, "is not refused: describe what may pass, under 'not', if it must be");
      } else {
        for (const std::string& gap : rule.arguments->gaps()) warn(rule, gap);
      }
    }
  }

  void each_approve(const std::vector<ApproveRule>& entries) {
    for (const ApproveRule& entry : entries) {
      const Rule rule{entry.tools, entry.source, entry.when};
      unknown_server(rule);
      if (!rule.arguments) continue;
      no_object(rule);
      escapes(rule,
              "goes out without a question: describe what needs none, under 'not', if people must "
              "be asked");
    }
  }

  void warn(const Rule& rule, const std::string& sentence) {
    warnings_.push_back(line_of(rule, sentence));
  }

  // A pattern whose first part is a name and no pattern means that server alone.
  void unknown_server(const Rule& rule) {
    const std::string server = rule.pattern.substr(0, rule.pattern.find('/'));
    if (servers_.empty() || server.find('*') != std::string::npos) return;
    if (std::find(servers_.begin(), servers_.end(), server) != servers_.end()) return;
    const std::string near = base::nearest_name(server, servers_);
    warn(rule, "it can never match: there is no server '" + server + "'" +
                   (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }

  // Some forms of a URI are refused whatever the rules say.
  void never_a_uri(const std::vector<Rule>& resources) {
    for (const Rule& rule : resources) {
      const std::size_t slash = rule.pattern.find('/');
      if (slash == std::string::npos || rule.pattern.find('*') != std::string::npos) continue;
      const std::string_view problem = uri_problem(std::string_view(rule.pattern).substr(slash + 1));
      if (!problem.empty()) {
        warn(rule, "it can never match: of such a URI nothing is read: " + std::string(problem));
      }
    }
  }

  // People are asked about calls of tools alone.
  void not_asked(const std::vector<Rule>& allows) {
    for (const Rule& allow : allows) {
      const auto covers = [&](const ApproveRule& asked) {
        return !asked.when && asked.tools != "*" && Glob(asked.tools).matches(allow.pattern);
      };
      const auto any = [&](const std::vector<ApproveRule>& rules) {
        return std::any_of(rules.begin(), rules.end(), covers);
      };
      bool found = any(document_.default_approve);
      for (const auto& tenant : document_.tenants) found = found || any(tenant.second.approve);
      for (const auto& role : document_.roles) found = found || any(role.second.approve);
      if (found) warn(allow, "nobody is asked about it: 'approve' is for tools");
    }
  }

  // Arguments are an object.
  void no_object(const Rule& rule) {
    const Json& schema = rule.arguments->schema();
    const auto is_object_type = [](const Json& type) { return type == "object"; };
    const auto is_object = [](const Json& value) { return value.is_object(); };
    const auto none = [](const Json* list, const auto& test) {
      if (list == nullptr) return false;
      return list->is_array() ? std::none_of(list->begin(), list->end(), test) : !test(*list);
    };
    const Json* constant = base::find_member(schema, "const");
    if (none(base::find_member(schema, "type"), is_object_type) ||
        none(base::find_member(schema, "enum"), is_object) ||
        (constant != nullptr && !constant->is_object())) {
      warn(rule, "it can never match: arguments are an object");
    }
  }

  // What a deny, or `when`, says of a type leaves out all others, and what it requires all calls
  // without it.
  void escapes(const Rule& rule, const std::string& what) {
    const Json& schema = rule.arguments->schema();
    const Json* properties = base::find_member(schema, "properties");
    if (properties == nullptr) return;
    for (const auto& [name, rules] : properties->items()) {
      if (rules.size() < 2 || base::find_member(rules, "type") == nullptr) continue;
      const Json* required = base::find_member(schema, "required");
      const bool is_required = required != nullptr && std::find(required->begin(), required->end(),
                                                                name) != required->end();
      warn(rule, "a call whose '" + name + "' is " + (is_required ? "missing or " : "") +
                     "of another type " + what);
    }
  }

  // Matching a pattern's text, stars and all, means covering whatever it stands for.
  static const Rule* covering(const std::vector<Rule>& denies, const Rule& allow) {
    const auto found = std::find_if(denies.begin(), denies.end(), [&](const Rule& deny) {
      const bool same =
          deny.arguments && allow.arguments && deny.arguments->text() == allow.arguments->text();
      return (!deny.arguments || same) && Glob(deny.pattern).matches(allow.pattern);
    });
    return found == denies.end() ? nullptr : &*found;
  }

  void denied_anyway(const std::string& name, const std::vector<Rule>& allows) {
    const std::set<std::string> roles = role_closure(document_, name);
    for (const Rule& allow : allows) {
      const Rule* deny = covering(document_.default_deny, allow);
      for (const std::string& role : roles) {
        if (deny == nullptr) deny = covering(document_.roles.at(role).deny, allow);
      }
      if (deny == nullptr) continue;
      warn(allow, "it can never match: " + deny->source.scope + " denies " + deny->pattern + " (" +
                      place_text(deny->source) + ")");
    }
  }

  void held_by_nobody() {
    std::set<std::string> roles, tenants;
    for (const auto& entry : document_.agents) {
      tenants.insert(entry.second.tenant);
      for (const std::string& role : entry.second.roles) roles.merge(role_closure(document_, role));
    }
    for (const auto& role : document_.roles) {
      if (roles.count(role.first) > 0) continue;
      warnings_.push_back("role " + role.first + ": no agent has it: its rules can never match");
    }
    for (const auto& tenant : document_.tenants) {
      if (tenants.count(tenant.first) > 0) continue;
      warnings_.push_back("tenant " + tenant.first +
                          ": no agent belongs to it: its rules can never match");
    }
  }

  // Of each setting, the first entry that matches counts.
  void covered_settings() {
    const auto& tools = document_.tools;
    for (std::size_t at = 1; at < tools.size(); ++at) {
      const auto earlier = [&](const auto& has) {
        return !has(tools[at]) ||
               std::any_of(tools.begin(), tools.begin() + static_cast<std::ptrdiff_t>(at),
                           [&](const ToolSettings& tool) {
                             return has(tool) && Glob(tool.pattern).matches(tools[at].pattern);
                           });
      };
      const bool covered = earlier([](const auto& tool) { return tool.effect.has_value(); }) &&
                           earlier([](const auto& tool) { return tool.price.has_value(); }) &&
                           earlier([](const auto& tool) { return tool.broken_result.has_value(); });
      if (!covered) continue;
      warnings_.push_back("tool " + tools[at].pattern +
                          ": patterns before it match all its tools: it never counts");
    }
  }

  const PolicyDocument& document_;
  const std::vector<std::string>& servers_;
  std::vector<std::string> warnings_;
};

}  // namespace

std::vector<std::string> rule_warnings(const PolicyDocument& document,
                                       const std::vector<std::string>& servers) {
  return RuleWarnings(document, servers).all();
}

}  // namespace policies
