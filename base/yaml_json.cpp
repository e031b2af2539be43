#include "base/yaml_json.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace base {
namespace {

constexpr std::string_view digits = "0123456789";

bool is_boolean_elsewhere(const std::string& text) {
  return text == "True" || text == "TRUE" || text == "False" || text == "FALSE";
}

// Numbers of YAML's core schema that JSON writes otherwise: signs, bare points, other bases,
// leading zeros, infinities.
bool is_number_elsewhere(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) return true;
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  for (const std::string_view word : {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"}) {
    if (text == word) return true;
  }
  const std::size_t mantissa = std::min(text.find_first_of("eE"), text.size());
  const std::string_view number = text.substr(0, mantissa);
  if (number.find_first_of(digits) == std::string_view::npos) return false;
  if (number.find_first_not_of("0123456789.") != std::string_view::npos) return false;
  if (std::count(number.begin(), number.end(), '.') > 1) return false;
  std::string_view exponent = text.substr(mantissa);
  if (exponent.empty()) return true;
  exponent.remove_prefix(1);
  if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
  return !exponent.empty() && exponent.find_first_not_of(digits) == std::string_view::npos;
}

Json scalar_json(const YamlNode& node) {
  const std::string text = node.text();
  if (node.is_quoted()) return text;
  if (text == "true") return true;
  if (text == "false") return false;
  if (is_boolean_elsewhere(text)) {
    node.fail("write true or false in small letters, or quote the text '" + text + "'");
  }
  if (!is_number_elsewhere(text)) return text;
  const auto number = parse_json(text);
  if (!number) node.fail("write this number as JSON does, or quote the text '" + text + "'");
  if (number->inexact) node.fail("the number " + text + " has more digits than can be kept");
  return number->value;
}

}  // namespace

Json to_json(const YamlNode& node) {
  if (node.is_null()) return nullptr;
  if (node.is_scalar()) return scalar_json(node);
  if (node.is_list()) {
    Json list = Json::array();
    for (const YamlNode& item : node.items()) list.push_back(to_json(item));
    return list;
  }
  Json map = Json::object();
  for (const auto& [key, value] : node.entries()) map[key.text()] = to_json(value);
  return map;
}

}  // namespace base
