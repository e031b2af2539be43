// What must hold for every policy, over random ones.
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "policies/policy.h"
#include "policies/policy_files.h"
#include "policies/policy_print.h"

namespace policy_properties_test {

using base::Json;
using policies::Policy;
using policies::PolicyDocument;
using policies::Primitive;
using policies::Rule;

namespace {

constexpr int policies_tried = 400;

/// Calls to compare policies by: few servers and tools, so that rules often meet, and all arguments
/// that the constraints below tell apart.
struct Calls {
  std::vector<std::pair<std::string, std::string>> tools;
  std::vector<Json> arguments;

  Calls() {
    for (const char* server : {"a", "b"}) {
      for (const char* tool : {"x", "x1", "y", "z1"}) tools.emplace_back(server, tool);
    }
    for (int x = -1; x < 3; ++x) {
      for (int y = -1; y < 2; ++y) {
        Json one = Json::object();
        if (x >= 0) one["x"] = x;
        if (y >= 0) one["y"] = y;
        arguments.push_back(std::move(one));
      }
    }
  }
};
const Calls calls;

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }

  /// Denies look at `y`, and at `x` in the same words as an allow: whatever an allow with other
  /// words permits, some arguments pass all denies. So a tool that is listed can be called.
  Rule rule(const std::string& scope, const std::string& kind) {
    static const char* const patterns[] = {"*", "a/*", "b/*", "*/x*", "a/x", "b/z1", "*1", "*/y"};
    Rule rule;
    rule.pattern = patterns[below(std::size(patterns))];
    rule.source = {scope, kind, rule.pattern, "p", 1};
    if (below(2) == 0) return rule;
    const char* name = kind == "deny" && below(2) == 0 ? "y" : "x";
    Json schema{{"required", {name}}, {"properties", {{name, {{"const", below(2)}}}}}};
    const std::string text = base::dump_json(schema);
    rule.arguments = policies::Constraint::read(base::YamlNode::parse(text, "constraint"));
    return rule;
  }

  std::vector<Rule> rules(const std::string& scope, const std::string& kind, std::size_t most) {
    std::vector<Rule> rules;
    for (std::size_t count = below(most + 1); count > 0; --count) {
      rules.push_back(rule(scope, kind));
    }
    return rules;
  }

  /// Of resources or prompts: patterns alone.
  std::vector<Rule> plain_rules(const std::string& scope, const std::string& kind) {
    static const char* const patterns[] = {"*", "a/*", "b/u:*", "*x*", "a/x", "b/u:z1", "*/u:x1"};
    std::vector<Rule> rules;
    for (std::size_t count = below(3); count > 0; --count) {
      const std::string pattern = patterns[below(std::size(patterns))];
      rules.push_back({pattern, {scope, kind, pattern, "p", 1}, {}});
    }
    return rules;
  }

