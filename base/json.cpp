#include "base/json.h"

#include "base/json_reader.h"

namespace base {

Result<ParsedJson> parse_json(std::string_view text, const JsonLimits& limits,
                              std::initializer_list<std::string_view> sent_on) {
  // A strict text has no byte order mark (RFC 8259 §8.1).
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Error{Code::invalid, "The JSON starts with a byte order mark.", {}};
  }
  JsonBuilder builder(limits, sent_on);
  if (!JsonReader(text, builder).read()) {
    return builder.error().value_or(Error{Code::invalid, "The text is not valid JSON.", {}});
  }
  return builder.take();
}

const Json* find_member(const Json& value, std::string_view key) {
  const auto* object = value.get_ptr<const Json::object_t*>();
  if (object == nullptr) return nullptr;
  for (const auto& [name, member] : *object) {
    if (name == key) return &member;
  }
  return nullptr;
}

const std::string* find_string(const Json& value, std::string_view key) {
  const Json* member = find_member(value, key);
  return member == nullptr ? nullptr : member->get_ptr<const std::string*>();
}

void append_pointer(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

}  // namespace base
