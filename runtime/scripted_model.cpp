#include "runtime/scripted_model.h"

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <sstream>

namespace runtime {
namespace {

using base::Json;

constexpr std::uintmax_t longest_script = 1 << 20;
constexpr std::int64_t longest_delay_ms = 600'000;
constexpr std::int64_t most_scripted_tokens = 100'000'000;

base::Error invalid(const std::string& where, const std::string& sentence) {
  return {base::Code::invalid, where + ": " + sentence, {}};
}

base::Status only_keys(const Json& object, const std::string& where,
                       std::initializer_list<std::string_view> keys) {
  if (!object.is_object()) return invalid(where, "expected an object");
  for (const auto& [key, value] : object.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      return invalid(where, "unknown key '" + key + "'");
    }
  }
  return {};
}

base::Result<std::int64_t> whole_number(const Json& object, std::string_view key,
                                        std::int64_t highest, const std::string& where) {
  const Json* value = base::find_member(object, key);
  if (value == nullptr) return 0;
  const bool fits = value->is_number_integer() && value->get<std::int64_t>() >= 0 &&
                    value->get<std::int64_t>() <= highest;
  if (!fits) {
    return invalid(where + "/" + std::string(key),
                   "expected a whole number from 0 to " + std::to_string(highest));
  }
  return value->get<std::int64_t>();
}

base::Status read_calls(const Json& calls, const std::string& where, ModelAnswer& answer) {
  if (!calls.is_array()) return invalid(where, "expected a list");
  for (const Json& call : calls) {
    const std::string at = where + "/" + std::to_string(answer.calls.size());
    if (auto known = only_keys(call, at, {"tool", "arguments"}); !known) return known;
    const std::string* tool = base::find_string(call, "tool");
    const Json* arguments = base::find_member(call, "arguments");
    if (tool == nullptr) return invalid(at, "a call needs a 'tool'");
    if (arguments != nullptr && !arguments->is_object()) {
      return invalid(at + "/arguments", "expected an object");
    }
    answer.calls.push_back({"call_" + std::to_string(answer.calls.size()), *tool,
                            arguments ? *arguments : Json::object(), ""});
  }
  return {};
}

base::Result<Script::Line> read_line(const Json& entry, const std::string& where) {
  if (auto known = only_keys(entry, where, {"text", "calls", "usage", "delay_ms", "error"});
      !known) {
    return known.error();
  }
  Script::Line line;
  if (const std::string* text = base::find_string(entry, "text")) line.answer.text = *text;
  if (const std::string* error = base::find_string(entry, "error")) line.error = *error;
  if (const Json* calls = base::find_member(entry, "calls")) {
    if (auto read = read_calls(*calls, where + "/calls", line.answer); !read) return read.error();
  }
  const auto delay = whole_number(entry, "delay_ms", longest_delay_ms, where);
  if (!delay) return delay.error();
  line.delay = std::chrono::milliseconds(*delay);
  line.answer.usage.reported = true;
  if (const Json* usage = base::find_member(entry, "usage")) {
    const std::string at = where + "/usage";
    if (auto known = only_keys(*usage, at, {"input", "output"}); !known) return known.error();
    const auto input = whole_number(*usage, "input", most_scripted_tokens, at);
    const auto output = whole_number(*usage, "output", most_scripted_tokens, at);
    if (!input) return input.error();
    if (!output) return output.error();
    line.answer.usage.input = *input;
    line.answer.usage.output = *output;
  }
  return line;
}

}  // namespace

base::Result<Script> parse_script(const std::string& text) {
  auto parsed = base::parse_json(text);
  if (!parsed) return parsed.error();
  if (auto known = only_keys(parsed->value, "script", {"answers", "summary"}); !known)
    return known.error();
  const Json* answers = base::find_member(parsed->value, "answers");
  if (answers == nullptr || !answers->is_array()) {
    return invalid("script", "expected a list 'answers'");
  }
  Script script;
  if (const std::string* summary = base::find_string(parsed->value, "summary")) {
    script.summary = *summary;
  }
  for (const Json& entry : *answers) {
    auto line = read_line(entry, "/answers/" + std::to_string(script.lines.size()));
    if (!line) return line.error();
    script.lines.push_back(*std::move(line));
  }
  return script;
}

base::Result<Script> load_script(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) return invalid(file.string(), "it cannot be read");
  if (size > longest_script) return invalid(file.string(), "a script has at most 1 MiB");
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return invalid(file.string(), "it cannot be read");
  auto script = parse_script(text.str());
  if (!script) return invalid(file.string(), script.error().message);
  return script;
}

base::Task<base::Result<ModelAnswer>> ScriptedModel::ask(base::Loop& loop, Question question,
                                                         base::SteadyTime deadline) {
  if (!question.closing.empty()) {
    if (script_.summary.empty()) {
      co_return base::Error{base::Code::refused, "the script has no summary", {}};
    }
    ModelAnswer answer;
    answer.text = script_.summary;
    answer.usage.reported = true;
    co_return answer;
  }
  const auto turn = static_cast<std::size_t>(question.turn);
  if (turn >= script_.lines.size()) {
    co_return base::Error{
        base::Code::refused, "the script has no answer for turn " + std::to_string(turn + 1), {}};
  }
  const Script::Line& line = script_.lines[turn];
  if (line.delay.count() > 0) {
    const bool late = std::chrono::steady_clock::now() + line.delay > deadline;
    if (late) co_return base::Error{base::Code::timeout, "the answer took too long", {}};
    if (!co_await loop.sleep(line.delay)) {
      co_return base::Error{base::Code::cancelled, "the gateway is stopping", {}};
    }
  }
  if (!line.error.empty()) co_return base::Error{base::Code::refused, line.error, {}};
  co_return line.answer;
}

}  // namespace runtime
