#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tools::schema {

/// A resolved URI reference: the document it names and the fragment within, still percent-encoded.
struct Target {
  std::string document;
  std::string fragment;
};

/// Resolves `reference` against `base` (RFC 3986 §5.2). `base` may be empty: a document without a
/// name.
Target resolve_uri(std::string_view base, std::string_view reference);

/// Undoes percent-encoding; nothing when it is malformed.
std::optional<std::string> decode_percent(std::string_view text);

}  // namespace tools::schema
