#include "base/hidden_text.h"

#include <catch2/catch.hpp>

namespace hidden_text_test {

using base::hide_values;

TEST_CASE("hidden values do not show, wherever they stand", "[hidden_text]") {
  CHECK(hide_values("a secret! secret!", {"secret!"}) == "a *** ***");
  CHECK(hide_values("nothing here", {"secret!"}) == "nothing here");
  CHECK(hide_values("secret!secret!", {"secret!"}) == "******");
}

TEST_CASE("of two hidden values that begin alike the longer one goes", "[hidden_text]") {
  CHECK(hide_values("token: abcdefgh", {"abcdef", "abcdefgh"}) == "token: ***");
}

TEST_CASE("the beginning of a hidden value at the end of a text that was cut is hidden",
          "[hidden_text]") {
  CHECK(hide_values("it said topsec", {"topsecret"}) == "it said ***");
}

TEST_CASE("values that could stand in any word are left", "[hidden_text]") {
  CHECK(hide_values("a port of 8080", {"8080", ""}) == "a port of 8080");
}

}  // namespace hidden_text_test
