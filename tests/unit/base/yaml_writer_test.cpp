#include "base/yaml_writer.h"

#include <random>

#include <catch2/catch.hpp>

#include "base/yaml_json.h"

namespace yaml_writer_test {

using base::Json;

namespace {

Json read(const std::string& text) {
  return base::to_json(base::YamlNode::parse(text, "written.yaml"));
}

/// Values that YAML readers often get wrong, nested at random.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Json value(int depth) {
    const std::size_t kind = below(depth > 0 ? 10 : 8);
    if (kind < 5) return text();
    if (kind == 5) return below(2) == 0;
    if (kind == 6) return static_cast<std::int64_t>(below(1000)) - 500;
    if (kind == 7)
      return below(2) == 0 ? Json(nullptr) : Json(0.1 * static_cast<double>(below(99)));
    Json result = kind == 8 ? Json::array() : Json::object();
    for (std::size_t count = below(5); count > 0; --count) {
      if (kind == 8) {
        result.push_back(value(depth - 1));
      } else {
        result[text()] = value(depth - 1);
      }
    }
    return result;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string text() {
    static const char* const texts[] = {
        "plain",
        "null",
        "~",
        "",
        "True",
        "no",
        "5",
        "-1",
        ".5",
        "0x1f",
        "1e3",
        "a: b",
        "a #b",
        "- a",
        "*star",
        "&anchor",
        "!tag",
        "'single'",
        "\"double\"",
        "back\\slash",
        "two\nlines",
        "tab\there",
        "trailing ",
        " leading",
        "{brace}",
        "[list]",
        "comma, comma",
        "ümläut",
        "…",
        "%dir",
        "@at",
        "`tick`",
        "? key",
        "| block",
        "> fold",
        "---",
        "...",
        "2026-01-01",
        "files/read_*",
        "a/b:c",
        "\x7f",
        "\u2028",
        "long long long long long long long long long long long long long text"};
    return texts[below(std::size(texts))];
  }
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("what is written as YAML reads as the same value", "[yaml]") {
  Generator generator(7);
  for (int i = 0; i < 3'000; ++i) {
    const Json value = generator.value(5);
    const std::string text = base::to_yaml(value);
    if (read(text) != value) FAIL("case " << i << ":\n" << text << base::dump_json(value));
  }
}

TEST_CASE("what fits on a line is written on one", "[yaml]") {
  CHECK(base::to_yaml({{"roles", {{"reader", {{"allow", {"files/read_*", "*/x"}}}}}}}) ==
        "roles:\n  reader: {allow: [files/read_*, \"*/x\"]}\n");
  CHECK(base::to_yaml({{"allow", Json::array({{{"tool", std::string(60, 't')},
                                               {"arguments", std::string(60, 'a')}}})}}) ==
        "allow:\n  - tool: " + std::string(60, 't') + "\n    arguments: " + std::string(60, 'a') +
            "\n");
}

}  // namespace yaml_writer_test
