#include "policies/policy_files.h"

#include <string>

#include <catch2/catch.hpp>

#include "policies/policy.h"
#include "tests/support/config_error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace policy_files_test {

using policies::parse_policy;

namespace {

std::string refusal(const std::string& text) {
  return tests::config_error([&] { parse_policy(text, "p.yaml"); });
}

}  // namespace

TEST_CASE("rules keep their pattern, scope, file and line", "[policies]") {
  const auto document = parse_policy("roles:\n  reader:\n    allow:\n    - files/*\n", "p.yaml");
  const policies::Rule& rule = document.roles.at("reader").allow.at(0);
  CHECK(rule.pattern == "files/*");
  CHECK(rule.source.scope == "role reader");
  CHECK(rule.source.kind == "allow");
  CHECK(rule.source.file == "p.yaml");
  CHECK(rule.source.line == 4);
}

TEST_CASE("every example policy loads", "[policies]") {
  const std::filesystem::path examples =
      std::filesystem::path(SLUICE_SOURCE_DIR) / "policies/examples";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(examples)) {
    INFO(entry.path());
    const policies::Policy policy(policies::load_policy_files({entry.path()}));
    CHECK_FALSE(policy.agent_names().empty());
    ++count;
  }
  CHECK(count >= 3);
}

TEST_CASE("files are merged and may name each other's roles", "[policies]") {
  const tests::TempDir dir;
  tests::write_file(dir / "a.yaml", "defaults: {deny: [x/a]}\nagents: {bot: {roles: [reader]}}\n");
  tests::write_file(dir / "b.yaml",
                    "defaults: {deny: [x/b]}\nroles: {reader: {allow: [files/*]}}\n");
  const auto document = policies::load_policy_files({dir / "a.yaml", dir / "b.yaml"});
  REQUIRE(document.default_deny.size() == 2);
  CHECK(document.default_deny[1].source.file == (dir / "b.yaml").string());
  CHECK(document.roles.count("reader") == 1);
}

TEST_CASE("a name defined in two files is refused with both places", "[policies]") {
  const tests::TempDir dir;
  for (const std::string text : {"roles: {x: {}}\n", "tenants: {x: {}}\n", "agents: {x: {}}\n",
                                 "tools: {x/y: {effect: read_only}}\n"}) {
    tests::write_file(dir / "a.yaml", text);
    tests::write_file(dir / "b.yaml", "\n" + text);
    const std::string message = tests::config_error([&] {
      policies::load_policy_files({dir / "a.yaml", dir / "b.yaml"});
    });
    CHECK(message.find((dir / "b.yaml").string() + ":2:") == 0);
    CHECK(message.find("is defined twice: here and at " + (dir / "a.yaml").string() + ":1:") !=
          std::string::npos);
  }
}

TEST_CASE("a name defined twice in one file is refused", "[policies]") {
  CHECK(refusal("roles:\n  x: {}\n  x: {}\n") ==
        "p.yaml:3:3: the key 'x' is written twice: on line 2 and here on line 3");
}

TEST_CASE("unknown roles and tenants are refused with the nearest name", "[policies]") {
  CHECK(refusal("agents: {a: {roles: [raeder]}}\nroles: {reader: {}}\n") ==
        "p.yaml:1:22: there is no role 'raeder'; did you mean 'reader'?");
  CHECK(refusal("agents: {a: {roles: [x]}}\n") == "p.yaml:1:22: there is no role 'x'");
  CHECK(refusal("roles: {a: {includes: [bee]}, be: {}}\n") ==
        "p.yaml:1:24: there is no role 'bee'; did you mean 'be'?");
  CHECK(refusal("agents: {a: {tenant: acmee}}\ntenants: {acme: {}}\n") ==
        "p.yaml:1:22: there is no tenant 'acmee'; did you mean 'acme'?");
}

TEST_CASE("roles that include each other are refused with the circle", "[policies]") {
  CHECK(refusal("roles:\n  a: {includes: [b]}\n  b: {includes: [c]}\n  c: {includes: [b]}\n") ==
        "p.yaml:4:18: roles include each other in a circle: b -> c -> b");
  CHECK(refusal("roles: {a: {includes: [a]}}\n") ==
        "p.yaml:1:24: roles include each other in a circle: a -> a");
}

TEST_CASE("a role may be included on two ways", "[policies]") {
  CHECK(refusal("roles:\n  a: {includes: [b, c]}\n  b: {includes: [d]}\n"
                "  c: {includes: [d]}\n  d: {}\n")
            .empty());
}

TEST_CASE("a long chain of includes is read", "[policies]") {
  std::string text = "agents: {a: {roles: [r0]}}\nroles:\n";
  for (int i = 0; i < 3'000; ++i) {
    text += "  r" + std::to_string(i) + ": {includes: [r" + std::to_string(i + 1) + "]}\n";
  }
  text += "  r3000: {allow: [x/*]}\n";
  CHECK(policies::Policy(parse_policy(text, "p.yaml")).decide("a", "x", "y").allowed());
}

