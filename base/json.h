#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/bound.h"
#include "base/result.h"

namespace base {

/// Members keep the order in which they were written: tool definitions reach clients as vendors wrote them.
using Json = nlohmann::ordered_json;

/// Bounds of one parse (security-reliability.md §1). Lengths are in bytes.
struct JsonLimits {
  Bound<std::size_t> depth = 64;
  Bound<std::size_t> values = 100'000;
  Bound<std::size_t> string = 1 << 20;
  Bound<std::size_t> key = 256;
  Bound<std::size_t> number = 64;
};

/// A parsed document. `inexact` is the JSON Pointer of a number that a 64-bit integer or a double
/// does not hold exactly as written; such a number must not be sent on (design §1).
struct ParsedJson {
  Json value;
  std::optional<std::string> inexact;
};

/// Parses one strict JSON document: UTF-8, no duplicate keys, within `limits`. Errors: Code::invalid for
/// what is not JSON or has a duplicate key, Code::limit for what breaks a bound. `sent_on` names the
/// members on the way to what will be sent on, if that is a part: of several inexact numbers the first
/// inside it is told, or else the first of all. Thread-safe.
Result<ParsedJson> parse_json(std::string_view text, const JsonLimits& limits = {},
                              std::initializer_list<std::string_view> sent_on = {});

/// Serialises compactly. Never throws: bytes that are not UTF-8 become U+FFFD.
std::string dump_json(const Json& value);

/// The same, appended to `out`.
void append_json(std::string& out, const Json& value);

/// Appends `text` as a JSON string, in the same way.
void append_json_string(std::string& out, std::string_view text);

/// The member `key` of an object, or nullptr when there is none or `value` is no object.
const Json* find_member(const Json& value, std::string_view key);

/// The string member `key`, or nullptr when it is absent or no string.
const std::string* find_string(const Json& value, std::string_view key);

/// Appends `token` to a JSON Pointer, escaped (RFC 6901 §3).
void append_pointer(std::string& pointer, std::string_view token);

}  // namespace base
