#include "gateway/list_page.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/server_tools.h"
#include "tests/support/snapshot.h"

namespace list_page_test {

using gateway::list_page;
using gateway::ListKind;
using gateway::pipeline::Principal;
using gateway::pipeline::Snapshot;

namespace {

const char* policy = R"(
views: {coding: {tools: ["*"]}}
agents: {alice: {roles: [all]}, bob: {roles: [all]}, carol: {roles: [some]}}
roles: {all: {allow: ["*"]}, some: {allow: ["s/t1"]}}
)";

std::shared_ptr<const Snapshot> snapshot(int tools, int from = 0) {
  std::vector<base::Json> definitions;
  for (int i = from; i < tools; ++i) {
    definitions.push_back(tests::echo_definition("t" + std::to_string(i)));
  }
  return tests::snapshot_of(policy, {tests::server_tools("s", definitions)});
}

std::vector<std::string> names_of(const std::string& definitions) {
  std::vector<std::string> names;
  const auto list = base::parse_json("[" + definitions + "]");
  for (const auto& tool : list->value) names.push_back(tool["name"]);
  return names;
}

std::optional<gateway::ListPage> tool_page(const Snapshot& snapshot, const Principal& principal,
                                           std::string_view cursor, std::size_t most) {
  return list_page(snapshot, ListKind::tools, principal, cursor, most);
}

const Principal alice{"alice", "", "key"};
const Principal bob{"bob", "", "key"};
const Principal carol{"carol", "", "key"};

}  // namespace

TEST_CASE("pages together are the whole list, in its order, whatever their size", "[list_page]") {
  const auto all = snapshot(7);
  const auto whole = tool_page(*all, alice, "", 100);
  CHECK(whole->next.empty());
  for (std::size_t size = 1; size <= 8; ++size) {
    std::vector<std::string> names;
    std::string cursor;
    do {
      const auto page = tool_page(*all, alice, cursor, size);
      REQUIRE(page);
      const auto some = names_of(page->definitions);
      CHECK(some.size() <= size);
      CHECK_FALSE(some.empty());
      names.insert(names.end(), some.begin(), some.end());
      cursor = page->next;
    } while (!cursor.empty());
    CHECK(names == names_of(whole->definitions));
  }
}

TEST_CASE("a cursor is worth nothing to another agent", "[list_page]") {
  const auto all = snapshot(4);
  const std::string cursor = tool_page(*all, alice, "", 2)->next;
  CHECK(tool_page(*all, alice, cursor, 2));
  CHECK_FALSE(tool_page(*all, bob, cursor, 2));
  CHECK_FALSE(tool_page(*all, Principal{"alice", "acme", "key"}, cursor, 2));
  CHECK_FALSE(tool_page(*all, Principal{"alice", "", "key", "coding"}, cursor, 2));
}

TEST_CASE("a cursor whose tool its agent may no longer call leads nowhere", "[list_page]") {
  const auto all = snapshot(4);
  const std::string cursor = tool_page(*all, alice, "", 2)->next;
  const auto less = tests::snapshot_of(
      "agents: {alice: {roles: [some]}}\nroles: {some: {allow: [\"s/t3\"]}}\n",
      {tests::server_tools("s", {tests::echo_definition("t1"), tests::echo_definition("t3")})});
  CHECK_FALSE(tool_page(*less, alice, cursor, 2));
}

TEST_CASE("a cursor leads to nothing that its agent may not call", "[list_page]") {
  const auto all = snapshot(4);
  const auto page = tool_page(*all, carol, "", 1);
  CHECK(names_of(page->definitions) == std::vector<std::string>{"s__t1"});
  CHECK(page->next.empty());
}

TEST_CASE("a cursor is of one list, and each list has pages", "[list_page]") {
  auto offered = std::make_shared<tools::ServerTools>();
  offered->server = offered->prefix = "s";
  offered->prompts = tools::read_prompts({{{"name", "x"}}, {{"name", "y"}}});
  offered->resources = tools::read_resources({{{"uri", "n:a.b"}}, {{"uri", "n:c"}}, {{"uri", "N:d"}}});
  offered->templates = tools::read_templates({{{"uriTemplate", "t:{a}"}}, {{"uriTemplate", "u:{a}"}}});
  offered->tools = tools::compile_tools({tests::echo_definition("x"), tests::echo_definition("y")}, {});
  const auto all = tests::snapshot_of(
      "agents: {alice: {roles: [all]}}\n"
      "roles: {all: {allow: [\"*\"], prompts: [\"*\"], resources: [\"*\"]}}\n",
      {offered});
  const auto tool = list_page(*all, ListKind::tools, alice, "", 1);
  const auto prompt = list_page(*all, ListKind::prompts, alice, "", 1);
  CHECK(prompt->definitions == R"({"name":"s__x"})");
  CHECK(list_page(*all, ListKind::prompts, alice, prompt->next, 1)->definitions ==
        R"({"name":"s__y"})");
  CHECK_FALSE(list_page(*all, ListKind::prompts, alice, tool->next, 1));
  CHECK_FALSE(list_page(*all, ListKind::tools, alice, prompt->next, 1));
  const auto resource = list_page(*all, ListKind::resources, alice, "", 1);
  CHECK(resource->definitions == R"({"uri":"n:a.b"})");
  const auto last = list_page(*all, ListKind::resources, alice, resource->next, 2);
  REQUIRE(last);
  CHECK(last->definitions == R"({"uri":"n:c"})");  // of the third nothing is read
  CHECK(last->next.empty());
  const auto made = list_page(*all, ListKind::templates, alice, "", 1);
  CHECK(list_page(*all, ListKind::templates, alice, made->next, 1)->definitions ==
        R"({"uriTemplate":"u:{a}"})");
}

TEST_CASE("what is no cursor is none", "[list_page]") {
  const auto all = snapshot(4);
  const std::string cursor = tool_page(*all, alice, "", 2)->next;
  for (const std::string& text :
       {std::string("x"), std::string("."), std::string("s__t1"), std::string("s__t1."),
        cursor + "0", cursor.substr(1), cursor.substr(0, cursor.size() - 1), std::string(1 << 20, 'a')}) {
    CHECK_FALSE(tool_page(*all, alice, text, 2));
  }
}

TEST_CASE("a cursor whose tool is gone leads nowhere, one whose tool stays goes on", "[list_page]") {
  const std::string cursor = tool_page(*snapshot(4), alice, "", 2)->next;  // behind t1
  CHECK_FALSE(tool_page(*snapshot(4, 2), alice, cursor, 2));
  const auto later = tool_page(*snapshot(4, 1), alice, cursor, 2);
  REQUIRE(later);
  CHECK(names_of(later->definitions) == std::vector<std::string>{"s__t2", "s__t3"});
}

}  // namespace list_page_test
