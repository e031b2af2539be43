#include "gateway/pipeline/verify_tools.h"

#include <catch2/catch.hpp>

#include "policies/policy_files.h"
#include "tests/support/snapshot.h"

namespace verify_tools_test {

using base::Json;

namespace {

const std::string verify =
    "a/make: {effect: reconcilable, verify: {tool: b/find, arguments: {message: /message}, done: "
    "{required: [id]}}}";

Json find_definition(Json annotations = Json::object()) {
  Json definition = tests::echo_definition("find");
  definition["annotations"] = std::move(annotations);
  return definition;
}

std::shared_ptr<const tools::ServerTools> server_b(Json definition, bool trusted = false) {
  auto server =
      std::make_shared<tools::ServerTools>(*tests::server_tools("b", {std::move(definition)}));
  server->trusted = trusted;
  return server;
}

// Why a/make is not offered; "" when it is.
std::string quarantine(const std::string& tools,
                       std::vector<std::shared_ptr<const tools::ServerTools>> others) {
  others.push_back(tests::server_tools("a", {tests::echo_definition("make")}));
  const auto snapshot = tests::snapshot_of("tools: {" + tools + "}\n", others);
  const tools::CatalogEntry* entry = snapshot->catalog->find_id("a", "make");
  CHECK((snapshot->catalog->find("a__make") == nullptr) == !entry->quarantine.empty());
  return entry->quarantine;
}

}  // namespace

TEST_CASE("a tool is offered when the tool that verifies it only reads", "[verify]") {
  CHECK(quarantine(verify + ", b/find: {effect: read_only}", {server_b(find_definition())}) == "");
  CHECK(quarantine(verify, {server_b(find_definition({{"readOnlyHint", true}}), true)}) == "");
}

TEST_CASE("a tool is withheld when nothing says that the tool that verifies it only reads",
          "[verify]") {
  CHECK(quarantine(verify, {server_b(find_definition({{"readOnlyHint", true}}))}) ==
        "its verify tool b/find is not read_only: it is non_idempotent");
}

TEST_CASE("a tool is withheld when its verify tool is not there or cannot be called", "[verify]") {
  const std::string policy = verify + ", b/find: {effect: read_only}";
  CHECK(quarantine(policy, {server_b(tests::echo_definition("other"))}) ==
        "its verify tool b/find is not offered");
  CHECK(quarantine(policy, {server_b({{"name", "find"}, {"inputSchema", 7}})})
            .starts_with("its verify tool b/find is withheld: "));
}

TEST_CASE("a server that has offered nothing yet withholds no tool of another", "[verify]") {
  CHECK(quarantine(verify, {}) == "");
}

TEST_CASE("a tool is withheld when what is mapped is no argument of it or of its verify tool",
          "[verify]") {
  const auto mapped = [](const std::string& arguments) {
    std::string policy = verify + ", b/find: {effect: read_only}";
    const std::string usual = "{message: /message}";
    policy.replace(policy.find(usual), usual.size(), arguments);
    return quarantine(policy, {server_b(find_definition())});
  };
  CHECK(mapped("{ref: /message}") == "its verify tool b/find has no argument 'ref'");
  CHECK(mapped("{message: /ref/0}") ==
        "it has no argument for /ref/0, by which the policy verifies it");
  CHECK(mapped("{message: {const: x}}") == "");
}

}  // namespace verify_tools_test
