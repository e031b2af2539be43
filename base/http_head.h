#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace base {

/// One header field; both views point into the head's bytes. The value has no surrounding blanks.
struct HttpField {
  std::string_view name;
  std::string_view value;
};

/// The same letters but for their case, ASCII; both are of one length.
bool same_letters(std::string_view a, std::string_view b);

/// Compares header names: ASCII, case-insensitive (RFC 9110 §5.1).
inline bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && same_letters(a, b);
}

/// Header fields in order, repeated ones kept.
class HttpFields {
 public:
  std::vector<HttpField> all;

  /// The value of the only field of this name; nullopt when there is none or more than one.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

/// Bounds of one head, in bytes.
struct HeadLimits {
  std::size_t start_line;
  std::size_t head;
  std::size_t fields;
  std::size_t field;
};

/// Finds the end of a message head as bytes arrive, so that no byte is looked at twice. Strict:
/// lines end with CRLF, no other CR, LF or NUL stands in the head (RFC 9112 §2.2 allows to refuse
/// these; smuggling lives in them).
class HeadScanner {
 public:
  enum class State { more, done, malformed, too_large };

  explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}

  /// `buffer` holds the message from its first byte; it only grows between calls.
  State scan(std::string_view buffer);
  /// Bytes of the head with its empty line; valid when done.
  std::size_t size() const { return line_start_; }

 private:
  HeadLimits limits_;
  std::size_t line_start_ = 0;
  std::size_t scanned_ = 0;
  std::size_t lines_ = 0;
};

/// Splits a scanned head into its start line and fields. Code::invalid: a name that is no token,
/// blanks before the colon, a folded line, a control character.
struct HttpHead {
  std::string_view start_line;
  HttpFields fields;
};
Result<HttpHead> parse_head(std::string_view head);

/// How the body behind a head is delimited.
struct BodyFraming {
  enum class Kind { none, length, chunked, until_close } kind = Kind::none;
  std::size_t length = 0;
};

/// Of a request (RFC 9112 §6). Code::invalid for whatever two parsers could read differently:
/// Content-Length beside Transfer-Encoding, more than one of either, a length that is not plain
/// digits, a coding other than `chunked`.
Result<BodyFraming> request_framing(const HttpFields& fields);

/// Of a response with this status code to a request that was not HEAD.
Result<BodyFraming> response_framing(const HttpFields& fields, int status);

/// Whether the list-valued field `name` contains `token`, case-insensitively.
bool list_contains(const HttpFields& fields, std::string_view name, std::string_view token);

}  // namespace base
