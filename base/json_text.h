#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace base {

/// Writes one JSON object straight to text, member by member, where a tree of values would be built
/// only to be printed. The object ends with end().
class JsonObjectText {
 public:
  /// Appends to `out`, which outlives this.
  explicit JsonObjectText(std::string& out) : out_(out) { out_ += '{'; }

  JsonObjectText& add(std::string_view name, std::string_view value);
  JsonObjectText& add(std::string_view name, std::int64_t value);
  JsonObjectText& add_bool(std::string_view name, bool value);
  /// `json` is the text of a JSON value.
  JsonObjectText& add_text(std::string_view name, std::string_view json);
  /// Begins a member whose value the caller appends to the same text.
  void begin(std::string_view name);
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace base
