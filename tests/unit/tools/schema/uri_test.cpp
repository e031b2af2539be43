#include "tools/schema/uri.h"

#include <catch2/catch.hpp>

namespace tools::schema::uri_test {
namespace {

std::string resolve(std::string_view reference) {
  return resolve_uri("http://a/b/c/d;p?q", reference).document;
}

}  // namespace

TEST_CASE("references resolve as the examples of RFC 3986 do", "[schema]") {
  CHECK(resolve("g:h") == "g:h");
  CHECK(resolve("g") == "http://a/b/c/g");
  CHECK(resolve("./g/") == "http://a/b/c/g/");
  CHECK(resolve("/g") == "http://a/g");
  CHECK(resolve("//g") == "http://g");
  CHECK(resolve("?y") == "http://a/b/c/d;p?y");
  CHECK(resolve("g?y#s") == "http://a/b/c/g?y");
  CHECK(resolve(";x") == "http://a/b/c/;x");
  CHECK(resolve("") == "http://a/b/c/d;p?q");
  CHECK(resolve(".") == "http://a/b/c/");
  CHECK(resolve("..") == "http://a/b/");
  CHECK(resolve("../g") == "http://a/b/g");
  CHECK(resolve("../../../../g") == "http://a/g");
  CHECK(resolve("/./g/../h/.") == "http://a/h/");
  CHECK(resolve("g/./y/../z") == "http://a/b/c/g/z");
}

TEST_CASE("a base without a path, and none at all, are bases too", "[schema]") {
  CHECK(resolve_uri("http://a", "g").document == "http://a/g");
  CHECK(resolve_uri("", "g").document == "g");
  CHECK(resolve_uri("", "../g").document == "g");
  CHECK(resolve_uri("urn:uuid:1", "#x").document == "urn:uuid:1");
}

TEST_CASE("the fragment is kept apart", "[schema]") {
  CHECK(resolve_uri("http://a/#old", "#new").fragment == "new");
  CHECK(resolve_uri("http://a/#old", "b").fragment.empty());
}

TEST_CASE("percent-encoding is undone, and refused when malformed", "[schema]") {
  CHECK(decode_percent("a%25b%2F") == "a%b/");
  CHECK_FALSE(decode_percent("%").has_value());
  CHECK_FALSE(decode_percent("%4").has_value());
  CHECK_FALSE(decode_percent("%4g").has_value());
}

}  // namespace tools::schema::uri_test
