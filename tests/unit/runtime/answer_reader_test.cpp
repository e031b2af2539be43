#include "runtime/answer_reader.h"

#include <catch2/catch.hpp>

namespace answer_reader_test {

using namespace runtime;
using base::Json;

namespace {

/// Feeds the events until the answer is complete or makes no sense.
base::Result<ModelAnswer> read(const Dialect& dialect, const std::vector<std::string>& events) {
  const auto reader = dialect.reader();
  for (const std::string& data : events) {
    const auto complete = reader->take({"message", data, ""});
    if (!complete) return complete.error();
    if (*complete) return reader->finish();
  }
  return base::Error{base::Code::broken, "no end", {}};
}

base::Result<ModelAnswer> openai(const std::vector<std::string>& events) {
  return read(*openai_dialect(), events);
}
base::Result<ModelAnswer> anthropic(const std::vector<std::string>& events) {
  return read(*anthropic_dialect(), events);
}

std::string openai_delta(const std::string& delta, const std::string& finish = "null") {
  return R"({"choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + finish + "}]}";
}

Question question() {
  Question question;
  question.instructions = "Sort.";
  question.goal = "The inbox.";
  question.max_tokens = 100;
  const std::vector<ToolRequest> calls = {{"call_0", "list", {{"a", 1}}, ""}};
  auto exchange = std::make_shared<Exchange>("I look.", calls, base::Json());
  exchange->returns = {{"two mails", true}};
  question.exchanges.push_back(std::move(exchange));
  question.tools.push_back({"list", "Lists.", {{"type", "object"}}});
  return question;
}

}  // namespace

TEST_CASE("an OpenAI answer is put together from its pieces") {
  const auto answer = openai({
      openai_delta(R"({"role":"assistant","content":"I "})"),
      openai_delta(R"({"content":"look."})"),
      openai_delta(
          R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"read","arguments":""}}]})"),
      openai_delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"pa"}}]})"),
      openai_delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"th\":1}"}}]})"),
      openai_delta("{}", R"("tool_calls")"),
      R"({"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":10}}})",
      "[DONE]",
  });
  REQUIRE(answer);
  CHECK(answer->text == "I look.");
  REQUIRE(answer->calls.size() == 1);
  CHECK(answer->calls[0].id == "c1");
  CHECK(answer->calls[0].arguments == Json{{"path", 1}});
  CHECK(answer->usage.input == 20);
  CHECK(answer->usage.cache_read == 10);
  CHECK(answer->usage.output == 7);
  CHECK(answer->usage.reported);
}

TEST_CASE("an OpenAI answer without usage says so, and one that was cut off too") {
  const auto answer = openai({openai_delta(R"({"content":"I"})", R"("length")"), "[DONE]"});
  REQUIRE(answer);
  CHECK_FALSE(answer->usage.reported);
  CHECK(answer->finish == Finish::cut_off);
}

TEST_CASE("an error in an OpenAI stream, or an end without a reason, is no answer") {
  CHECK(openai({R"({"error":{"message":"overloaded"}})"}).error().message == "overloaded");
  CHECK_FALSE(openai({openai_delta(R"({"content":"I"})"), "[DONE]"}));
  CHECK_FALSE(openai({"no JSON"}));
  CHECK_FALSE(openai({openai_delta(R"({"tool_calls":[{"index":64,"id":"x"}]})")}));
}

TEST_CASE("arguments that are no JSON object are noted for the model") {
  CHECK(read_request("c", "t", "{\"a\":").unreadable.starts_with("The arguments are no JSON"));
  CHECK(read_request("c", "t", "[1]").unreadable == "The arguments must be a JSON object.");
  CHECK(read_request("c", "t", R"({"a":1,"a":2})").unreadable.starts_with("The arguments are no"));
  CHECK(read_request("c", "t", R"({"a":12345678901234567890123})").unreadable.starts_with("/a"));
  CHECK(read_request("c", "t", "").unreadable.empty());
}

TEST_CASE("calls without an id, or with one that another has, get one") {
  std::vector<ToolRequest> calls = {{"x", "a", {}, ""}, {"x", "b", {}, ""}, {"", "c", {}, ""}};
  settle_ids(calls);
  CHECK(calls[0].id == "x");
  CHECK(calls[1].id != "x");
  CHECK_FALSE(calls[2].id.empty());
  CHECK(calls[1].id != calls[2].id);
}

TEST_CASE("OpenAI is asked with calls and results side by side") {
  const Json body = base::parse_json(openai_dialect()->body(question(), "m"))->value;
  CHECK(body["model"] == "m");
  CHECK(body["stream_options"]["include_usage"] == true);
  REQUIRE(body["messages"].size() == 4);
  CHECK(body["messages"][0]["role"] == "system");
  CHECK(body["messages"][2]["tool_calls"][0]["function"]["arguments"] == R"({"a":1})");
  CHECK(body["messages"][3]["tool_call_id"] == "call_0");
  CHECK(body["messages"][3]["content"] == "two mails");
  CHECK(body["tools"][0]["function"]["name"] == "list");
}

