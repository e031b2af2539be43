#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

/// An absolute `http:` or `https:` URL, split. Nothing is decoded.
struct Url {
  std::string host;  ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 80;
  bool secure = false;       ///< https
  std::string target = "/";  ///< path and query

  /// `host:port`, as for a Host header; without the port that its scheme has by default.
  std::string authority() const;
  bool operator==(const Url&) const = default;
};

/// Code::invalid with a sentence for anything but http[s]://HOST[:PORT][/PATH][?QUERY]: user
/// information, fragments, blanks and control characters, other schemes.
Result<Url> parse_url(std::string_view text);

}  // namespace base
