#include "base/yaml.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/config_error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace yaml_test {

using base::YamlNode;

namespace {

std::string refusal(const std::string& text) {
  return tests::config_error([&] { YamlNode::parse(text, "f"); });
}

/// The value of the only key of a map.
YamlNode value(const std::string& text) {
  return YamlNode::parse("key: " + text + "\n", "f").entries().at(0).second;
}

template <class Read>
std::string read_refusal(const std::string& text, Read read) {
  return tests::config_error([&] { read(value(text)); });
}

std::string repeated(const std::string& piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

}  // namespace

TEST_CASE("maps, lists and scalars of a file are read in its order", "[yaml]") {
  const auto entries = YamlNode::parse("b: [x, 'y z']\na: {c: no}\n", "f").entries();
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].first.text() == "b");
  CHECK(entries[0].second.texts() == std::vector<std::string>{"x", "y z"});
  CHECK(entries[1].second.entries()[0].second.text() == "no");
}

TEST_CASE("a node knows its file, line and column from 1", "[yaml]") {
  const auto entries = YamlNode::parse("a: 1\nb:\n  c: 2\n", "dir/f.yaml").entries();
  CHECK(entries[1].second.entries()[0].second.where() == "dir/f.yaml:3:6");
  CHECK(entries[0].second.line() == 1);
}

TEST_CASE("a missing value stands at its key", "[yaml]") {
  const YamlNode node = YamlNode::parse("a:\nb: 1\n", "f").entries()[0].second;
  CHECK(node.is_null());
  CHECK(node.where() == "f:1:1");
}

TEST_CASE("an empty file is null", "[yaml]") {
  CHECK(YamlNode::parse("", "f").is_null());
  CHECK(YamlNode::parse("# only a comment\n", "f").is_null());
}

TEST_CASE("a byte order mark does not move positions", "[yaml]") {
  CHECK(YamlNode::parse("\xef\xbb\xbf"
                        "a: 'x'\n",
                        "f")
            .entries()[0]
            .second.where() == "f:1:4");
}

TEST_CASE("line ends of Windows are read", "[yaml]") {
  const auto entries = YamlNode::parse("a: 'x'\r\nb: \"y\"\r\n", "f").entries();
  CHECK(entries[1].second.text() == "y");
  CHECK(entries[1].second.where() == "f:2:4");
}

TEST_CASE("a key written twice is refused with both lines", "[yaml]") {
  CHECK(refusal("a: 1\nb: 2\na: 3\n") ==
        "f:3:1: the key 'a' is written twice: on line 1 and here on line 3");
  CHECK(refusal("x: {a: 1, \"a\": 2}\n") ==
        "f:1:11: the key 'a' is written twice: on line 1 and here on line 1");
}

TEST_CASE("the same key in two maps is fine", "[yaml]") {
  CHECK(refusal("a: {k: 1}\nb: {k: 2}\n").empty());
}

TEST_CASE("anchors and aliases are refused", "[yaml]") {
  CHECK(refusal("a: &x 1\nb: 2\n") ==
        "f:1:4: anchors (&) are not accepted; quote text that begins with '&'");
  const std::string alias = "aliases (*) are not accepted; quote text that begins with '*'";
  CHECK(refusal("a: *x\n") == "f:1:4: " + alias);
  CHECK(refusal("a: [*/drop_*]\n") == "f:1:5: " + alias);
  CHECK(refusal("a: *\n") == "f:1:5: " + alias);
}

TEST_CASE("tags are refused", "[yaml]") {
  for (const char* text : {"a: !!int 3\n", "a: !x y\n", "a: ! 'q'\n", "a: !\n", "a: !!map {}\n",
                           "a: !!seq []\n", "!x a: 1\n"}) {
    INFO(text);
    CHECK(refusal(text).find("tags (!) are not accepted") != std::string::npos);
  }
}

TEST_CASE("more than one document is refused", "[yaml]") {
  CHECK(refusal("a: 1\n---\nb: 2\n") ==
        "f:2:1: a file holds one document; found more after its end");
  CHECK_FALSE(refusal("- a\nb: c\n").empty());
  CHECK_FALSE(refusal("a: 1\n...\nb: 2\n").empty());
}

TEST_CASE("directives are refused", "[yaml]") {
  CHECK(refusal("%YAML 1.2\n---\na: 1\n") == "f:1:1: YAML directives (%) are not accepted");
  CHECK_FALSE(refusal("a: 1\n%FOO\n").empty());
}

