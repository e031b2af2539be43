#include "policies/policy.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "policies/local_policy.h"
#include "policies/policy_files.h"

namespace policy_test {

using policies::Decision;
using policies::Effect;
using policies::Policy;

namespace {

Policy policy(const std::string& text) { return Policy(policies::parse_policy(text, "p.yaml")); }

const char* const example = R"(
defaults: {deny: ["*/drop_*"]}
tenants:
  acme: {deny: [hr/*]}
agents:
  researcher: {tenant: acme, roles: [reader]}
  editor: {roles: [writer]}
  idle: {}
roles:
  reader:
    allow: [files/read_*, hr/read_*, db/*]
    deny: [files/read_secret*]
  writer:
    includes: [reader]
    allow: [files/*]
tools:
  search/web: {effect: read_only}
  search/*: {effect: idempotent}
)";

}  // namespace

TEST_CASE("an allowed call gets a permit that names the rule and its place", "[policies]") {
  const Decision decision = policy(example).decide("researcher", "files", "read_file");
  REQUIRE(decision.allowed());
  CHECK(decision.permit->agent() == "researcher");
  CHECK(decision.permit->server() == "files");
  CHECK(decision.permit->name() == "read_file");
  CHECK(decision.permit->rule() == "role reader: allow files/read_* (p.yaml:11)");
  CHECK(decision.source->line == 11);
}

TEST_CASE("what nothing allows is denied", "[policies]") {
  const Decision decision = policy(example).decide("researcher", "files", "write_file");
  CHECK_FALSE(decision.allowed());
  CHECK_FALSE(decision.source);
  CHECK(decision.reason == "no rule of agent researcher allows it");
}

TEST_CASE("a deny of the defaults wins over an allow", "[policies]") {
  const Decision decision = policy(example).decide("researcher", "db", "drop_table");
  CHECK_FALSE(decision.allowed());
  CHECK(decision.reason == "denied by defaults: deny */drop_* (p.yaml:2)");
  CHECK(decision.source->kind == "deny");
}

TEST_CASE("a deny of the tenant wins over an allow", "[policies]") {
  const Decision decision = policy(example).decide("researcher", "hr", "read_salaries");
  CHECK(decision.reason == "denied by tenant acme: deny hr/* (p.yaml:4)");
  CHECK(policy(example).decide("editor", "hr", "read_salaries").allowed());
}

TEST_CASE("a deny of an included role wins over the including role's allow", "[policies]") {
  const Policy rules = policy(example);
  CHECK(rules.decide("editor", "files", "write_file").allowed());
  CHECK(rules.decide("editor", "files", "read_secret").reason ==
        "denied by role reader: deny files/read_secret* (p.yaml:12)");
}

TEST_CASE("an allow of an included role counts", "[policies]") {
  CHECK(policy(example).decide("editor", "db", "query").permit->rule() ==
        "role reader: allow db/* (p.yaml:11)");
}

TEST_CASE("an agent without roles and an unknown agent are allowed nothing", "[policies]") {
  const Policy rules = policy(example);
  CHECK(rules.decide("idle", "db", "query").reason == "no rule of agent idle allows it");
  CHECK(rules.decide("nobody", "db", "query").reason == "the policy has no agent nobody");
  CHECK_FALSE(rules.decide("", "db", "query").allowed());
}

TEST_CASE("names that would read like another tool are denied", "[policies]") {
  const Policy rules(policies::local_policy());
  CHECK(rules.decide("local", "a", "b/c").allowed());
  CHECK_FALSE(rules.decide("local", "a/b", "c").allowed());
  CHECK_FALSE(rules.decide("local", "", "c").allowed());
  CHECK_FALSE(rules.decide("local", "a", "").allowed());
}

TEST_CASE("a document that names a role or tenant it does not hold allows nothing", "[policies]") {
  auto document = policies::local_policy();
  document.agents["local"].roles.push_back("lost");
  CHECK_FALSE(Policy(document).decide("local", "a", "b").allowed());
  document = policies::local_policy();
  document.agents["local"].tenant = "lost";
  CHECK_FALSE(Policy(document).decide("local", "a", "b").allowed());
  document = policies::local_policy();
  document.roles["local"].includes = {"lost"};
  CHECK_FALSE(Policy(document).decide("local", "a", "b").allowed());
}

TEST_CASE("agents are found with their tenant and roles", "[policies]") {
  const Policy rules = policy(example);
  REQUIRE(rules.find_agent("researcher") != nullptr);
  CHECK(rules.find_agent("researcher")->tenant == "acme");
  CHECK(rules.find_agent("researcher")->roles == std::vector<std::string>{"reader"});
  CHECK(rules.find_agent("nobody") == nullptr);
  CHECK(rules.agent_names() == std::vector<std::string>{"editor", "idle", "researcher"});
}

TEST_CASE("the first pattern that matches gives a tool its effect", "[policies]") {
  const Policy rules = policy(example);
  CHECK(rules.effect_of("search", "web") == Effect::read_only);
  CHECK(rules.broken_result_of("search", "web") == policies::BrokenResult::withhold);
  CHECK(rules.effect_of("search", "news") == Effect::idempotent);
  CHECK_FALSE(rules.effect_of("files", "read_file"));
}

TEST_CASE("the pattern that gives a tool its effect gives it its key", "[policies]") {
  const Policy rules = policy(R"(
tools:
  pay/quote: {effect: read_only}
  pay/*: {effect: keyed, key_argument: key}
  "*": {effect: keyed, key_argument: other}
)");
  CHECK(rules.has_keys());
  CHECK(rules.key_argument_of("pay", "refund") == "key");
  CHECK(rules.key_argument_of("mail", "send") == "other");
  CHECK(rules.key_argument_of("pay", "quote") == "");
  CHECK_FALSE(policy(example).has_keys());
  CHECK(policy(example).key_argument_of("files", "read_file") == "");
}

TEST_CASE("two keys of a tool are two policies", "[policies]") {
  CHECK(policy("tools: {a/b: {effect: keyed, key_argument: x}}\n").version() !=
        policy("tools: {a/b: {effect: keyed, key_argument: y}}\n").version());
}

TEST_CASE("without policies the agent local may call everything", "[policies]") {
  const Policy rules(policies::local_policy());
  CHECK(rules.decide("local", "any", "tool").permit->rule() == "role local: allow * (built in)");
  CHECK(rules.agent_names() == std::vector<std::string>{"local"});
}

TEST_CASE("the version is a digest of the rules, not of their layout", "[policies]") {
  const std::string version = policy("roles: {a: {allow: [x/*, y/*]}}\n").version();
  CHECK(version.size() == 64);
  CHECK(version.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(version == policy("# moved\n\nroles:\n  a:\n    allow:\n    - x/*\n    - y/*\n").version());
}

TEST_CASE("every rule that counts is part of the version", "[policies]") {
  const std::vector<std::string> different = {
      "roles: {a: {allow: [x/*]}}",
      "roles: {a: {deny: [x/*]}}",
      "roles: {b: {allow: [x/*]}}",
      "roles: {a: {allow: [x/*]}, b: {includes: [a]}}",
      "roles: {a: {allow: [x/*]}, b: {}}",
      "agents: {a: {}}\nroles: {a: {start: [a]}}",
      "defaults: {deny: [x/*]}",
      "tenants: {t: {deny: [x/*]}}",
      "tenants: {t: {}}",
      "tenants: {t: {}}\nagents: {a: {tenant: t}}",
      "tenants: {t: {}}\nagents: {a: {}}",
      "roles: {a: {}}\nagents: {a: {roles: [a]}}",
      "roles: {a: {}}\nagents: {a: {}}",
      "tools: {x/*: {effect: read_only}}",
      "tools: {x/*: {effect: idempotent}}",
      "tools: {x/*: {effect: read_only}, x/y: {effect: idempotent}}",
      "tools: {x/y: {effect: idempotent}, x/*: {effect: read_only}}",
  };
  for (std::size_t i = 0; i < different.size(); ++i) {
    for (std::size_t j = i + 1; j < different.size(); ++j) {
      INFO(different[i] << " and " << different[j]);
      CHECK(policy(different[i]).version() != policy(different[j]).version());
    }
  }
}

namespace {

/// Random documents over few servers and tools, so that rules often meet.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string server() { return std::string(1, "ab"[below(2)]); }
  std::string tool() { return std::string(1, "xyz"[below(3)]) + (below(2) ? "" : "1"); }

  policies::Rule rule(const std::string& scope, const std::string& kind) {
    static const char* const patterns[] = {"*", "a/*", "b/*", "*/x*", "a/x", "b/y1", "*1", "*/z"};
    const std::string pattern = patterns[below(8)];
    return {pattern, {scope, kind, pattern, "p", 1}};
  }

  std::vector<policies::Rule> rules(const std::string& scope, const std::string& kind) {
    std::vector<policies::Rule> rules;
    for (std::size_t count = below(3); count > 0; --count) rules.push_back(rule(scope, kind));
    return rules;
  }

  policies::PolicyDocument document() {
    policies::PolicyDocument document;
    if (below(4) == 0) document.default_deny = rules("defaults", "deny");
    document.tenants["t"].deny = rules("tenant t", "deny");
    for (const char* name : {"p", "q", "r"}) {
      document.roles[name].allow = rules(name, "allow");
      if (below(3) == 0) document.roles[name].deny = rules(name, "deny");
    }
    if (below(2)) document.roles["p"].includes = {"q"};
    if (below(2)) document.agents["agent"].tenant = "t";
    document.agents["agent"].roles = {"p"};
    if (below(2)) document.agents["agent"].roles.push_back("r");
    return document;
  }

  void add_deny(policies::PolicyDocument& document) {
    switch (below(3)) {
      case 0:
        document.default_deny.push_back(rule("defaults", "deny"));
        break;
      case 1:
        document.tenants["t"].deny.push_back(rule("tenant t", "deny"));
        break;
      default:
        document.roles[below(2) ? "p" : "q"].deny.push_back(rule("role", "deny"));
    }
  }

 private:
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("adding a deny never allows anything", "[policies]") {
  Generator generator(42);
  int allowed = 0, newly_denied = 0;
  for (int i = 0; i < 600; ++i) {
    auto document = generator.document();
    const Policy before(document);
    generator.add_deny(document);
    const Policy after(document);
    for (int call = 0; call < 12; ++call) {
      const std::string server = generator.server(), tool = generator.tool();
      const bool was = before.decide("agent", server, tool).allowed();
      const bool is = after.decide("agent", server, tool).allowed();
      if (is && !was) FAIL("case " << i << ": a deny allowed " << server << "/" << tool);
      allowed += was ? 1 : 0;
      newly_denied += was && !is ? 1 : 0;
    }
  }
  CHECK(allowed > 500);
  CHECK(newly_denied > 100);
}

TEST_CASE("decisions agree with the rule in words: no deny and some allow", "[policies]") {
  Generator generator(43);
  const auto any = [](const std::vector<policies::Rule>& rules, const std::string& name) {
    for (const auto& rule : rules) {
      if (policies::Glob(rule.pattern).matches(name)) return true;
    }
    return false;
  };
  for (int i = 0; i < 1'000; ++i) {
    const auto document = generator.document();
    const std::string server = generator.server(), tool = generator.tool();
    const std::string name = server + "/" + tool;
    const auto& agent = document.agents.at("agent");
    auto roles = agent.roles;
    if (!document.roles.at("p").includes.empty()) roles.push_back("q");
    bool denied = any(document.default_deny, name), allowed = false;
    if (!agent.tenant.empty()) denied = denied || any(document.tenants.at("t").deny, name);
    for (const auto& role : roles) {
      denied = denied || any(document.roles.at(role).deny, name);
      allowed = allowed || any(document.roles.at(role).allow, name);
    }
    const Decision decision = Policy(document).decide("agent", server, tool);
    if (decision.allowed() != (allowed && !denied)) FAIL("case " << i << ": " << name);
  }
}

TEST_CASE("a role lets its holders start agents, those of included roles as well", "[policies]") {
  const Policy rules = policy(R"(
agents: {boss: {roles: [lead]}, worker: {roles: []}, idle: {}}
roles: {lead: {includes: [starter]}, starter: {start: [worker]}}
)");
  CHECK(rules.may_start("boss", "worker"));
  CHECK_FALSE(rules.may_start("boss", "idle"));
  CHECK_FALSE(rules.may_start("worker", "worker"));
  CHECK_FALSE(rules.may_start("nobody", "worker"));
}

TEST_CASE("spending on what is no tool takes of budgets of money alone", "[policies]") {
  const Policy rules = policy(R"(
currency: EUR
agents: {worker: {roles: [all]}}
roles:
  all:
    limits: [{tools: "*", rate: 5/s}]
    budgets: [{name: daily, window: day, money: 1.00, calls: 10}, {name: files, tools: files/*, window: day, money: 1.00}]
)");
  const auto charges = rules.money_charges("worker", "model", "fast", 7);
  REQUIRE(charges.size() == 1);
  CHECK(charges[0].quota->name == "all/daily");
  CHECK(charges[0].amount == 7);
  CHECK(rules.money_charges("nobody", "model", "fast", 7).empty());
}

}  // namespace policy_test
