#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/plain_run.h"

namespace base {

/// The name of a member, as it stands in the source. That it needs no escaping is checked when it
/// is compiled, and what is written of it is put together then.
class JsonName {
 public:
  template <std::size_t size>
  consteval JsonName(const char (&literal)[size]) : size_(size + 3) {  // NOLINT: stands for it
    static_assert(size <= longest, "a name this long is written with a function for any name");
    std::size_t at = 0;
    for (const char c : std::string_view(",\"")) text_[at++] = c;
    for (const char c : std::string_view(literal, size - 1)) {
      if (!is_plain(c)) throw "a name that needs escaping";
      text_[at++] = c;
    }
    for (const char c : std::string_view("\":")) text_[at++] = c;
  }

  /// `,"name":`, of the first member without the comma.
  std::string_view text(bool first) const {
    return std::string_view(text_.data(), size_).substr(first ? 1 : 0);
  }

 private:
  static constexpr std::size_t longest = 28;
  std::array<char, longest + 4> text_{};
  std::uint8_t size_;
};

/// Writes one JSON object straight to text, member by member, where a tree of values would be built
/// only to be printed. The object ends with end().
class JsonObjectText {
 public:
  /// Appends to `out`, which outlives this.
  explicit JsonObjectText(std::string& out) : out_(out) { out_ += '{'; }

  JsonObjectText& add(const JsonName& name, std::string_view value);
  JsonObjectText& add(const JsonName& name, std::int64_t value);
  JsonObjectText& add_bool(const JsonName& name, bool value);
  /// `json` is the text of a JSON value.
  JsonObjectText& add_text(const JsonName& name, std::string_view json);
  /// Begins a member whose value the caller appends to the same text.
  void begin(const JsonName& name);
  /// The same of a name that does not stand in the source.
  void begin_any(std::string_view name);
  JsonObjectText& add_any(std::string_view name, std::string_view value);
  JsonObjectText& add_any(std::string_view name, std::int64_t value);
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace base