  PolicyDocument document() {
    PolicyDocument document;
    document.currency = "EUR";
    if (below(4) == 0) document.default_deny = rules("defaults", "deny", 1);
    document.tenants["t"].deny = rules("tenant t", "deny", 1);
    document.people["ann"] = {{"unix:ann"}, {"ops"}, true};
    document.people["bob"] = {{"unix:bob"}, {}, below(2) == 0};
    if (below(2) == 0) document.default_approve.push_back(approve("defaults"));
    if (below(2) == 0) document.tenants["t"].approve.push_back(approve("tenant t"));
    if (below(2) == 0) document.agents["agent"].owner = "bob";
    for (const std::string name : {"p", "q", "r"}) {
      if (below(3) == 0) document.roles[name].approve.push_back(approve("role " + name));
      document.roles[name].allow = rules("role " + name, "allow", 3);
      if (below(3) == 0) document.roles[name].deny = rules("role " + name, "deny", 2);
      document.roles[name].resources = plain_rules("role " + name, "resources");
      document.roles[name].prompts = plain_rules("role " + name, "prompts");
      document.roles[name].quotas = quotas("role " + name);
      if (below(3) == 0) document.roles[name].start = {"agent"};
    }
    if (below(2) == 0) document.roles["p"].includes = {"q", "r"};
    if (below(2) == 0) document.agents["agent"].tenant = "t";
    document.agents["agent"].roles = {"p", "r"};
    document.views["v"].tools = {{"a/*", {"view v", "tools", "a/*", "p", 1}, {}}};
    if (below(2) == 0) {
      document.tools.push_back({"a/*", policies::Effect::idempotent, below(1'000'000'000), {}});
      document.tools.push_back({"*", {}, {}, policies::BrokenResult::warn});
      const std::string argument = below(2) == 0 ? "key" : "null";
      if (below(2) == 0) {
        document.tools.push_back({"b/*", policies::Effect::keyed, {}, {}, argument});
      } else {
        document.tools.push_back({"b/*", policies::Effect::reconcilable, {}, {}, "", verify()});
      }
    }
    return document;
  }

  template <class List>
  void shuffle(List& list) {
    std::shuffle(list.begin(), list.end(), random_);
  }

 private:
  policies::ApproveRule approve(const std::string& scope) {
    policies::ApproveRule asked;
    asked.tools = below(2) == 0 ? "*" : "*/x*";
    asked.by = {below(2) == 0 ? "ann" : "ops"};
    asked.wait = std::chrono::milliseconds(below(3) * 1'500);
    asked.expires = std::chrono::milliseconds(1'000 + below(100'000));
    if (below(2) == 0) asked.escalate_to = {"ann"};
    if (below(2) == 0) asked.when = rule(scope, "allow").arguments;
    asked.source = {scope, "approve", asked.tools, "p", 1, {}};
    return asked;
  }
  policies::Verification verify() {
    const auto schema = [this](const char* answer) {
      const Json json{{"required", {"x"}},
                      {"properties", {{"x", {{"const", answer}, {"minLength", below(9)}}}}}};
      return policies::Constraint::read(base::YamlNode::parse(base::dump_json(json), "verify"));
    };
    policies::Verification verify{"c", "find", {}, schema("yes"), {}, {}, {}, "p:1"};
    verify.arguments.push_back({"by", below(2) == 0 ? "/x" : "/~1/0"});
    if (below(2) == 0) verify.arguments.push_back({"n", "", Json(below(5))});
    if (below(2) == 0) verify.not_done = schema("no");
    verify.settle = std::chrono::milliseconds(1 + below(100'000));
    verify.within = verify.settle + std::chrono::milliseconds(1 + below(1'000'000));
    return verify;
  }
  policies::Quotas quotas(const std::string& scope) {
    policies::Quotas quotas;
    if (below(2) == 0) {
      policies::LimitRule limit;
      limit.tools = "a/*";
      limit.rate =
          policies::RateRule{static_cast<std::int64_t>(1 + below(9)), std::chrono::minutes(1), 3};
      if (below(2) == 0) limit.concurrency = 4;
      quotas.limits.push_back(limit);
    }
    if (below(2) == 0) {
      policies::BudgetRule budget;
      budget.name = "n";
      budget.window.unit = policies::ledger::Window::Unit::rolling;
      budget.window.length = std::chrono::seconds(60 * (1 + below(5'000)));
      budget.money = below(9'000'000'000);
      if (below(2) == 0) {
        budget.ask = approve(scope);
        budget.ask->when.reset();
        budget.ask->escalate_to.clear();
        budget.ask->tools = budget.tools;
      }
      quotas.budgets.push_back(budget);
    }
    return quotas;
  }

  std::mt19937 random_;
};

/// Every verdict of a policy, and what it lists.
std::vector<bool> verdicts(const Policy& policy, std::string_view view = {}) {
  std::vector<bool> all;
  for (const auto& [server, tool] : calls.tools) {
    const policies::Caller caller{"agent", view};
    all.push_back(policy.decide(caller, server, tool).listed);
    for (const Json& arguments : calls.arguments) {
      all.push_back(policy.decide(caller, server, tool, &arguments).allowed());
    }
    all.push_back(policy.decide(caller, Primitive::prompt, server, tool).allowed());
    all.push_back(policy.decide(caller, Primitive::resource, server, "u:" + tool).allowed());
    all.push_back(policy.lists_template(caller, server, "u:" + tool + "{id}"));
  }
  return all;
}

/// Whether everything that `less` allows or lists, `more` does as well.
bool within(const std::vector<bool>& less, const std::vector<bool>& more) {
  return std::equal(less.begin(), less.end(), more.begin(), more.end(),
                    [](bool narrow, bool wide) { return !narrow || wide; });
}

}  // namespace

TEST_CASE("what is listed can be called with some arguments, and nothing else can",
          "[policies][slow]") {
  Generator generator(101);
  int listed = 0, depending = 0;
  for (int i = 0; i < policies_tried; ++i) {
    const Policy policy(generator.document());
    for (const auto& [server, tool] : calls.tools) {
      const auto allowed =
          std::count_if(calls.arguments.begin(), calls.arguments.end(), [&](const Json& arguments) {
            return policy.decide("agent", server, tool, &arguments).allowed();
          });
      const bool is_listed = policy.decide("agent", server, tool).listed;
      if (is_listed != (allowed > 0)) {
        FAIL("case " << i << ": " << server << "/" << tool << " is "
                     << (is_listed ? "listed and never allowed" : "allowed and not listed"));
      }
      listed += is_listed ? 1 : 0;
      depending += is_listed && allowed < static_cast<int>(calls.arguments.size()) ? 1 : 0;
    }
  }
  CHECK(listed > 500);
  CHECK(depending > 200);
}

TEST_CASE("what is listed of resources and prompts can be read, and nothing else can",
          "[policies][slow]") {
  Generator generator(107);
  int listed = 0;
  for (int i = 0; i < policies_tried; ++i) {
    const Policy policy(generator.document());
    const policies::Caller agent{"agent"};
    for (const auto& [server, name] : calls.tools) {
      for (const Primitive primitive : {Primitive::resource, Primitive::prompt}) {
        const auto decision = policy.decide(agent, primitive, server, "u:" + name);
        if (decision.listed != decision.allowed()) FAIL("case " << i << ": " << server << name);
        listed += decision.listed ? 1 : 0;
      }
      const bool is_listed = policy.lists_template(agent, server, "u:" + name + "{id}");
      // No pattern names what fills it.
      const std::string filled = "u:" + name + "77";
      const bool can_read = policy.decide(agent, Primitive::resource, server, filled).allowed();
      if (is_listed != can_read) FAIL("case " << i << ": the template of " << server << name);
    }
  }
  CHECK(listed > 1'000);
}

TEST_CASE("a decision without arguments permits only what every call is permitted",
          "[policies][slow]") {
  Generator generator(102);
  for (int i = 0; i < policies_tried; ++i) {
    const Policy policy(generator.document());
    for (const auto& [server, tool] : calls.tools) {
      if (!policy.decide("agent", server, tool).allowed()) continue;
      for (const Json& arguments : calls.arguments) {
        if (!policy.decide("agent", server, tool, &arguments).allowed()) FAIL("case " << i);
      }
    }
  }
}

TEST_CASE("adding a deny, with arguments or without, never allows or lists", "[policies][slow]") {
  Generator generator(103);
  int narrowed = 0;
  for (int i = 0; i < policies_tried; ++i) {
    PolicyDocument document = generator.document();
    const auto before = verdicts(Policy(document));
    switch (generator.below(3)) {
      case 0:
        document.default_deny.push_back(generator.rule("defaults", "deny"));
        break;
      case 1:
        document.tenants["t"].deny.push_back(generator.rule("tenant t", "deny"));
        break;
      default:
        document.roles["q"].deny.push_back(generator.rule("role q", "deny"));
    }
    const auto after = verdicts(Policy(document));
    if (!within(after, before)) FAIL("case " << i << ": a deny allowed something");
    narrowed += after != before ? 1 : 0;
  }
  CHECK(narrowed > 50);
}

TEST_CASE("a view never allows or lists what is not allowed without it", "[policies][slow]") {
  Generator generator(104);
  for (int i = 0; i < policies_tried; ++i) {
    const Policy policy(generator.document());
    if (!within(verdicts(policy, "v"), verdicts(policy))) FAIL("case " << i);
  }
}

TEST_CASE("the order of roles, includes and rules does not matter for any verdict",
          "[policies][slow]") {
  Generator generator(105);
  for (int i = 0; i < policies_tried; ++i) {
    PolicyDocument document = generator.document();
    const auto before = verdicts(Policy(document));
    generator.shuffle(document.agents["agent"].roles);
    for (auto& role : document.roles) {
      generator.shuffle(role.second.includes);
      generator.shuffle(role.second.allow);
      generator.shuffle(role.second.deny);
      generator.shuffle(role.second.resources);
      generator.shuffle(role.second.prompts);
    }
    if (verdicts(Policy(document)) != before) FAIL("case " << i);
  }
}

TEST_CASE("a policy that is printed and parsed again is the same policy", "[policies][slow]") {
  Generator generator(106);
  for (int i = 0; i < policies_tried; ++i) {
    const PolicyDocument document = generator.document();
    const std::string text = policies::policy_yaml(document);
    const Policy before(document), after(policies::parse_policy(text, "printed.yaml"));
    if (before.version() != after.version()) FAIL("case " << i << ":\n" << text);
    if (verdicts(before) != verdicts(after)) FAIL("case " << i << ":\n" << text);
  }
}

}  // namespace policy_properties_test