TEST_CASE("an Anthropic answer is put together from its pieces") {
  const auto answer = anthropic({
      R"({"type":"message_start","message":{"usage":{"input_tokens":20,"cache_read_input_tokens":5,"cache_creation_input_tokens":3,"output_tokens":1}}})",
      R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
      R"({"type":"ping"})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I look."}})",
      R"({"type":"content_block_stop","index":0})",
      R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"read","input":{}}})",
      R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"path\""}})",
      R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":":1}"}})",
      R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}})",
      R"({"type":"message_stop"})",
  });
  REQUIRE(answer);
  CHECK(answer->text == "I look.");
  CHECK(answer->calls.at(0).arguments == Json{{"path", 1}});
  CHECK(answer->usage.input == 20);
  CHECK(answer->usage.cache_read == 5);
  CHECK(answer->usage.cache_write == 3);
  CHECK(answer->usage.output == 9);
  CHECK(answer->native.is_null());
}

TEST_CASE("a signed thought goes back to Anthropic as it came") {
  const auto answer = anthropic({
      R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"abc"}})",
      R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"read","input":{}}})",
      R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})",
      R"({"type":"message_stop"})",
  });
  REQUIRE(answer);
  CHECK(answer->native[0]["thinking"] == "Hm.");
  CHECK(answer->native[0]["signature"] == "abc");
  CHECK(answer->native[1]["id"] == "t1");
  CHECK_FALSE(answer->usage.reported);
}

TEST_CASE("an error in an Anthropic stream is the provider's, and disorder is no answer") {
  CHECK(
      anthropic({R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"})
          .error()
          .message == "Overloaded");
  CHECK_FALSE(anthropic({R"({"type":"content_block_delta","index":0,"delta":{"text":"x"}})"}));
  CHECK_FALSE(anthropic({R"({"type":"message_stop"})"}));
  CHECK_FALSE(anthropic({R"({"type":"content_block_start","index":9999,"content_block":{}})"}));
}

TEST_CASE("Anthropic is asked with the results at the head of the next turn") {
  const Json body = base::parse_json(anthropic_dialect()->body(question(), "m"))->value;
  CHECK(body["system"] == "Sort.");
  CHECK(body["max_tokens"] == 100);
  REQUIRE(body["messages"].size() == 3);
  CHECK(body["messages"][1]["content"][1]["type"] == "tool_use");
  CHECK(body["messages"][2]["role"] == "user");
  CHECK(body["messages"][2]["content"][0]["tool_use_id"] == "call_0");
  CHECK(body["messages"][2]["content"][0]["is_error"] == true);
  CHECK(body["tools"][0]["input_schema"]["type"] == "object");
}

TEST_CASE("a block that does not say what it is makes no sense, and no more than that") {
  const std::string start = R"({"type":"content_block_start","index":0,"content_block":)";
  for (const char* block : {"{}", R"({"type":5})", R"({"type":null})", "[]", "7"}) {
    CAPTURE(block);
    const auto answer = anthropic({start + block + "}",
                                   R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})",
                                   R"({"type":"message_stop"})"});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == base::Code::broken);
  }
}

TEST_CASE("no number of tokens is too large to be added up") {
  const auto answer = openai(
      {R"({"choices":[],"usage":{"prompt_tokens":18446744073709551615,"completion_tokens":9223372036854775807,"prompt_tokens_details":{"cached_tokens":9223372036854775808}}})",
       openai_delta(R"({"content":"x"})", R"("stop")"), "[DONE]"});
  REQUIRE(answer);
  CHECK(answer->usage.all_input() > 0);
  CHECK(answer->usage.all_input() < 1'000'000'000);
  CHECK(answer->usage.output > 0);
}

TEST_CASE("what is asked after all that was said stands where each provider wants it") {
  Question asked = question();
  asked.closing = "Sum up.";
  const auto openai_body = base::parse_json(openai_dialect()->body(asked, "m"))->value;
  CHECK(openai_body["messages"].back() == Json{{"role", "user"}, {"content", "Sum up."}});
  const auto body = base::parse_json(anthropic_dialect()->body(asked, "m"))->value;
  const Json& last = body["messages"].back();
  CHECK(last["role"] == "user");
  CHECK(last["content"].front()["type"] == "tool_result");
  CHECK(last["content"].back() == Json{{"type", "text"}, {"text", "Sum up."}});
}

}  // namespace answer_reader_test
