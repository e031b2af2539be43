#include <algorithm>
#include <map>
#include <utility>

#include "runtime/answer_reader.h"

namespace runtime {
namespace {

using base::Json;

constexpr const char* api_version = "2023-06-01";

void count_into(std::int64_t& number, const Json& object, std::string_view key) {
  number = count_of(object, key).value_or(number);
}

Json text_block(const std::string& text) { return {{"type", "text"}, {"text", text}}; }

// Blocks that the provider signed go back as they came.
Json content_of(const Exchange& exchange) {
  if (!exchange.native.is_null()) return exchange.native;
  Json content = Json::array();
  if (!exchange.text.empty()) content.push_back(text_block(exchange.text));
  for (const ToolRequest& call : exchange.calls) {
    content.push_back(
        {{"type", "tool_use"}, {"id", call.id}, {"name", call.tool}, {"input", call.arguments}});
  }
  return content;
}

void add_anthropic_exchange(Json& messages, const Exchange& exchange) {
  messages.push_back({{"role", "assistant"}, {"content", content_of(exchange)}});
  Json results = Json::array();
  for (std::size_t at = 0; at < exchange.calls.size(); ++at) {
    Json result{{"type", "tool_result"},
                {"tool_use_id", exchange.calls[at].id},
                {"content", exchange.returns[at].text}};
    if (exchange.returns[at].error) result["is_error"] = true;
    results.push_back(std::move(result));
  }
  messages.push_back({{"role", "user"}, {"content", std::move(results)}});
}

// The results stand in a turn of the user: what else is said to the model stands behind them.
void add_anthropic_closing(Json& messages, const std::string& closing) {
  Json& content = messages.back()["content"];
  if (content.is_array()) {
    content.push_back(text_block(closing));
  } else {
    content = content.get<std::string>() + "\n\n" + closing;
  }
}

/// message_start, content blocks piece by piece, message_delta, message_stop.
class AnthropicReader final : public AnswerReader {
 public:
  base::Result<bool> take(const mcp::SseEvent& event) override {
    auto parsed = base::parse_json(event.data);
    if (!parsed || !parsed->value.is_object())
      return broken_answer("the model's stream is no JSON");
    const Json& facts = parsed->value;
    const std::string* type = base::find_string(facts, "type");
    if (type == nullptr) return broken_answer("the model's stream has an event without a type");
    if (*type == "error") return error_of(facts);
    if (*type == "message_start") {
      const Json* message = base::find_member(facts, "message");
      if (message != nullptr) take_usage(*message);
    } else if (*type == "content_block_start") {
      if (auto begun = begin_block(facts); !begun) return begun.error();
    } else if (*type == "content_block_delta") {
      if (auto grown = extend_block(facts); !grown) return grown.error();
    } else if (*type == "message_delta") {
      take_usage(facts);
      take_stop_reason(facts);
    } else if (*type == "message_stop") {
      if (!finished_) return broken_answer("the model's answer ended without a stop_reason");
      return true;
    }
    return false;
  }

  base::Result<ModelAnswer> finish() override {
    Json native = Json::array();
    bool is_signed = false;
    for (auto& [index, block] : blocks_) {
      const std::string type = block.facts.value("type", "");
      if (type == "text") {
        answer_.text += block.text;
        block.facts["text"] = block.text;
      } else if (type == "tool_use") {
        if (answer_.calls.size() >= most_calls)
          return broken_answer("the model made too many calls");
        const std::string* id = base::find_string(block.facts, "id");
        const std::string* name = base::find_string(block.facts, "name");
        if (name == nullptr || name->empty())
          return broken_answer("the model called a tool without a name");
        answer_.calls.push_back(read_request(id ? *id : std::string(), *name, block.text));
      } else {
        is_signed = true;
        if (type == "thinking") block.facts["thinking"] = block.text;
        if (!block.signature.empty()) block.facts["signature"] = block.signature;
      }
    }
    settle_ids(answer_.calls);
    if (is_signed) answer_.native = native_content();
    return std::move(answer_);
  }

 private:
  struct Block {
    Json facts;
    std::string text;  ///< of a text or thinking block; the arguments' text of a call
    std::string signature;
  };

  static base::Error error_of(const Json& facts) {
    const Json* error = base::find_member(facts, "error");
    const std::string* words = error ? base::find_string(*error, "message") : nullptr;
    return broken_answer(words ? *words : "the model's server reports an error");
  }

