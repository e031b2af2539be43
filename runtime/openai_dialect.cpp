#include <map>
#include <utility>

#include "runtime/answer_reader.h"

namespace runtime {
namespace {

using base::Json;

Json message(const char* role, const std::string& text) {
  return {{"role", role}, {"content", text}};
}

void add_openai_exchange(Json& messages, const Exchange& exchange) {
  Json answer = message("assistant", exchange.text);
  if (exchange.text.empty()) answer["content"] = nullptr;
  answer["tool_calls"] = Json::array();
  for (const ToolRequest& call : exchange.calls) {
    answer["tool_calls"].push_back(
        {{"id", call.id},
         {"type", "function"},
         {"function", {{"name", call.tool}, {"arguments", base::dump_json(call.arguments)}}}});
  }
  messages.push_back(std::move(answer));
  for (std::size_t at = 0; at < exchange.calls.size(); ++at) {
    messages.push_back({{"role", "tool"},
                        {"tool_call_id", exchange.calls[at].id},
                        {"content", exchange.returns[at].text}});
  }
}

/// A stream of chat.completion.chunk objects, ended by [DONE].
class OpenAiReader final : public AnswerReader {
 public:
  base::Result<bool> take(const mcp::SseEvent& event) override {
    if (event.data == "[DONE]") {
      if (!finished_) return broken_answer("the model's answer ended without a finish_reason");
      return true;
    }
    auto parsed = base::parse_json(event.data);
    if (!parsed || !parsed->value.is_object())
      return broken_answer("the model's stream is no JSON");
    const Json& chunk = parsed->value;
    if (const Json* error = base::find_member(chunk, "error")) {
      const std::string* words = base::find_string(*error, "message");
      return broken_answer(words ? *words : "the model's server reports an error");
    }
    take_usage(chunk);
    const Json* choices = base::find_member(chunk, "choices");
    if (choices == nullptr || !choices->is_array() || choices->empty()) return false;
    const Json& choice = choices->front();
    if (const Json* delta = base::find_member(choice, "delta")) {
      if (auto taken = take_delta(*delta); !taken) return taken.error();
    }
    if (const std::string* reason = base::find_string(choice, "finish_reason")) {
      finished_ = true;
      if (*reason == "length") answer_.finish = Finish::cut_off;
      if (*reason == "content_filter") answer_.finish = Finish::refused;
    }
    return false;
  }

  base::Result<ModelAnswer> finish() override {
    for (auto& [index, call] : calls_) {
      if (call.tool.empty()) return broken_answer("the model called a tool without a name");
      answer_.calls.push_back(
          read_request(std::move(call.id), std::move(call.tool), call.arguments));
    }
    settle_ids(answer_.calls);
    if (!refusal_.empty() && answer_.calls.empty()) {
      answer_.finish = Finish::refused;
      answer_.text = refusal_;
    }
    return std::move(answer_);
  }

 private:
  struct Part {
    std::string id, tool, arguments;
  };

  // prompt_tokens includes the cached ones.
  void take_usage(const Json& chunk) {
    const Json* usage = base::find_member(chunk, "usage");
    if (usage == nullptr || !usage->is_object()) return;
    Usage& u = answer_.usage;
    u.reported = true;
    const Json* details = base::find_member(*usage, "prompt_tokens_details");
    u.cache_read = details ? count_of(*details, "cached_tokens").value_or(0) : 0;
    const std::int64_t prompt = count_of(*usage, "prompt_tokens").value_or(0);
    u.input = std::max<std::int64_t>(0, prompt - u.cache_read);
    u.output = count_of(*usage, "completion_tokens").value_or(0);
  }

  base::Status take_delta(const Json& delta) {
    if (const std::string* text = base::find_string(delta, "content")) {
      if (!grow(text->size())) return broken_answer("the model's answer is too long");
      answer_.text += *text;
    }
    if (const std::string* text = base::find_string(delta, "refusal")) {
      if (!grow(text->size())) return broken_answer("the model's answer is too long");
      refusal_ += *text;
    }
    const Json* calls = base::find_member(delta, "tool_calls");
    if (calls == nullptr || !calls->is_array()) return {};
    for (const Json& call : *calls) {
      if (auto taken = take_call(call); !taken) return taken;
    }
    return {};
  }

  // Some servers leave the index out when there is one call.
  base::Status take_call(const Json& call) {
    const std::int64_t index = count_of(call, "index").value_or(0);
    if (static_cast<std::size_t>(index) >= most_calls)
      return broken_answer("the model made too many calls");
    Part& part = calls_[index];
    if (const std::string* id = base::find_string(call, "id"); id != nullptr && part.id.empty()) {
      part.id = *id;
    }
    const Json* function = base::find_member(call, "function");
    if (function == nullptr) return {};
    for (auto [key, target] :
         {std::pair("name", &part.tool), std::pair("arguments", &part.arguments)}) {
      const std::string* text = base::find_string(*function, key);
      if (text == nullptr) continue;
      if (!grow(text->size())) return broken_answer("the model's answer is too long");
      *target += *text;
    }
    return {};
  }

  bool grow(std::size_t more) { return (size_ += more) <= longest_answer; }

  ModelAnswer answer_;
  std::string refusal_;
  std::map<std::int64_t, Part> calls_;
  std::size_t size_ = 0;
  bool finished_ = false;
};

/// OpenAI's Chat Completions, which many servers speak.
class OpenAiDialect final : public Dialect {
 public:
  std::string path() const override { return "/chat/completions"; }
  std::pair<std::string, std::string> authorization(const std::string& key) const override {
    return {"Authorization", "Bearer " + key};
  }
  std::string body(const Question& question, const std::string& model) const override {
    Json messages = Json::array();
    if (!question.instructions.empty())
      messages.push_back(message("system", question.instructions));
    messages.push_back(message("user", question.opening()));
    for (const auto& exchange : question.exchanges) add_openai_exchange(messages, *exchange);
    if (!question.closing.empty()) messages.push_back(message("user", question.closing));
    Json body{{"model", model},
              {"messages", std::move(messages)},
              {"max_tokens", question.max_tokens},
              {"stream", true},
              {"stream_options", {{"include_usage", true}}}};
    if (question.tools.empty()) return base::dump_json(body);
    body["tools"] = Json::array();
    for (const ToolOffer& tool : question.tools) {
      body["tools"].push_back({{"type", "function"},
                               {"function",
                                {{"name", tool.name},
                                 {"description", tool.description},
                                 {"parameters", tool.schema}}}});
    }
    return base::dump_json(body);
  }
  std::unique_ptr<AnswerReader> reader() const override { return std::make_unique<OpenAiReader>(); }
};

}  // namespace

std::unique_ptr<Dialect> openai_dialect() { return std::make_unique<OpenAiDialect>(); }

}  // namespace runtime
