#include "mcp/jsonrpc.h"

#include <limits>
#include <string>

#include <catch2/catch.hpp>

namespace jsonrpc_test {

using base::Json;
using mcp::Id;

namespace {

base::Result<mcp::Message> parse(std::string_view text) {
  return mcp::parse_message(std::move(base::parse_json(text).value().value));
}

template <class Kind>
Kind parsed(std::string_view text) {
  auto message = parse(text);
  REQUIRE(message);
  REQUIRE(std::holds_alternative<Kind>(*message));
  return std::get<Kind>(std::move(*message));
}

std::string refusal(std::string_view text) {
  const auto message = parse(text);
  REQUIRE_FALSE(message);
  CHECK(message.error().code == base::Code::invalid);
  return message.error().message;
}

bool accepted(std::string_view text) { return parse(text).ok(); }

std::optional<Id> id_in(std::string_view text) {
  return mcp::readable_id(base::parse_json(text).value().value);
}

}  // namespace

TEST_CASE("a request has an id, a method and parameters", "[jsonrpc]") {
  const auto request = parsed<mcp::Request>(
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":{"a":1}}})");
  CHECK(request.id == Id(7));
  CHECK(request.method == "tools/call");
  CHECK(request.params == Json({{"name", "x"}, {"arguments", {{"a", 1}}}}));
}

TEST_CASE("the order of members does not matter and unknown ones are ignored", "[jsonrpc]") {
  const auto request =
      parsed<mcp::Request>(R"({"params":{},"x":1,"method":"ping","id":"a","jsonrpc":"2.0"})");
  CHECK(request.id == Id("a"));
  CHECK(request.params == Json::object());
}

TEST_CASE("absent parameters are null", "[jsonrpc]") {
  CHECK(parsed<mcp::Request>(R"({"jsonrpc":"2.0","id":1,"method":"ping"})").params.is_null());
}

TEST_CASE("a call without an id is a notification", "[jsonrpc]") {
  const auto notification = parsed<mcp::Notification>(
      R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}})");
  CHECK(notification.method == "notifications/progress");
  CHECK(notification.params == Json({{"progress", 1}}));
}

TEST_CASE("a response carries an object", "[jsonrpc]") {
  const auto response = parsed<mcp::Response>(R"({"jsonrpc":"2.0","id":3,"result":{"a":[]}})");
  CHECK(response.id == Id(3));
  CHECK(response.result == Json({{"a", Json::array()}}));
  CHECK_FALSE(response.error);
}

TEST_CASE("an error response carries code, message and data", "[jsonrpc]") {
  const auto response = parsed<mcp::Response>(
      R"({"jsonrpc":"2.0","id":"q","error":{"code":-32602,"message":"No.","data":{"uri":"x"}}})");
  REQUIRE(response.error);
  CHECK(response.id == Id("q"));
  CHECK(response.error->code == mcp::code::invalid_params);
  CHECK(response.error->message == "No.");
  CHECK(response.error->data == Json({{"uri", "x"}}));
  CHECK(response.result.is_null());
}

TEST_CASE("an error may come without an id or with null", "[jsonrpc]") {
  CHECK_FALSE(parsed<mcp::Response>(R"({"jsonrpc":"2.0","error":{"code":1,"message":"m"}})").id);
  CHECK_FALSE(
      parsed<mcp::Response>(R"({"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}})").id);
}

TEST_CASE("a result without a valid id is refused", "[jsonrpc]") {
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","result":{}})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":null,"result":{}})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1.5,"result":{}})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":[],"error":{"code":1,"message":"m"}})"));
}

TEST_CASE("a result that is no object is refused", "[jsonrpc]") {
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"result":[]})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"result":null})"));
}

TEST_CASE("a malformed error member is refused", "[jsonrpc]") {
  for (const char* error :
       {"null", "[]", "{}", R"({"code":1})", R"({"message":"m"})", R"({"code":"1","message":"m"})",
        R"({"code":1.5,"message":"m"})", R"({"code":1,"message":2})",
        R"({"code":4294967296,"message":"m"})", R"({"code":-2147483649,"message":"m"})"}) {
    INFO(error);
    CHECK_FALSE(accepted(std::string(R"({"jsonrpc":"2.0","id":1,"error":)") + error + "}"));
  }
}

TEST_CASE("a batch is refused with a sentence that says so", "[jsonrpc]") {
  CHECK(refusal(R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])") ==
        "Batches are not supported: send one message per request.");
  CHECK(refusal("[]") == "Batches are not supported: send one message per request.");
}

TEST_CASE("what is no object is no message", "[jsonrpc]") {
  for (const char* text : {"null", "1", "\"x\"", "true"}) CHECK_FALSE(accepted(text));
}

