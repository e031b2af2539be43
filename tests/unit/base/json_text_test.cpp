#include "base/json_text.h"

#include <catch2/catch.hpp>

namespace json_text_test {

TEST_CASE("an object is written member by member", "[json_text]") {
  std::string text = ">";
  base::JsonObjectText object(text);
  object.add("name", "a\"b\n").add("count", -7).add_bool("set", true).add_text("list", "[1]");
  object.begin("inner");
  base::JsonObjectText(text).end();
  object.end();
  CHECK(text == R"(>{"name":"a\"b\n","count":-7,"set":true,"list":[1],"inner":{}})");
}

TEST_CASE("a name that does not stand in the source is escaped", "[json_text]") {
  std::string text;
  base::JsonObjectText object(text);
  object.add_any("a\"", "b").add_any(std::string(40, 'c'), 1).begin_any("\n");
  text += "null";
  object.end();
  CHECK(text == R"({"a\"":"b",")" + std::string(40, 'c') + R"(":1,"\n":null})");
}

TEST_CASE("strings of any length and kind are written alike", "[json_text]") {
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string plain(size, 'x');
    std::string text;
    base::append_json_string(text, plain);
    CHECK(text == '"' + plain + '"');
    for (std::size_t at = 0; at < size; ++at) {
      std::string marked = plain;
      marked[at] = '"';
      text.clear();
      base::append_json_string(text, marked);
      CHECK(text == '"' + plain.substr(0, at) + "\\\"" + plain.substr(at + 1) + '"');
    }
  }
}

TEST_CASE("text that is not UTF-8 is written as replacement characters", "[json_text]") {
  std::string text;
  base::JsonObjectText object(text);
  object.add("name", "\xff").end();
  CHECK(text == "{\"name\":\"\xEF\xBF\xBD\"}");
}

}  // namespace json_text_test
