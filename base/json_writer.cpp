#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_text.h"
#include "base/plain_run.h"
#include "base/utf8.h"

// Written here because nlohmann's serializer does not keep every number: its Grisu2 digits are not
// always the shortest, so that 74612.1178 would leave as 74612.11780000001. It also recurses, and
// throws by default.
namespace base {
namespace {

void write_escaped(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 0xF];
  }
}

template <class Number, class... Format>
void write_number(std::string& out, Number value, Format... format) {
  std::array<char, 40> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format...).ptr;
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

void write_double(std::string& out, double value) {
  if (!std::isfinite(value)) {  // JSON has no such numbers
    out += "null";
    return;
  }
  // Within these bounds the plain form has no more digits than the shortest form; integers above
  // are not all doubles.
  constexpr double smallest = 1e-6;
  constexpr double largest = 9007199254740992.0;  // 2^53
  const double size = std::fabs(value);
  if (value != 0 && (size < smallest || size >= largest)) {
    write_number(out, value, std::chars_format::scientific);
    return;
  }
  write_number(out, value, std::chars_format::fixed);
  if (value == std::trunc(value)) out += ".0";  // stays a float for whoever tells them apart
}

// Most strings are short and plain: those are put between their quotes first and appended once.
bool append_short(std::string& out, std::string_view text) {
  std::array<char, 64> quoted;
  if (text.size() > quoted.size() - 2 || plain_run(text) != text.size()) return false;
  quoted[0] = '"';
  text.copy(quoted.data() + 1, text.size());
  quoted[text.size() + 1] = '"';
  out.append(quoted.data(), text.size() + 2);
  return true;
}

// A container that is being written, with the place of the next child.
struct OpenContainer {
  const Json* container;
  std::size_t next = 0;
};

void write_leaf(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case Json::value_t::number_integer:
      write_number(out, value.get<std::int64_t>());
      return;
    case Json::value_t::number_unsigned:
      write_number(out, value.get<std::uint64_t>());
      return;
    case Json::value_t::number_float:
      write_double(out, value.get<double>());
      return;
    case Json::value_t::string:
      append_json_string(out, value.get_ref<const std::string&>());
      return;
    default:
      out += "null";
  }
}

// Writes what stands before the next child and returns that child; nullptr when the container is
// finished.
const Json* next_child(std::string& out, OpenContainer& frame) {
  const bool is_array = frame.container->is_array();
  const bool is_first = frame.next == 0;
  if (frame.next == frame.container->size()) {
    if (is_first) out += is_array ? '[' : '{';
    out += is_array ? ']' : '}';
    return nullptr;
  }
  out += is_first ? (is_array ? '[' : '{') : ',';
  const std::size_t index = frame.next++;
  if (is_array) return &frame.container->get_ref<const Json::array_t&>()[index];
  const auto& member =
      frame.container->get_ref<const Json::object_t&>().begin()[static_cast<std::ptrdiff_t>(index)];
  append_json_string(out, member.first);
  out += ':';
  return &member.second;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (append_short(out, text)) return;
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_run(text);
    out.append(text, 0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD
    } else if (length == 1) {
      write_escaped(out, text.front());
    } else {
      out.append(text, 0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

std::string dump_json(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

void append_json(std::string& out, const Json& value) {
  if (!value.is_structured()) {
    write_leaf(out, value);
    return;
  }
  std::vector<OpenContainer> open{{&value}};
  while (!open.empty()) {
    const Json* child = next_child(out, open.back());
    if (child == nullptr) {
      open.pop_back();
    } else if (child->is_structured()) {
      open.push_back({child});
    } else {
      write_leaf(out, *child);
    }
  }
}

void JsonObjectText::begin(const JsonName& name) {
  out_ += name.text(first_);
  first_ = false;
}

void JsonObjectText::begin_any(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  append_json_string(out_, name);
  out_ += ':';
}

JsonObjectText& JsonObjectText::add(const JsonName& name, std::string_view value) {
  begin(name);
  append_json_string(out_, value);
  return *this;
}

JsonObjectText& JsonObjectText::add(const JsonName& name, std::int64_t value) {
  begin(name);
  write_number(out_, value);
  return *this;
}

JsonObjectText& JsonObjectText::add_bool(const JsonName& name, bool value) {
  return add_text(name, value ? "true" : "false");
}

JsonObjectText& JsonObjectText::add_text(const JsonName& name, std::string_view json) {
  begin(name);
  out_ += json;
  return *this;
}

JsonObjectText& JsonObjectText::add_any(std::string_view name, std::string_view value) {
  begin_any(name);
  append_json_string(out_, value);
  return *this;
}

JsonObjectText& JsonObjectText::add_any(std::string_view name, std::int64_t value) {
  begin_any(name);
  write_number(out_, value);
  return *this;
}

}  // namespace base
