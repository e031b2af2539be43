#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace base {

/// Builds one document from the events of nlohmann's SAX parser, within bounds; an event that
/// returns false ends the parse, and `error` then says why. Only parse_json uses it. It derives
/// from nothing so that the calls are direct.
class JsonBuilder final {
 public:
  explicit JsonBuilder(const JsonLimits& limits) : limits_(limits) {}

  /// The document, after the parser reported success.
  ParsedJson take() { return std::move(document_); }
  const std::optional<Error>& error() const { return error_; }

  // The events: names and signatures are nlohmann's (json_sax).
  bool null();
  bool boolean(bool value);
  bool number_integer(std::int64_t value);
  bool number_unsigned(std::uint64_t value);
  bool number_float(double value, const std::string& text);
  bool string(std::string& value);
  bool binary(Json::binary_t& value);
  bool start_object(std::size_t count);
  bool key(std::string& name);
  bool end_object();
  bool start_array(std::size_t count);
  bool end_array();
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& problem);

 private:
  bool refuse(Code code, std::string message);
  bool admit_value();
  bool admit_integer(std::size_t length);
  Json& place(Json value);
  bool open(Json container);
  std::string pointer_to_newest() const;

  const JsonLimits& limits_;
  ParsedJson document_;
  // Containers that are not yet closed, outermost first. Each is the last child of the one before
  // it, which takes no other child until it is closed: the addresses stay valid.
  std::vector<Json*> open_;
  std::size_t values_ = 0;
  std::optional<Error> error_;
};

}  // namespace base
