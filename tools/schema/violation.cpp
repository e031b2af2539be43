#include "tools/schema/schema.h"
#include "tools/schema/words.h"

namespace tools::schema {
namespace {

bool continues_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

std::string shorten(std::string_view text, std::size_t bytes) {
  constexpr std::string_view ellipsis = "…";
  if (text.size() <= bytes) return std::string(text);
  std::size_t end = bytes - ellipsis.size();
  while (end > 0 && continues_code_point(text[end])) --end;
  return std::string(text.substr(0, end)).append(ellipsis);
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

std::string in_quotes(std::string_view name) {
  // Cut before it is escaped: a long text is not worth the copy.
  return shorten(base::dump_json(shorten(name, found_bytes - 2)), found_bytes);
}

std::string brief(const base::Json& value) {
  if (value.is_array()) return "an array of " + counted(value.size(), "item");
  if (value.is_object()) {
    const auto members = std::to_string(value.size());
    return "an object with " + members + (value.size() == 1 ? " property" : " properties");
  }
  if (const auto* text = value.get_ptr<const std::string*>()) return in_quotes(*text);
  return shorten(base::dump_json(value), found_bytes);
}

std::string brief_with_type(const base::Json& value) {
  if (value.is_string()) return shorten("string " + brief(value), found_bytes);
  if (value.is_number()) return shorten("number " + brief(value), found_bytes);
  if (value.is_boolean()) return "boolean " + brief(value);
  return brief(value);
}

std::string to_string(const Violation& violation) {
  const std::string where = violation.instance.empty() ? "the whole value" : violation.instance;
  return where + ": expected " + violation.expected + ", found " + violation.found;
}

}  // namespace tools::schema
