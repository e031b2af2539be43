#include "base/yaml_writer.h"

#include <algorithm>
#include <string_view>

namespace base {
namespace {

constexpr std::size_t longest_line = 100;
constexpr std::size_t open_levels = 2;  // maps this near to the root are never put on one line
constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view inner =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./*-";

// Words that some reader takes for something else.
bool is_word_of_yaml(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::string_view words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

std::string scalar_text(const std::string& text) {
  const bool plain = !text.empty() && letters.find(text.front()) != std::string_view::npos &&
                     text.find_first_not_of(inner) == std::string::npos && !is_word_of_yaml(text);
  if (plain) return text;
  std::string quoted;
  append_json_string(quoted, text);
  // JSON lets this one control character stand as it is; YAML does not.
  for (std::size_t at = quoted.find('\x7f'); at != std::string::npos; at = quoted.find('\x7f')) {
    quoted.replace(at, 1, "\\u007f");
  }
  return quoted;
}

std::string flow_text(const Json& value) {
  if (value.is_string()) return scalar_text(value.get_ref<const std::string&>());
  if (!value.is_structured()) return dump_json(value);
  std::string text = value.is_object() ? "{" : "[";
  for (const auto& [key, member] : value.items()) {
    if (text.size() > 1) text += ", ";
    if (value.is_object()) text += scalar_text(key) + ": ";
    text += flow_text(member);
  }
  return text + (value.is_object() ? "}" : "]");
}

void write_block(std::string& out, const Json& value, std::size_t level, std::size_t indent);

// What stands behind a key: on its line when it fits there, else in the lines below.
void write_member(std::string& out, const Json& value, std::size_t level, std::size_t column,
                  std::size_t indent) {
  const bool open = level < open_levels && value.is_object();
  const std::string line = flow_text(value);
  const bool fits = column + 1 + line.size() <= longest_line && !open;
  if (!value.is_structured() || value.empty() || fits) {
    out.append(" ").append(line).append("\n");
    return;
  }
  out.push_back('\n');
  write_block(out, value, level, indent);
}

void write_item(std::string& out, const Json& value, std::size_t level, std::size_t indent) {
  const std::string line = flow_text(value);
  out.append(indent, ' ').append("-");
  if (!value.is_structured() || value.empty() || indent + 2 + line.size() <= longest_line) {
    out.append(" ").append(line).append("\n");
    return;
  }
  // The first line of what stands below moves up behind the dash.
  std::string below;
  write_block(below, value, level, indent + 2);
  out.append(" ").append(below, indent + 2);
}

void write_block(std::string& out, const Json& value, std::size_t level, std::size_t indent) {
  for (const auto& [key, member] : value.items()) {
    if (!value.is_object()) {
      write_item(out, member, level + 1, indent);
      continue;
    }
    const std::string name = scalar_text(key);
    out.append(indent, ' ').append(name).append(":");
    write_member(out, member, level + 1, indent + name.size() + 1, indent + 2);
  }
}

}  // namespace

std::string to_yaml(const Json& value) {
  if (!value.is_structured() || value.empty()) return flow_text(value) + "\n";
  std::string out;
  write_block(out, value, 0, 0);
  return out;
}

}  // namespace base
