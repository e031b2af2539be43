#include "base/yaml_json.h"

#include <catch2/catch.hpp>

#include "tests/support/config_error.h"

namespace yaml_json_test {

namespace {

std::string json_of(const std::string& yaml) {
  return base::dump_json(base::to_json(base::YamlNode::parse(yaml, "f.yaml")));
}

std::string refusal(const std::string& yaml) {
  return tests::config_error([&] { json_of(yaml); });
}

}  // namespace

TEST_CASE("a YAML node becomes the JSON value that it stands for", "[yaml]") {
  CHECK(json_of("a: {b: [1, -2.5, 1e3, true, false, null, text, '1', \"true\"]}") ==
        R"({"a":{"b":[1,-2.5,1000.0,true,false,null,"text","1","true"]}})");
  CHECK(json_of("[2026-01-01, 1.2.3, no, 10.0.0.1, -, e5, 5m]") ==
        R"(["2026-01-01","1.2.3","no","10.0.0.1","-","e5","5m"])");
  CHECK(json_of("z: 1\na: 2") == R"({"z":1,"a":2})");
}

TEST_CASE("what another YAML reader would take for a number or boolean is refused", "[yaml]") {
  for (const std::string text : {"0x10", "0o7", ".5", "+5", "007", "5.", ".inf", "-.INF", ".nan"}) {
    INFO(text);
    CHECK(refusal("[" + text + "]") ==
          "f.yaml:1:2: write this number as JSON does, or quote the text '" + text + "'");
    CHECK(json_of("['" + text + "']") == "[\"" + text + "\"]");
  }
  CHECK(refusal("[True]") ==
        "f.yaml:1:2: write true or false in small letters, or quote the text 'True'");
}

TEST_CASE("a number that would come out changed is refused", "[yaml]") {
  CHECK(refusal("[99999999999999999999]") ==
        "f.yaml:1:2: the number 99999999999999999999 has more digits than can be kept");
}

}  // namespace yaml_json_test
