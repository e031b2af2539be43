#include "base/json_text.h"

#include <catch2/catch.hpp>

TEST_CASE("an object is written member by member", "[json_text]") {
  std::string text = ">";
  base::JsonObjectText object(text);
  object.add("name", "a\"b\n").add("count", -7).add_bool("set", true).add_text("list", "[1]");
  object.begin("inner");
  base::JsonObjectText(text).end();
  object.end();
  CHECK(text == R"(>{"name":"a\"b\n","count":-7,"set":true,"list":[1],"inner":{}})");
}

TEST_CASE("text that is not UTF-8 is written as replacement characters", "[json_text]") {
  std::string text;
  base::JsonObjectText object(text);
  object.add("name", "\xff").end();
  CHECK(text == "{\"name\":\"\xEF\xBF\xBD\"}");
}
