#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tools {

/// A URI template (RFC 6570), as far as it says which URIs it may make: each of its expressions
/// stands for any text.
class UriTemplate {
 public:
  explicit UriTemplate(std::string_view text);

  bool matches(std::string_view uri) const;
  /// What every URI of it begins with.
  const std::string& head() const { return parts_.front(); }

 private:
  std::vector<std::string> parts_;  // the text before, between and behind the expressions
};

}  // namespace tools
