#include "gateway/expand.h"

#include <cstdlib>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/config_error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace expand_test {

namespace {

base::YamlNode node(const std::string& text) { return base::YamlNode::parse(text, "f"); }

gateway::Expanded expand(const std::string& text, const std::filesystem::path& directory = "/") {
  return gateway::expand(node("'" + text + "'"), directory);
}

std::string refusal(const std::string& text) {
  return tests::config_error([&] { expand(text); });
}

class Variable {
 public:
  explicit Variable(const char* value) { ::setenv("SLUICE_TEST_EXPAND", value, 1); }
  ~Variable() { ::unsetenv("SLUICE_TEST_EXPAND"); }
};

}  // namespace

TEST_CASE("text without references stays as it is", "[expand]") {
  CHECK(expand("a $b {c} $").text == "a $b {c} $");
  CHECK(expand("").text.empty());
}

TEST_CASE("variables expand inside text, more than once", "[expand]") {
  const Variable variable("x");
  CHECK(expand("a${env:SLUICE_TEST_EXPAND}b${env:SLUICE_TEST_EXPAND}c").text == "axbxc");
}

TEST_CASE("a value is not expanded again", "[expand]") {
  const Variable variable("${env:HOME}");
  CHECK(expand("${env:SLUICE_TEST_EXPAND}").text == "${env:HOME}");
}

TEST_CASE("an unset variable is missing and an empty one is not", "[expand]") {
  CHECK(expand("${env:SLUICE_TEST_EXPAND}").missing ==
        "the environment variable SLUICE_TEST_EXPAND is not set");
  const Variable variable("");
  CHECK(expand("${env:SLUICE_TEST_EXPAND}").missing.empty());
}

TEST_CASE("a default stands in for an unset or empty variable", "[expand]") {
  CHECK(expand("${env:SLUICE_TEST_EXPAND:-a:-b}").text == "a:-b");
  CHECK(expand("${env:SLUICE_TEST_EXPAND:-}").missing.empty());
  {
    const Variable variable("");
    CHECK(expand("${env:SLUICE_TEST_EXPAND:-d}").text == "d");
  }
  const Variable variable("set");
  CHECK(expand("${env:SLUICE_TEST_EXPAND:-d}").text == "set");
}

TEST_CASE("files expand without the line ends at their end", "[expand]") {
  const tests::TempDir dir;
  tests::write_file(dir / "sub/token", "one\ntwo\r\n\n");
  CHECK(expand("<${file:sub/token}>", dir.path()).text == "<one\ntwo>");
  CHECK(expand("${file:" + (dir / "sub/token").string() + "}").text == "one\ntwo");
}

TEST_CASE("a file that cannot be read is missing, with the reason", "[expand]") {
  const tests::TempDir dir;
  CHECK(expand("${file:none}", dir.path()).missing ==
        "the file " + (dir / "none").string() + " cannot be read: No such file or directory");
  CHECK(expand("${file:.}", dir.path()).missing.find("Is a directory") != std::string::npos);
  tests::write_file(dir / "large", std::string((64 << 10) + 1, 'x'));
  CHECK(expand("${file:large}", dir.path()).missing.find("larger than 65536") != std::string::npos);
  CHECK(expand("${file:none:-d}", dir.path()).text == "d");
}

TEST_CASE("forms that do not exist are refused", "[expand]") {
  CHECK(refusal("${secret:github}") ==
        "f:1:1: '${secret:github}' is not supported yet: the store of secrets is not part of "
        "this build; use ${env:NAME} or ${file:PATH}");
  CHECK(refusal("${HOME}") == "f:1:1: '${HOME}' is not supported yet: write ${env:HOME}");
  CHECK(refusal("${HOME:-x}") == "f:1:1: '${HOME}' is not supported yet: write ${env:HOME}");
  CHECK(refusal("${input:x}") ==
        "f:1:1: unknown form '${input:…}'; expected ${env:NAME} or ${file:PATH}");
  CHECK(refusal("a${env:X") == "f:1:1: '${' without its '}'");
  CHECK(refusal("${env:}") == "f:1:1: '${env:}' names nothing");
  CHECK(refusal("${env:A:-${env:B}}") == "f:1:1: '${' must not stand inside another '${'");
}

TEST_CASE("where a value must exist a missing one is an error", "[expand]") {
  CHECK(tests::config_error([] { gateway::expand_or_fail(node("'${env:SLUICE_NONE}'"), "/"); }) ==
        "f:1:1: the environment variable SLUICE_NONE is not set");
}

}  // namespace expand_test
