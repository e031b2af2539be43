#include "gateway/stamped_result.h"

#include <catch2/catch.hpp>

#include "base/version.h"

namespace gateway::stamped_result_test {
namespace {

using base::Json;
using policies::Primitive;

const std::string request = "req_1";

std::string stamp(const char* answered, bool modern, Primitive primitive = Primitive::tool) {
  pipeline::Outcome outcome;
  outcome.result = Json::parse(answered);
  return stamped_result(outcome, {request, modern, primitive});
}

const std::string sluice = R"({"name":"sluice","version":")" + std::string(base::version) + R"("})";
const std::string modern_meta = R"("_meta":{"dev.sluice/requestId":"req_1","io.modelcontextprotocol/serverInfo":)" + sluice + "}";

}  // namespace

TEST_CASE("a result keeps the server's members in their order", "[stamped_result]") {
  CHECK(stamp(R"({"content":[{"type":"text","text":"a\"b"}],"zeta":1,"alpha":null})", false) ==
        R"({"content":[{"type":"text","text":"a\"b"}],"zeta":1,"alpha":null,)"
        R"("_meta":{"dev.sluice/requestId":"req_1"}})");
}

TEST_CASE("a result has a type where the revision knows types, and only there", "[stamped_result]") {
  const char* const answered = R"({"resultType":"complete","content":[]})";
  CHECK(stamp(answered, true) == R"({"content":[],"resultType":"complete",)" + modern_meta + "}");
  CHECK(stamp(answered, false) == R"({"content":[],"_meta":{"dev.sluice/requestId":"req_1"}})");
}

TEST_CASE("what the server says as Sluice is replaced, and its other extras stay", "[stamped_result]") {
  const char* const answered =
      R"({"_meta":{"dev.sluice/requestId":"req_other","io.modelcontextprotocol/serverInfo":{"name":"x"},"a/b":2}})";
  CHECK(stamp(answered, false) == R"({"_meta":{"a/b":2,"dev.sluice/requestId":"req_1"}})");
  CHECK(stamp(answered, true) ==
        R"({"resultType":"complete","_meta":{"a/b":2,"dev.sluice/requestId":"req_1",)"
        R"("io.modelcontextprotocol/serverInfo":)" + sluice + "}}");
}

TEST_CASE("extras that are no object make room for Sluice's", "[stamped_result]") {
  CHECK(stamp(R"({"_meta":[1]})", false) == R"({"_meta":{"dev.sluice/requestId":"req_1"}})");
}

TEST_CASE("nobody may keep a resource, whatever its server says", "[stamped_result]") {
  const char* const answered = R"({"contents":[],"ttlMs":60000,"cacheScope":"public"})";
  CHECK(stamp(answered, false, Primitive::resource) ==
        R"({"contents":[],"_meta":{"dev.sluice/requestId":"req_1"}})");
  CHECK(stamp(answered, true, Primitive::resource) ==
        R"({"contents":[],"resultType":"complete","ttlMs":0,"cacheScope":"private",)" + modern_meta + "}");
}

TEST_CASE("questions take the place of a result", "[stamped_result]") {
  pipeline::Outcome outcome;
  outcome.result = Json{{"content", Json::array()}, {"_meta", {{"a/b", 1}}}};
  outcome.questions = Json{{"ask", {{"method", "elicitation/create"}}}};
  CHECK(stamped_result(outcome, {request, true, Primitive::tool}) ==
        R"({"resultType":"input_required","inputRequests":{"ask":{"method":"elicitation/create"}},)"
        R"("_meta":{"a/b":1,"dev.sluice/requestId":"req_1","io.modelcontextprotocol/serverInfo":)" +
            sluice + "}}");
}

}  // namespace gateway::stamped_result_test