TEST_CASE("a quoted text that the end of the file cuts off is refused", "[yaml]") {
  CHECK(refusal("x: 1\na: 'b\n\nc: d\n") == "f:2:4: this quoted text never ends");
  CHECK(refusal("a: \"b\\\"\n") == "f:1:4: this quoted text never ends");
  CHECK(refusal("a: 'b''\n") == "f:1:4: this quoted text never ends");
  CHECK(refusal("a: 'b'''\n").empty());
  CHECK(refusal("a: \"b\\\\\"\n").empty());
}

TEST_CASE("keys that are no text are refused", "[yaml]") {
  for (const char* text : {"? [a]\n: b\n", "? {a: b}\n: c\n", "~: b\n", "{: c}\n", "null: x\n"}) {
    INFO(text);
    CHECK(refusal(text).find("a key must be text") != std::string::npos);
  }
}

TEST_CASE("what is not YAML is refused at its place", "[yaml]") {
  CHECK(refusal("a: 1\nb: c: d\n") == "f:2:5: this is not YAML: illegal map value");
  CHECK_FALSE(refusal("a: [1, 2\n").empty());
  CHECK_FALSE(refusal("a: 'x' y\n").empty());
  CHECK_FALSE(refusal("a: \"\\ud800\"\n").empty());
}

TEST_CASE("bytes that yaml-cpp would misread are refused", "[yaml]") {
  CHECK(refusal("a: 1\nb: \xff\n") == "f:2:4: the text is not UTF-8");
  CHECK(refusal("a: \xed\xa0\x80\n") == "f:1:4: the text is not UTF-8");
  CHECK(refusal("a: 1\n\x04"
                "b: 2\n") == "f:2:1: found a control character");
  CHECK(refusal(std::string("a: \0b\n", 6)) == "f:1:4: found a control character");
  CHECK(refusal("a: b\rc: d\n") == "f:1:5: found a control character");
  CHECK(refusal("a: \"x\\_y\"\n") ==
        "f:1:4: text must be UTF-8; write \\u00a0 for \\_ and \\u0085 for \\N");
  CHECK(value("\"x\\u00a0y\"").text() == "x\xc2\xa0y");
  CHECK(refusal("a: \"x\\0y\"\n") == "f:1:4: text must not hold a NUL character");
}

