// The JSON Schemas for editors in docs/schema say what the readers say.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "base/yaml_json.h"
#include "gateway/config.h"
#include "tests/support/config_error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"
#include "tools/schema/schema.h"

namespace editor_schemas_test {

using base::Json;

namespace {

namespace fs = std::filesystem;
using Keys = std::set<std::string>;

const fs::path root = SLUICE_SOURCE_DIR;
// So far from every key that the readers name all that they know.
const std::string unknown_key = "¤¤¤¤¤¤¤¤";

Json schema_file(const std::string& name) {
  std::ifstream stream(root / "docs/schema" / name);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  auto parsed = base::parse_json(text);
  REQUIRE(parsed.ok());
  return parsed->value;
}

tools::schema::Schema compile(const std::string& name) {
  auto schema = tools::schema::Schema::compile(schema_file(name));
  INFO((schema ? "" : schema.error().message));
  REQUIRE(schema.ok());
  return *schema;
}

std::string policy_error(const std::string& text) {
  return tests::config_error([&] { policies::parse_policy(text, "policy.yaml"); });
}

std::string config_error(const std::string& text) {
  const tests::TempDir directory;
  tests::write_file(directory / "sluice.yaml", text);
  return tests::config_error([&] { gateway::load_config(directory / "sluice.yaml"); });
}

// The keys that a reader names when it meets one that it does not know.
Keys keys_in(const std::string& error) {
  const std::string before = "unknown key '" + unknown_key + "'; expected ";
  const std::size_t at = error.find(before);
  INFO(error);
  REQUIRE(at != std::string::npos);
  Keys keys;
  std::string list = error.substr(at + before.size());
  for (std::size_t comma = list.find(", "); comma != std::string::npos; comma = list.find(", ")) {
    keys.insert(list.substr(0, comma));
    list.erase(0, comma + 2);
  }
  keys.insert(list);
  return keys;
}

Keys keys_in(const Json& schema, const std::string& pointer) {
  Keys keys;
  const Json& map = schema.at(Json::json_pointer(pointer));
  CHECK(map.at("additionalProperties") == false);
  for (const auto& entry : map.at("properties").items()) keys.insert(entry.key());
  return keys;
}

/// Where a map stands in a schema, and a text that ends in that map.
struct Place {
  std::string pointer, before, after;
};

// What is refused as not supported yet may stand in the schema: the sentence says more than an
// editor could.
bool is_not_built(const std::string& error) {
  return error.find("is not supported yet") != std::string::npos;
}

template <class Read>
void compare(const Json& schema, const Place& place, const Read& error_of) {
  INFO(place.pointer);
  const auto text = [&](const std::string& key) {
    return place.before + key + ": x" + place.after;
  };
  const std::string error = error_of(text(unknown_key));
  if (is_not_built(error)) return;
  const Keys read = keys_in(error), shown = keys_in(schema, place.pointer);
  for (const std::string& key : read) {
    INFO("the schema lacks '" << key << "'");
    CHECK(shown.count(key) == 1);
  }
  for (const std::string& key : shown) {
    INFO("nobody reads '" << key << "'");
    CHECK((read.count(key) == 1 || is_not_built(error_of(text(key)))));
  }
}

const Place policy_places[] = {
    {"", "", ""},
    {"/properties/defaults", "defaults: {", "}"},
    {"/properties/tenants/additionalProperties", "tenants: {t: {", "}}"},
    {"/properties/people/additionalProperties", "people: {p: {", "}}"},
    {"/properties/agents/additionalProperties", "agents: {a: {", "}}"},
    {"/properties/roles/additionalProperties", "roles: {r: {", "}}"},
    {"/properties/tools/additionalProperties", "tools: {a/b: {", "}}"},
    {"/definitions/verify", "tools: {a/b: {verify: {", "}}}"},
    {"/properties/views/additionalProperties", "views: {v: {", "}}"},
    {"/definitions/constrained", "defaults: {deny: [{", "}]}"},
    {"/definitions/approve", "defaults: {approve: [{", "}]}"},
    {"/definitions/limit", "defaults: {limits: [{", "}]}"},
    {"/definitions/budget", "defaults: {budgets: [{", "}]}"},
};

const Place config_places[] = {
    {"", "", ""},
    {"/properties/tls", "tls: {", "}"},
    {"/properties/store_down", "store_down: {", "}"},
    {"/properties/approvals", "approvals: {", "}"},
    {"/properties/approvals/properties/webhook", "approvals: {webhook: {", "}}"},
    {"/properties/limits", "limits: {", "}"},
    {"/definitions/server", "servers: {s: {", "}}"},
};

}  // namespace

TEST_CASE("the schema for policy files has exactly the keys that are read", "[schemas]") {
  const Json schema = schema_file("policy.schema.json");
  for (const Place& place : policy_places) compare(schema, place, policy_error);
}

TEST_CASE("the schema for sluice.yaml has exactly the keys that are read", "[schemas]") {
  const Json schema = schema_file("sluice.schema.json");
  for (const Place& place : config_places) compare(schema, place, config_error);
}

TEST_CASE("every example is valid by the schemas for editors", "[schemas]") {
  const auto policy = compile("policy.schema.json"), config = compile("sluice.schema.json");
  const auto check = [](const tools::schema::Schema& schema, const fs::path& file) {
    INFO(file);
    std::string text;
    for (const auto& one : schema.validate(base::to_json(base::YamlNode::load(file.string())))) {
      text += to_string(one) + "\n";
    }
    CHECK(text == "");
  };
  int count = 0;
  for (const auto& entry : fs::directory_iterator(root / "policies/examples")) {
    check(policy, entry.path());
    ++count;
  }
  CHECK(count >= 5);
  check(policy, root / "docs/demo/policy.yaml");
  check(config, root / "docs/demo/sluice.yaml");
}

TEST_CASE("the schemas for editors refuse what the readers refuse", "[schemas]") {
  const auto policy = compile("policy.schema.json"), config = compile("sluice.schema.json");
  for (const std::string text :
       {"roles: {r: {alow: []}}", "roles: {r: {allow: [files]}}", "roles: {r: {allow: files/*}}",
        "roles: {r: {allow: [{tool: a/b}]}}", "roles: {r: {limits: [{tools: '*'}]}}",
        "roles: {r: {limits: [{rate: 60}]}}", "roles: {r: {budgets: [{calls: 1}]}}",
        "tools: {a/b: {effect: readonly}}", "tools: {a/b: {}}", "tools: {a/b: {effect: keyed}}",
        "tools: {a/b: {key_argument: k, effect: idempotent}}",
        "tools: {a/b: {effect: keyed, key_argument: ''}}", "tools: {a/b: {effect: reconcilable}}",
        "tools: {a/b: {effect: keyed, key_argument: k, verify: {tool: a/c, arguments: {x: /x}, "
        "done: {required: [x]}}}}",
        "tools: {a/b: {effect: reconcilable, verify: {tool: a/*, arguments: {x: /x}, done: "
        "{required: [x]}}}}",
        "tools: {a/b: {effect: reconcilable, verify: {tool: a/c, arguments: {x: x}, done: "
        "{required: [x]}}}}",
        "tools: {a/b: {effect: reconcilable, verify: {tool: a/c, arguments: {x: {}}, done: "
        "{required: [x]}}}}",
        "tools: {a/b: {effect: reconcilable, verify: {tool: a/c, done: {required: [x]}}}}",
        "tools: {a/b: {effect: reconcilable, verify: {tool: a/c, arguments: {x: /x}}}}",
        "agents: {'a b': {}}", "currency: euro",
        "views: {v: {tools: []}}"}) {
    INFO(text);
    CHECK_FALSE(policy_error(text).empty());
    CHECK_FALSE(policy.validate(base::to_json(base::YamlNode::parse(text, "policy.yaml"))).empty());
  }
  for (const std::string text :
       {"listn: x", "servers: {s: {}}", "servers: {s: {url: 'http://x/', command: y}}",
        "servers: {a__b: {command: y}}", "servers: {s: {command: y, timeout: 5}}",
        "limits: {body: -1}", "threads: 0", "approvals: {}", "approvals: {webhook: {url: 'http://x/'}}", "policies: []"}) {
    INFO(text);
    CHECK_FALSE(config_error(text).empty());
    CHECK_FALSE(config.validate(base::to_json(base::YamlNode::parse(text, "sluice.yaml"))).empty());
  }
}

}  // namespace editor_schemas_test
