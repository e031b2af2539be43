#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/yaml.h"
#include "tests/support/config_error.h"

namespace yaml_map_test {

using base::nearest_name;
using base::YamlNode;

namespace {

std::string refusal(const std::string& text) {
  const auto ignore = [](const YamlNode&) {};
  return tests::config_error([&] {
    base::read_map(YamlNode::parse(text, "f"),
                   {{"listen", ignore}, {"policies", ignore}, {"store", ignore}},
                   {{"tls", "TLS is not part of this build"}, {"views", ""}});
  });
}

}  // namespace

TEST_CASE("the keys of a map are read in the order of the table", "[yaml]") {
  std::string order;
  base::read_map(YamlNode::parse("b: 1\na: 2\n", "f"),
                 {{"a", [&](const YamlNode& node) { order += "a" + node.text(); }},
                  {"b", [&](const YamlNode& node) { order += "b" + node.text(); }},
                  {"c", [&](const YamlNode&) { order += "c"; }}});
  CHECK(order == "a2b1");
}

TEST_CASE("an unknown key is refused with the nearest valid one", "[yaml]") {
  CHECK(refusal("polices: 1\n") == "f:1:1: unknown key 'polices'; did you mean 'policies'?");
  CHECK(refusal("a: 1\n") == "f:1:1: unknown key 'a'; expected listen, policies, store");
}

TEST_CASE("an unknown key is refused before any is read", "[yaml]") {
  bool read = false;
  tests::config_error([&] {
    base::read_map(YamlNode::parse("a: 1\nzzz: 2\n", "f"),
                   {{"a", [&](const YamlNode&) { read = true; }}});
  });
  CHECK_FALSE(read);
}

TEST_CASE("a key that is not built is refused with what is missing", "[yaml]") {
  CHECK(refusal("tls: {}\n") == "f:1:1: 'tls' is not supported yet: TLS is not part of this build");
  CHECK(refusal("views: {}\n") == "f:1:1: 'views' is not supported yet");
}

TEST_CASE("a map is expected", "[yaml]") {
  CHECK(refusal("") == "f:1:1: expected a map; found nothing");
  CHECK(refusal("[a]\n") == "f:1:1: expected a map; found a list");
}

TEST_CASE("the nearest name is one of few edits away", "[yaml]") {
  const std::vector<std::string> names = {"allow", "deny", "includes"};
  CHECK(nearest_name("alow", names) == "allow");
  CHECK(nearest_name("dney", names) == "deny");
  CHECK(nearest_name("Allow", names) == "allow");
  CHECK(nearest_name("include", names) == "includes");
  CHECK(nearest_name("budgets", names).empty());
  CHECK(nearest_name("", names).empty());
  CHECK(nearest_name(std::string(10'000, 'a'), {std::string(10'000, 'b')}).empty());
}

}  // namespace yaml_map_test