TEST_CASE("names are letters, digits and three signs", "[policies]") {
  CHECK(refusal("roles: {Az0_.-: {}}\n").empty());
  CHECK(refusal("roles: {'a b': {}}\n") ==
        "p.yaml:1:9: the role's name may hold letters, digits, '_', '.' and '-' alone; "
        "found 'a b'");
  CHECK(refusal("agents: {'': {}}\n") == "p.yaml:1:10: the agent's name must not be empty");
  CHECK_FALSE(refusal("tenants: {a/b: {}}\n").empty());
  CHECK_FALSE(refusal("agents: {a: {roles: ['']}}\n").empty());
  CHECK_FALSE(refusal("agents: {a: {tenant: ''}}\n").empty());
}

TEST_CASE("patterns that match nothing are refused", "[policies]") {
  CHECK(refusal("roles: {a: {allow: [files]}}\n") ==
        "p.yaml:1:21: the pattern 'files' can never match: tools are named server/tool, "
        "as in 'files/*'");
  CHECK(refusal("defaults: {deny: ['']}\n") == "p.yaml:1:19: a pattern must not be empty");
  CHECK(refusal("defaults: {deny: ['a/b ']}\n") ==
        "p.yaml:1:19: a pattern must not hold blanks or control characters");
  CHECK_FALSE(refusal("tools: {web: {effect: read_only}}\n").empty());
}

TEST_CASE("values of the wrong kind are refused", "[policies]") {
  CHECK(refusal("roles: {a: {allow: files/*}}\n") == "p.yaml:1:20: expected a list; found text");
  CHECK(refusal("roles:\n  a:\n") == "p.yaml:2:3: expected a map; found nothing");
  CHECK(refusal("agents: {a: {roles: reader}}\n") == "p.yaml:1:21: expected a list; found text");
  CHECK(refusal("") == "p.yaml:1:1: expected a map; found nothing");
}

TEST_CASE("unknown keys are refused with the nearest one", "[policies]") {
  CHECK(refusal("roles: {a: {alow: []}}\n") ==
        "p.yaml:1:13: unknown key 'alow'; did you mean 'allow'?");
  CHECK(refusal("agnets: {}\n") == "p.yaml:1:1: unknown key 'agnets'; did you mean 'agents'?");
  CHECK_FALSE(refusal("defaults: {allow: []}\n").empty());
}

TEST_CASE("effects are read_only, idempotent, keyed, reconcilable and non_idempotent",
          "[policies]") {
  CHECK(refusal("tools: {a/b: {effect: non_idempotent}, a/c: {effect: idempotent}}\n").empty());
  CHECK(refusal("tools: {a/b: {effect: readonly}}\n") ==
        "p.yaml:1:23: tool a/b: expected an effect: read_only, idempotent, keyed, reconcilable or "
        "non_idempotent; found 'readonly'; did you mean 'read_only'?");
  CHECK(
      refusal("tools: {a/b: {}}\n") ==
      "p.yaml:1:14: tool a/b: expected the keys 'effect', 'price' or 'output'; found an empty map");
}

TEST_CASE("the effect keyed and its key_argument need each other", "[policies]") {
  CHECK(refusal("tools: {a/b: {effect: keyed, key_argument: key}}\n").empty());
  CHECK(refusal("tools: {a/b: {key_argument: key, price: 1, effect: keyed}}\ncurrency: EUR\n")
            .empty());
  CHECK(refusal("tools: {a/b: {effect: keyed}}\n") ==
        "p.yaml:1:23: tool a/b: the effect 'keyed' needs 'key_argument' beside it: the argument in "
        "which the tool takes its idempotency key");
  for (const std::string others :
       {"", ", effect: idempotent", ", effect: read_only", ", price: 1"}) {
    CHECK(refusal("tools: {a/b: {key_argument: key" + others + "}}\n") ==
          "p.yaml:1:29: tool a/b: 'key_argument' needs 'effect: keyed' beside it");
  }
  CHECK(refusal("tools: {a/b: {effect: keyed, key_argument: ''}}\n") ==
        "p.yaml:1:44: tool a/b: expected the name of an argument; found ''");
}

TEST_CASE("resources and prompts of a role are patterns of a server and what it has", "[policies]") {
  CHECK(refusal("roles: {r: {resources: ['s/file:///*'], prompts: [s/*, '*']}}\n").empty());
  CHECK(refusal("roles: {r: {resources: ['file:///data/*']}}\n") ==
        "p.yaml:1:25: the pattern 'file:///data/*' can never match: resources are named "
        "server/URI, and no server has ':' in its name");
  CHECK(refusal("roles: {r: {prompts: [intro]}}\n") ==
        "p.yaml:1:23: the pattern 'intro' can never match: prompts are named server/prompt, as in "
        "'intro/*'");
  CHECK_FALSE(refusal("roles: {r: {resources: [{tool: a/b, arguments: {}}]}}\n").empty());
  CHECK_FALSE(refusal("roles: {r: {resources: s/x}}\n").empty());
}

TEST_CASE("what is not built is refused by name, never ignored", "[policies]") {
  for (const std::string key : {"pin"}) {
    CHECK(refusal(key + ": x\n").find("policies: '" + key + "' is not supported yet: ") !=
          std::string::npos);
  }
  CHECK(refusal("agents: {a: {subjects: []}}\n").find("agent a: 'subjects' is not supported") !=
        std::string::npos);
  for (const std::string key : {"redact"}) {
    CHECK(refusal("tools: {a/b: {" + key + ": x}}\n").find("tool a/b: '" + key + "' is not supp") !=
          std::string::npos);
  }
}

}  // namespace policy_files_test