TEST_CASE("size, depth and number of values are bounded", "[yaml]") {
  CHECK(refusal(repeated("#", (1 << 20) + 1)) == "f:1:1: the file is larger than 1048576 bytes");
  CHECK(refusal(repeated("#", 1 << 20)).empty());
  CHECK(refusal(repeated("[", 32) + repeated("]", 32)).empty());
  CHECK(refusal(repeated("[", 33) + repeated("]", 33)) ==
        "f:1:33: the file is nested deeper than 32 levels");
  CHECK(refusal(repeated("- ", 33) + "a\n").find("deeper than 32") != std::string::npos);
  CHECK(refusal("[" + repeated("a,", 99'999) + "]").empty());
  CHECK(refusal("[" + repeated("a,", 100'000) + "]").find("more than 100000 values") !=
        std::string::npos);
}

TEST_CASE("a merge key is a key like any other", "[yaml]") {
  CHECK(YamlNode::parse("<<: {a: 1}\n", "f").entries()[0].first.text() == "<<");
}

TEST_CASE("a file that cannot be read is refused with the reason", "[yaml]") {
  const tests::TempDir dir;
  const std::string missing = (dir / "none.yaml").string();
  CHECK(tests::config_error([&] { YamlNode::load(missing); }) ==
        missing + ":1:1: the file cannot be read: No such file or directory");
  CHECK(tests::config_error([&] { YamlNode::load(dir.path().string()); }).find("Is a directory") !=
        std::string::npos);
}

TEST_CASE("a file is loaded under its path", "[yaml]") {
  const tests::TempDir dir;
  tests::write_file(dir / "f.yaml", "a: 1\n");
  const YamlNode root = YamlNode::load((dir / "f.yaml").string());
  CHECK(root.file() == (dir / "f.yaml").string());
  CHECK(root.entries()[0].second.text() == "1");
}

TEST_CASE("a file over the bound is refused however large it is", "[yaml]") {
  const tests::TempDir dir;
  tests::write_file(dir / "f.yaml", repeated("#", (1 << 20) + 100));
  CHECK(tests::config_error([&] {
          YamlNode::load((dir / "f.yaml").string());
        }).find("larger than") != std::string::npos);
}

TEST_CASE("booleans are true and false alone", "[yaml]") {
  CHECK(value("true").boolean());
  CHECK_FALSE(value("false").boolean());
  const auto read = [](const YamlNode& node) { node.boolean(); };
  CHECK(read_refusal("no", read) == "f:1:6: expected true or false; found 'no'");
  CHECK(read_refusal("'true'", read) ==
        "f:1:6: expected true or false; found the quoted text 'true'");
  CHECK(read_refusal("", read) == "f:1:1: expected true or false; found nothing");
  CHECK(read_refusal("[]", read) == "f:1:6: expected true or false; found a list");
}

TEST_CASE("whole numbers are plain decimal digits within bounds", "[yaml]") {
  CHECK(value("-3").integer(-5, 5) == -3);
  CHECK(value("0").integer(0, 5) == 0);
  const auto read = [](const YamlNode& node) { node.integer(1, 64); };
  CHECK(read_refusal("65", read) == "f:1:6: expected a whole number from 1 to 64; found '65'");
  for (const char* text :
       {"0", "010", "1.0", "0x10", "1e1", "+1", "1_0", "'1'", "", "{}", "99999999999999999999"}) {
    INFO(text);
    CHECK(read_refusal(text, read).find("expected a whole number") != std::string::npos);
  }
}

TEST_CASE("durations have a unit", "[yaml]") {
  CHECK(value("250ms").milliseconds() == 250);
  CHECK(value("45s").milliseconds() == 45'000);
  CHECK(value("5m").milliseconds() == 300'000);
  CHECK(value("1h").milliseconds() == 3'600'000);
  CHECK(value("7d").milliseconds() == 604'800'000);
  const auto read = [](const YamlNode& node) { node.milliseconds(); };
  CHECK(read_refusal("5", read) ==
        "f:1:6: expected a duration such as 250ms, 45s, 5m, 1h or 7d, at most 36500d; found '5'");
  for (const char* text : {"0s", "-1s", "1.5h", "5 m", "5M", "5min", "01s", "s", "36501d",
                           "9223372036854775807d", "", "[1s]"}) {
    INFO(text);
    CHECK(read_refusal(text, read).find("expected a duration") != std::string::npos);
  }
}

TEST_CASE("sizes may have a unit, a power of 1024", "[yaml]") {
  CHECK(value("512").bytes() == 512);
  CHECK(value("16k").bytes() == 16'384);
  CHECK(value("1M").bytes() == 1'048'576);
  CHECK(value("4MiB").bytes() == 4'194'304);
  const auto read = [](const YamlNode& node) { node.bytes(); };
  CHECK(read_refusal("1kb", read) ==
        "f:1:6: expected a size such as 512, 16k, 1M or 4MiB, at most 1024G; found '1kb'");
  for (const char* text : {"0", "-1", "1.5M", "1 M", "1m", "1025G", "9223372036854775807G", ""}) {
    INFO(text);
    CHECK(read_refusal(text, read).find("expected a size") != std::string::npos);
  }
}

TEST_CASE("a text of the wrong kind is not shown where it may be a secret", "[yaml]") {
  const auto message =
      read_refusal("'Bearer abc'", [](const YamlNode& node) { return node.entries().size(); });
  CHECK(message == "f:1:6: expected a map; found text");
  CHECK(read_refusal("{}", [](const YamlNode& node) { return node.items().size(); }) ==
        "f:1:6: expected a list; found a map");
  CHECK(read_refusal("[a]", [](const YamlNode& node) { return node.text().size(); }) ==
        "f:1:6: expected text; found a list");
}

TEST_CASE("an error is one line of bounded length", "[yaml]") {
  CHECK(refusal("\"a\\nb\": 1\n\"a\\nb\": 2\n") ==
        "f:2:1: the key 'a b' is written twice: on line 1 and here on line 2");
  const std::string long_key = repeated("ü", 5'000);
  CHECK(refusal("? " + long_key + "\n: 1\n? " + long_key + "\n: 2\n").size() < 1'100);
}

TEST_CASE("a long text is shown by its beginning", "[yaml]") {
  const auto message =
      read_refusal(repeated("x", 500), [](const YamlNode& node) { node.boolean(); });
  CHECK(message.size() < 120);
}

}  // namespace yaml_test
