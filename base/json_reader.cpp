#include "base/json_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/number_text.h"
#include "base/plain_run.h"
#include "base/utf8.h"

namespace base {
namespace {

bool decimal_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, unsigned point) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xE0 | point >> 12);
    } else {
      put(0xF0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3F));
    }
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

}  // namespace

bool JsonReader::malformed() { return builder_.malformed(at_ + 1); }

bool JsonReader::take(char c) {
  if (peek() != c || at_ == text_.size()) return false;
  ++at_;
  return true;
}

void JsonReader::skip_blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
    ++at_;
  }
}

bool JsonReader::read() {
  skip_blanks();
  if (!read_value()) return false;
  while (!closers_.empty()) {
    if (!read_after_value()) return false;
  }
  skip_blanks();
  return at_ == text_.size() || malformed();
}

// A leaf, or the beginning of a container up to its first value; an empty one is read whole.
bool JsonReader::read_value() {
  while (true) {
    switch (peek()) {
      case '{':
        ++at_;
        if (!builder_.start_object()) return false;
        skip_blanks();
        if (take('}')) return builder_.end_object();
        closers_.push_back('}');
        if (!read_name()) return false;
        continue;
      case '[':
        ++at_;
        if (!builder_.start_array()) return false;
        skip_blanks();
        if (take(']')) return builder_.end_array();
        closers_.push_back(']');
        continue;
      case '"':
        return read_string() && builder_.string(string_);
      case 't':
        return read_word("true") && builder_.boolean(true);
      case 'f':
        return read_word("false") && builder_.boolean(false);
      case 'n':
        return read_word("null") && builder_.null();
      default:
        return read_number();
    }
  }
}

// What follows a value inside a container: its end, or a comma and the next value.
bool JsonReader::read_after_value() {
  skip_blanks();
  const bool in_object = closers_.back() == '}';
  if (take(closers_.back())) {
    closers_.pop_back();
    return in_object ? builder_.end_object() : builder_.end_array();
  }
  if (!take(',')) return malformed();
  skip_blanks();
  if (in_object && !read_name()) return false;
  return read_value();
}

bool JsonReader::read_name() {
  if (peek() != '"') return malformed();
  if (!read_string() || !builder_.key(string_)) return false;
  skip_blanks();
  if (!take(':')) return malformed();
  skip_blanks();
  return true;
}

bool JsonReader::read_word(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) return malformed();
  at_ += word.size();
  return true;
}

// Leaves the content in string_. It is copied only when it has escapes.
bool JsonReader::read_string() {
  std::size_t begin = ++at_;
  bool copied = false;
  while (true) {
    at_ += plain_run(text_.substr(at_));
    if (at_ == text_.size()) return malformed();
    const char c = text_[at_];
    if (c == '"') break;
    if (c == '\\') {
      if (!copied) unescaped_.clear();
      copied = true;
      unescaped_.append(text_, begin, at_ - begin);
      if (!read_escape()) return false;
      begin = at_;
      continue;
    }
    const std::size_t length = utf8_length(text_.substr(at_));
    if (length < 2) return malformed();  // a control character, or no UTF-8
    at_ += length;
  }
  string_ = text_.substr(begin, at_ - begin);
  if (copied) string_ = unescaped_.append(string_);
  ++at_;
  return true;
}

bool JsonReader::read_escape() {
  ++at_;
  constexpr std::string_view names = "\"\\/bfnrt";
  constexpr std::string_view values = "\"\\/\b\f\n\r\t";
  const char c = peek();
  if (c == 'u') {
    ++at_;
    return read_unicode();
  }
  const std::size_t found = names.find(c);
  if (found == std::string_view::npos) return malformed();
  unescaped_.push_back(values[found]);
  ++at_;
  return true;
}

// Half of a surrogate pair alone is no character (RFC 8259 §8.2): refused, because receivers
// differ.
bool JsonReader::read_unicode() {
  unsigned unit = 0;
  if (!read_four_digits(unit)) return false;
  if (unit >= 0xD800 && unit < 0xDC00) {
    unsigned low = 0;
    if (!take('\\') || !take('u')) return malformed();
    if (!read_four_digits(low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return malformed();
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  } else if (unit >= 0xDC00 && unit <= 0xDFFF) {
    return malformed();
  }
  append_utf8(unescaped_, unit);
  return true;
}

bool JsonReader::read_four_digits(unsigned& unit) {
  const char* const begin = text_.data() + at_;
  const std::size_t length = std::min<std::size_t>(4, text_.size() - at_);
  const auto [end, error] = std::from_chars(begin, begin + length, unit, 16);
  if (error != std::errc{} || end != begin + 4) return malformed();
  at_ += 4;
  return true;
}

bool JsonReader::read_digits() {
  if (!decimal_digit(peek())) return malformed();
  while (decimal_digit(peek())) ++at_;
  return true;
}

bool JsonReader::read_number() {
  const std::size_t begin = at_;
  take('-');
  if (!take('0') && !read_digits()) return false;
  bool is_integer = true;
  if (take('.')) {
    is_integer = false;
    if (!read_digits()) return false;
  }
  if (take('e') || take('E')) {
    is_integer = false;
    if (!take('+')) take('-');
    if (!read_digits()) return false;
  }
  const std::string_view number = text_.substr(begin, at_ - begin);
  return is_integer ? tell_integer(number) : tell_float(number);
}

bool JsonReader::tell_integer(std::string_view number) {
  const char* const end = number.data() + number.size();
  if (number.front() == '-') {
    std::int64_t value = 0;
    const auto read = std::from_chars(number.data(), end, value);
    if (read.ec == std::errc{}) return builder_.number_integer(value, number);
  } else {
    std::uint64_t value = 0;
    const auto read = std::from_chars(number.data(), end, value);
    if (read.ec == std::errc{}) return builder_.number_unsigned(value, number);
  }
  return tell_float(number);
}

bool JsonReader::tell_float(std::string_view number) {
  double value = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
  // Too large, or too near to zero: from_chars does not say which.
  if (read.ec == std::errc::result_out_of_range) {
    value = std::strtod(std::string(number).c_str(), nullptr);
    if (!std::isfinite(value)) return builder_.too_large(at_);
  }
  return builder_.number_float(value, number);
}

}  // namespace base
