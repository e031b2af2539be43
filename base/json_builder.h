#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace base {

/// Builds one document from what a JsonReader finds, within bounds; an event that returns false
/// ends the parse, and `error` then says why.
class JsonBuilder final {
 public:
  /// As in parse_json(); both outlive it.
  JsonBuilder(const JsonLimits& limits, std::initializer_list<std::string_view> sent_on)
      : limits_(limits), sent_on_(sent_on) {}

  /// The document, after the parser reported success.
  ParsedJson take() { return std::move(document_); }
  const std::optional<Error>& error() const { return error_; }

  // The events. `text` is the number as it was written; positions count from 1.
  bool null();
  bool boolean(bool value);
  bool number_integer(std::int64_t value, std::string_view text);
  bool number_unsigned(std::uint64_t value, std::string_view text);
  bool number_float(double value, std::string_view text);
  bool string(std::string_view value);
  bool start_object();
  bool key(std::string_view name);
  bool end_object();
  bool start_array();
  bool end_array();
  bool malformed(std::size_t position);
  bool too_large(std::size_t position);

 private:
  bool refuse(Code code, std::string message);
  bool admit_value();
  bool admit_number(std::string_view text);
  Json& next_place();
  bool open(Json::value_t container);
  void note_inexact();
  bool is_sent_on() const;
  std::string pointer_to_newest() const;

  const JsonLimits& limits_;
  const std::initializer_list<std::string_view> sent_on_;
  ParsedJson document_;
  // Containers that are not yet closed, outermost first. Each is the last child of the one before
  // it, which takes no other child until it is closed: the addresses stay valid.
  std::vector<Json*> open_;
  std::size_t values_ = 0;
  bool inexact_is_sent_on_ = false;
  std::optional<Error> error_;
};

}  // namespace base
