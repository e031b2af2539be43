#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json_builder.h"

namespace base {

/// Reads one strict JSON text (RFC 8259) and tells a JsonBuilder what it finds. Written here because
/// nlohmann's lexer, which takes and copies every character by itself, took a fifth of the
/// instructions of a whole call. It does not recurse. Only parse_json uses it.
class JsonReader final {
 public:
  JsonReader(std::string_view text, JsonBuilder& builder) : text_(text), builder_(builder) {}

  /// Whether all of the text is one value that the builder took; otherwise the builder's error says
  /// why not.
  bool read();

 private:
  bool read_value();
  bool read_after_value();
  bool read_name();
  bool read_string();
  bool read_escape();
  bool read_unicode();
  bool read_four_digits(unsigned& unit);
  bool read_number();
  bool read_word(std::string_view word);
  bool read_digits();
  bool tell_integer(std::string_view number);
  bool tell_float(std::string_view number);

  bool malformed();
  void skip_blanks();
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c);

  std::string_view text_;
  JsonBuilder& builder_;
  std::size_t at_ = 0;
  std::string_view string_;  ///< what read_string() read: of the text, or of unescaped_
  std::string unescaped_;
  std::string closers_;      ///< the ends of the open containers, outermost first
};

}  // namespace base
