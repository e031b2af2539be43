#pragma once

#include <string>
#include <utility>

#include "base/json.h"

namespace mcp {

/// The arguments of a call: the value that is checked, and the one text of it that is hashed and
/// sent, so that what leaves is what was checked (design §2.12).
class ToolArguments {
 public:
  /// None: a call without arguments has an empty object (SEP-1303).
  ToolArguments() : ToolArguments(base::Json::object()) {}
  /// `value` is an object.
  explicit ToolArguments(base::Json value)
      : value_(std::move(value)), text_(base::dump_json(value_)) {}

  const base::Json& value() const { return value_; }
  const std::string& text() const { return text_; }

 private:
  base::Json value_;
  std::string text_;
};

}  // namespace mcp
