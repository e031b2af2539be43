#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

/// Character classes of RFC 5234 appendix B.1, free of locales, and a cursor for formats that are
/// read once from left to right.
namespace tools::schema::ascii {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
constexpr bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

template <class Is>
bool all(std::string_view text, Is is) {
  return std::all_of(text.begin(), text.end(), is);
}

/// What is left of a text.
struct Cursor {
  std::string_view rest;

  bool done() const { return rest.empty(); }
  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view set) {
    if (rest.empty() || !is_one_of(rest.front(), set)) return false;
    rest.remove_prefix(1);
    return true;
  }
  /// As many as there are.
  template <class Is>
  std::string_view take_while(Is is) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is);
    const auto taken = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(taken.size());
    return taken;
  }
  /// A number of exactly so many digits; -1 when they are not there.
  int digits(std::size_t count) {
    if (rest.size() < count || !all(rest.substr(0, count), is_digit)) return -1;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + (rest[i] - '0');
    rest.remove_prefix(count);
    return value;
  }
};

}  // namespace tools::schema::ascii
