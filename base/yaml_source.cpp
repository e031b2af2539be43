#include "base/yaml_source.h"

#include "base/utf8.h"
#include "base/yaml_parser.h"

namespace base {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool is_refused_control(std::string_view text, std::size_t at) {
  const unsigned char byte = byte_at(text, at);
  if (byte == '\r') return byte_at(text, at + 1) != '\n';
  return (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7f;
}

}  // namespace

void check_yaml_source(std::string_view text, const std::string& file) {
  if (text.size() > max_yaml_bytes) {
    fail_at(file, 1, 1, "the file is larger than " + std::to_string(max_yaml_bytes) + " bytes");
  }
  int line = 1;
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const int column = static_cast<int>(at - line_start) + 1;
    const bool ascii = byte_at(text, at) < 0x80;
    const std::size_t length = ascii ? 1 : utf8_length(text.substr(at));
    if (length == 0) fail_at(file, line, column, "the text is not UTF-8");
    if (is_refused_control(text, at)) fail_at(file, line, column, "found a control character");
    if (text[at] == '%' && column == 1) {
      fail_at(file, line, column, "YAML directives (%) are not accepted");
    }
    at += length;
    if (text[at - 1] == '\n') {
      ++line;
      line_start = at;
    }
  }
}

bool is_closed_scalar(std::string_view text, std::size_t start) {
  const char quote = text[start];
  if (quote != '"' && quote != '\'') return true;
  for (std::size_t at = start + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || byte_at(text, at + 1) != '\'') return true;
      ++at;
    }
  }
  return false;
}

}  // namespace base