  // message_start tells the input and a first count of the output, message_delta the last one.
  // input_tokens leaves out what was read from or written to the cache.
  void take_usage(const Json& holder) {
    const Json* usage = base::find_member(holder, "usage");
    if (usage == nullptr || !usage->is_object()) return;
    Usage& u = answer_.usage;
    u.reported = true;
    count_into(u.input, *usage, "input_tokens");
    count_into(u.cache_read, *usage, "cache_read_input_tokens");
    count_into(u.cache_write, *usage, "cache_creation_input_tokens");
    count_into(u.output, *usage, "output_tokens");
  }

  void take_stop_reason(const Json& facts) {
    const Json* delta = base::find_member(facts, "delta");
    const std::string* reason = delta ? base::find_string(*delta, "stop_reason") : nullptr;
    if (reason == nullptr) return;
    finished_ = true;
    if (*reason == "max_tokens" || *reason == "model_context_window_exceeded") {
      answer_.finish = Finish::cut_off;
    }
    if (*reason == "refusal") answer_.finish = Finish::refused;
  }

  base::Result<std::int64_t> index_of(const Json& facts) const {
    const auto index = count_of(facts, "index");
    constexpr std::int64_t most_blocks = 4 * static_cast<std::int64_t>(most_calls);
    if (!index || *index >= most_blocks)
      return broken_answer("the model's stream has a block without a place");
    return *index;
  }

  base::Status begin_block(const Json& facts) {
    const auto index = index_of(facts);
    const Json* block = base::find_member(facts, "content_block");
    if (!index) return index.error();
    if (block == nullptr || base::find_string(*block, "type") == nullptr)
      return broken_answer("the model's stream has an empty block");
    Block begun{*block, {}, {}};
    for (const char* key : {"text", "thinking"}) {
      if (const std::string* text = base::find_string(*block, key)) begun.text = *text;
    }
    if (!grow(base::dump_json(*block).size()))
      return broken_answer("the model's answer is too long");
    blocks_[*index] = std::move(begun);
    return {};
  }

  base::Status extend_block(const Json& facts) {
    const auto index = index_of(facts);
    if (!index) return index.error();
    const auto block = blocks_.find(*index);
    const Json* delta = base::find_member(facts, "delta");
    if (block == blocks_.end() || delta == nullptr)
      return broken_answer("the model's stream is out of order");
    for (const char* key : {"text", "partial_json", "thinking"}) {
      const std::string* text = base::find_string(*delta, key);
      if (text == nullptr) continue;
      if (!grow(text->size())) return broken_answer("the model's answer is too long");
      block->second.text += *text;
    }
    if (const std::string* text = base::find_string(*delta, "signature")) {
      if (!grow(text->size())) return broken_answer("the model's answer is too long");
      block->second.signature += *text;
    }
    return {};
  }

  Json native_content() const {
    Json content = Json::array();
    std::size_t calls = 0;
    for (const auto& [index, block] : blocks_) {
      Json facts = block.facts;
      if (facts.value("type", "") == "tool_use") {
        facts["id"] = answer_.calls[calls].id;
        facts["input"] = answer_.calls[calls].arguments;
        ++calls;
      }
      content.push_back(std::move(facts));
    }
    return content;
  }

  bool grow(std::size_t more) { return (size_ += more) <= longest_answer; }

  ModelAnswer answer_;
  std::map<std::int64_t, Block> blocks_;
  std::size_t size_ = 0;
  bool finished_ = false;
};

/// Anthropic's Messages.
class AnthropicDialect final : public Dialect {
 public:
  std::string path() const override { return "/v1/messages"; }
  std::pair<std::string, std::string> authorization(const std::string& key) const override {
    return {"x-api-key", key};
  }
  std::vector<std::pair<std::string, std::string>> headers() const override {
    return {{"anthropic-version", api_version}};
  }
  std::string body(const Question& question, const std::string& model) const override {
    Json messages = Json::array();
    messages.push_back({{"role", "user"}, {"content", question.opening()}});
    for (const auto& exchange : question.exchanges) add_anthropic_exchange(messages, *exchange);
    if (!question.closing.empty()) add_anthropic_closing(messages, question.closing);
    Json body{{"model", model},
              {"max_tokens", question.max_tokens},
              {"messages", std::move(messages)},
              {"stream", true}};
    if (!question.instructions.empty()) body["system"] = question.instructions;
    if (question.tools.empty()) return base::dump_json(body);
    body["tools"] = Json::array();
    for (const ToolOffer& tool : question.tools) {
      body["tools"].push_back(
          {{"name", tool.name}, {"description", tool.description}, {"input_schema", tool.schema}});
    }
    return base::dump_json(body);
  }
  std::unique_ptr<AnswerReader> reader() const override {
    return std::make_unique<AnthropicReader>();
  }
};

}  // namespace

std::unique_ptr<Dialect> anthropic_dialect() { return std::make_unique<AnthropicDialect>(); }

}  // namespace runtime
