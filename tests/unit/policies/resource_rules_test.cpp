// Rules for resources and prompts.
#include <catch2/catch.hpp>

#include "policies/local_policy.h"
#include "policies/policy.h"
#include "policies/policy_files.h"
#include "policies/policy_warnings.h"

namespace resource_rules_test {

using policies::Caller;
using policies::Decision;
using policies::Policy;
using policies::Primitive;

namespace {

const char* const example = R"(
defaults: {deny: ["*/drop_*"]}
tenants: {acme: {deny: [hr/*]}}
agents:
  reader: {tenant: acme, roles: [reader]}
  editor: {roles: [editor]}
roles:
  reader:
    allow: [files/*]
    resources: ["files/file:///data/*", "hr/*"]
    prompts: [files/review, hr/review]
    deny: ["files/file:///data/secret*"]
  editor:
    includes: [reader]
    prompts: ["*"]
    deny: [{tool: files/*, arguments: {required: [force]}}]
views: {coding: {tools: [files/*]}, hr: {tools: [hr/*]}}
)";

struct Fixture {
  Policy policy{policies::parse_policy(example, "p.yaml")};

  Decision resource(const std::string& agent, const std::string& uri,
                    const std::string& server = "files") const {
    return policy.decide(Caller{agent}, Primitive::resource, server, uri);
  }
  Decision prompt(const std::string& agent, const std::string& name,
                  const std::string& server = "files") const {
    return policy.decide(Caller{agent}, Primitive::prompt, server, name);
  }
};

}  // namespace

TEST_CASE("a resource that a pattern allows gets a permit for its URI", "[policies]") {
  const Decision decision = Fixture().resource("reader", "file:///data/sub/a.txt");
  REQUIRE(decision.allowed());
  CHECK(decision.listed);
  CHECK(decision.permit->primitive() == Primitive::resource);
  CHECK(decision.permit->server() == "files");
  CHECK(decision.permit->name() == "file:///data/sub/a.txt");
  CHECK(decision.permit->rule() == "role reader: resources files/file:///data/* (p.yaml:10)");
}

TEST_CASE("rules for tools, resources and prompts allow nothing of each other", "[policies]") {
  const Fixture f;
  CHECK(f.policy.decide("reader", "files", "review").allowed());
  CHECK(f.prompt("reader", "review").allowed());
  CHECK_FALSE(f.prompt("reader", "other").allowed());
  CHECK_FALSE(f.resource("reader", "file:///etc/passwd").allowed());
  CHECK_FALSE(f.policy.decide("reader", "hr", "review").allowed());
  CHECK(f.resource("reader", "file:///etc/passwd").reason ==
        "no rule of agent reader allows it");
  CHECK(f.prompt("reader", "review").permit->primitive() == Primitive::prompt);
}

TEST_CASE("a deny holds for resources and prompts as well", "[policies]") {
  const Fixture f;
  CHECK_FALSE(f.resource("reader", "file:///data/secret.txt").allowed());
  CHECK_FALSE(f.resource("reader", "file:///data/drop_table").allowed());
  CHECK_FALSE(f.prompt("editor", "drop_all").allowed());
  CHECK_FALSE(f.prompt("reader", "review", "hr").allowed());
  CHECK(f.resource("editor", "test://one", "hr").allowed());
  CHECK_FALSE(f.resource("reader", "test://one", "hr").allowed());
  CHECK(f.resource("reader", "test://one", "hr").reason ==
        "denied by tenant acme: deny hr/* (p.yaml:3)");
}

TEST_CASE("a deny that looks at arguments is about tools", "[policies]") {
  CHECK(Fixture().resource("editor", "file:///data/a").allowed());
}

TEST_CASE("included roles add their resources and prompts", "[policies]") {
  const Fixture f;
  CHECK(f.resource("editor", "file:///data/a").allowed());
  CHECK(f.prompt("editor", "anything", "other").allowed());
}

TEST_CASE("patterns for resources are case-sensitive", "[policies]") {
  CHECK_FALSE(Fixture().resource("reader", "file:///Data/a").allowed());
}

TEST_CASE("a URI that could mean another one is refused, though a pattern matches it",
          "[policies]") {
  const Fixture f;
  for (const char* uri : {"file:///data/../etc/passwd", "file:///data/%2e%2e/etc/passwd",
                          "file:///data//secret", "file:///data/%73ecret", "file:///data/x%2Fy"}) {
    CAPTURE(uri);
    const Decision decision = f.resource("editor", uri);
    CHECK_FALSE(decision.allowed());
    CHECK_FALSE(decision.listed);
    CHECK(decision.reason.find("the URI cannot be judged: ") == 0);
  }
}

TEST_CASE("a view shows of resources and prompts what its patterns match", "[policies]") {
  const Fixture f;
  const auto through = [&](const char* view, Primitive primitive, const char* name) {
    return f.policy.decide(Caller{"editor", view}, primitive, "files", name).allowed();
  };
  CHECK(through("coding", Primitive::resource, "file:///data/a"));
  CHECK(through("coding", Primitive::prompt, "review"));
  CHECK_FALSE(through("hr", Primitive::resource, "file:///data/a"));
  CHECK_FALSE(through("hr", Primitive::prompt, "review"));
  CHECK(f.policy.lists_template(Caller{"editor", "coding"}, "files", "file:///data/{name}"));
  CHECK_FALSE(f.policy.lists_template(Caller{"editor", "hr"}, "files", "file:///data/{name}"));
}

TEST_CASE("a template is listed when rules allow it whatever fills it", "[policies]") {
  const Fixture f;
  const Caller reader{"reader"};
  CHECK(f.policy.lists_template(reader, "files", "file:///data/{name}"));
  CHECK(f.policy.lists_template(reader, "files", "file:///data/{+path}/x"));
  CHECK_FALSE(f.policy.lists_template(reader, "files", "file:///{path}"));
  CHECK_FALSE(f.policy.lists_template(reader, "files", "file:///data/secret{n}"));
  CHECK_FALSE(f.policy.lists_template(reader, "files", "FILE:///data/{name}"));
  CHECK_FALSE(f.policy.lists_template(reader, "other", "file:///data/{name}"));
  CHECK_FALSE(f.policy.lists_template(Caller{"nobody"}, "files", "file:///data/{name}"));
}

TEST_CASE("without policies the one agent may read everything", "[policies]") {
  const Policy local(policies::local_policy());
  CHECK(local.decide(Caller{"local"}, Primitive::resource, "s", "test://a").allowed());
  CHECK(local.decide(Caller{"local"}, Primitive::prompt, "s", "p").allowed());
  CHECK(local.lists_template(Caller{"local"}, "s", "test://{a}"));
}

TEST_CASE("rules for resources and prompts that can never match are warned of", "[policies]") {
  const auto warnings = policies::policy_warnings(
      policies::parse_policy("agents: {a: {roles: [r]}}\n"
                             "defaults: {deny: [hr/*]}\n"
                             "roles:\n"
                             "  r:\n"
                             "    resources: [\"hr/test://a\", \"fils/*\", \"files/FILE:///a\"]\n"
                             "    prompts: [files/ask, hr/x]\n"
                             "    approve: [{tools: files/*, by: [ops]}]\n"
                             "people: {ann: {login: [\"unix:ann\"], groups: [ops], may: [approve]}}\n",
                             "p.yaml"),
      {"files", "hr"});
  CHECK(warnings ==
        std::vector<std::string>{
            "p.yaml:5: role r: resources fils/*: it can never match: there is no server 'fils'; "
            "did you mean 'files'?",
            "p.yaml:5: role r: resources hr/test://a: it can never match: defaults denies hr/* "
            "(p.yaml:2)",
            "p.yaml:6: role r: prompts hr/x: it can never match: defaults denies hr/* (p.yaml:2)",
            "p.yaml:5: role r: resources files/FILE:///a: it can never match: of such a URI nothing "
            "is read: it does not begin with a scheme in lower case",
            "p.yaml:5: role r: resources files/FILE:///a: nobody is asked about it: 'approve' is "
            "for tools",
            "p.yaml:6: role r: prompts files/ask: nobody is asked about it: 'approve' is for "
            "tools"});
}

}  // namespace resource_rules_test
