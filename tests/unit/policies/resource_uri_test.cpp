#include "policies/resource_uri.h"

#include <catch2/catch.hpp>

namespace resource_uri_test {

using policies::template_problem;
using policies::template_text;
using policies::uri_problem;

TEST_CASE("plain URIs have no problem", "[policies]") {
  for (const char* uri :
       {"file:///data/a.txt", "test://static-text", "demo://resource/dynamic/text/1", "urn:isbn:12",
        "https://example.test:8443/a?b=c%26d", "memo://insights", "git://repo/a@main",
        "ui://App/View", "file:///data/a%20b%C3%A9", "x+y://z/;a=1", "note:one", "db:///t?q=a/b"}) {
    CAPTURE(uri);
    CHECK(uri_problem(uri).empty());
  }
}

TEST_CASE("a URI that leads upwards is refused, however that is written", "[policies]") {
  for (const char* uri :
       {"file:///data/../etc", "file:///data/..", "file:///data/%2e%2e/etc", "file:///data/%2E%2E/etc",
        "file:///data/.%2e/etc", "file:///data/%252e%252e/etc", "file:///data/..%2fetc",
        "file:///data/..%5cetc", "file:///data\\..\\etc", "file:///data/..;/etc", "x:../y",
        "test://a?path=../b", "file:///data/./x", "file:///data/.", "x:./y", "x:."}) {
    CAPTURE(uri);
    CHECK_FALSE(uri_problem(uri).empty());
  }
}

TEST_CASE("a URI that could be written in another way is refused", "[policies]") {
  for (const char* uri :
       {"FILE:///data/x", "file:/data/x", "file://localhost/data/x", "file:////data/x",
        "file:///data//x", "file:///data/%73ecret", "file:///data/a%3ab", "file:///data/a%3Ab",
        "file:///data/a%c3%a9", "file:///data/x?y", "file:///data/x#y", "test://a#b",
        "https://Example.test/a", "https://me@example.test/a", "https://example%2Etest/a",
        "https:/example.test", "https:///a", "file:///data%2Fx", "file:///a%5Cb", "test://a?b=%2Fc", "file:///a%",
        "file:///a%4", "file:///a%zz", "file:///a%00", "file:///a%7F"}) {
    CAPTURE(uri);
    CHECK_FALSE(uri_problem(uri).empty());
  }
}

TEST_CASE("what is no URI is refused", "[policies]") {
  for (const char* uri : {"", "x", "/data/x", "x:", "1x:y", ":x", "file:///a b", "file:///a\tb",
                          "file:///a\nb", "file:///\xc3\xa9", "file:///{path}", "test://a\"b"}) {
    CAPTURE(uri);
    CHECK_FALSE(uri_problem(uri).empty());
  }
  CHECK(uri_problem("x:" + std::string(4094, 'a')).empty());
  CHECK_FALSE(uri_problem("x:" + std::string(4095, 'a')).empty());
}

TEST_CASE("the expressions of a template are text that no pattern names", "[policies]") {
  CHECK(template_text("test://a/{id}/b{?q,r}") == "test://a/\x01/b\x01");
  CHECK(template_text("test://a") == "test://a");
  CHECK(template_text("x:{open") == "x:\x01");
  CHECK(template_text("{+uri}") == "\x01");
}

TEST_CASE("a template is judged by what it says itself", "[policies]") {
  for (const char* good : {"file:///{path}", "file://{path}", "{+uri}", "test://a/{id}/data"}) {
    CAPTURE(good);
    CHECK(template_problem(good).empty());
  }
  for (const char* bad : {"FILE:///{path}", "file:///a/../{path}", "test://{a}//b", "{a} b"}) {
    CAPTURE(bad);
    CHECK_FALSE(template_problem(bad).empty());
  }
}

}  // namespace resource_uri_test