TEST_CASE("the version must be exactly 2.0", "[jsonrpc]") {
  CHECK_FALSE(accepted(R"({"id":1,"method":"ping"})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"1.0","id":1,"method":"ping"})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0 ","id":1,"method":"ping"})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":2.0,"id":1,"method":"ping"})"));
}

TEST_CASE("member names are matched exactly", "[jsonrpc]") {
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"Method":"ping"})"));
  CHECK_FALSE(accepted(R"({"JSONRPC":"2.0","id":1,"method":"ping"})"));
  CHECK(std::holds_alternative<mcp::Notification>(
      *parse(R"({"jsonrpc":"2.0","ID":1,"method":"ping"})")));
}

TEST_CASE("a method must be a string", "[jsonrpc]") {
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"method":1})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"method":null})"));
}

TEST_CASE("parameters must be an object", "[jsonrpc]") {
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"method":"m","params":[1]})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"method":"m","params":null})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","method":"m","params":"x"})"));
}

TEST_CASE("a message that is both request and response is refused", "[jsonrpc]") {
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"method":"m","result":{}})"));
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"method":"m","error":{"code":1,"message":""}})"));
}

TEST_CASE("a response with both result and error, or neither, is refused", "[jsonrpc]") {
  CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"m"}})"));
  CHECK(refusal(R"({"jsonrpc":"2.0","id":1})") ==
        "The message is neither a request nor a response.");
}

TEST_CASE("an id is a 64-bit integer or a short string", "[jsonrpc]") {
  CHECK(id_in(R"({"id":0})") == Id(0));
  CHECK(id_in(R"({"id":-9223372036854775808})") == Id(std::numeric_limits<std::int64_t>::min()));
  CHECK(id_in(R"({"id":9223372036854775807})") == Id(std::numeric_limits<std::int64_t>::max()));
  CHECK(id_in(R"({"id":"1"})") == Id("1"));
  CHECK(id_in("{\"id\":\"" + std::string(256, 'i') + "\"}") == Id(std::string(256, 'i')));
}

TEST_CASE("any other id is refused and not readable", "[jsonrpc]") {
  for (const std::string& id :
       {std::string("null"), std::string("1.0"), std::string("1e3"),
        std::string("9223372036854775808"), std::string("true"), std::string("[1]"),
        std::string("{}"), "\"" + std::string(257, 'i') + "\""}) {
    INFO(id);
    CHECK_FALSE(accepted(R"({"jsonrpc":"2.0","method":"m","id":)" + id + "}"));
    CHECK_FALSE(id_in("{\"id\":" + id + "}"));
  }
}

TEST_CASE("an integer and a string that look alike are different ids", "[jsonrpc]") {
  CHECK_FALSE(Id(1) == Id("1"));
}

TEST_CASE("the id of a refused message can still be read", "[jsonrpc]") {
  Json value = {{"jsonrpc", "1.0"}, {"id", 9}, {"method", "m"}, {"params", {{"a", 1}}}};
  const Json before = value;
  REQUIRE_FALSE(mcp::parse_message(std::move(value)));
  CHECK(value == before);
  CHECK(mcp::readable_id(value) == Id(9));
  CHECK_FALSE(mcp::readable_id(Json::array({1})));
}

TEST_CASE("messages are written as one line of compact JSON", "[jsonrpc]") {
  CHECK(mcp::request_text(7, "tools/call", R"({"name":"x\ny"})") ==
        R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x\ny"}})");
  CHECK(mcp::request_text("a\"b", "ping", "{}") ==
        R"({"jsonrpc":"2.0","id":"a\"b","method":"ping","params":{}})");
  CHECK(mcp::notification_text("n", Json::object()) ==
        R"({"jsonrpc":"2.0","method":"n","params":{}})");
  CHECK(mcp::notification_text("n", nullptr) == R"({"jsonrpc":"2.0","method":"n"})");
  CHECK(mcp::result_text(-1, {{"a", 1}}) == R"({"jsonrpc":"2.0","id":-1,"result":{"a":1}})");
}

TEST_CASE("an error is written with what is known", "[jsonrpc]") {
  CHECK(mcp::error_text(Id(1), {-32020, "No.", {{"x", 1}}}) ==
        R"({"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"No.","data":{"x":1}}})");
  CHECK(mcp::error_text(std::nullopt, {-32700, "\"", nullptr}) ==
        R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"\""}})");
}

TEST_CASE("what is written is read again", "[jsonrpc]") {
  const auto request = parsed<mcp::Request>(mcp::request_text("id", "m", R"({"k":"v"})"));
  CHECK(request.id == Id("id"));
  CHECK(request.params == Json({{"k", "v"}}));
  const auto response = parsed<mcp::Response>(mcp::error_text(Id(2), {5, "text", Json(3)}));
  CHECK(response.id == Id(2));
  CHECK(response.error->data == 3);
}

}  // namespace jsonrpc_test
