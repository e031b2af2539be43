#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gateway {

/// What a request asks for, as cpp-httplib parsed it.
struct HttpTarget {
  std::string method;
  std::string path;  ///< percent-decoded, without the query
  std::map<std::string, std::string> query = {};  ///< percent-decoded; of equal names the first

  /// The value of this name in the query, or "".
  std::string parameter(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
};

/// Parses a complete head that the request reader accepted. cpp-httplib stands behind this one
/// function; fields are not taken from it, because it percent-decodes their values (cpp.md §3.2).
/// Code::invalid when it cannot parse the request line. Thread-safe.
base::Result<HttpTarget> parse_target(std::string_view head);

}  // namespace gateway
