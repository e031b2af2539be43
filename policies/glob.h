#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace policies {

/// A pattern in which `*` matches any run of characters, `/` included, and everything else itself.
/// Matching takes time linear in the text: the parts between the stars are found from left to
/// right, never tried again.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  bool matches(std::string_view text) const;

 private:
  bool has_star_;
  std::string prefix_, suffix_;
  std::vector<std::string> parts_;  // between the first and the last star, none empty
};

/// Hashes and finds std::string keys by string_view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

/// Patterns in order. Those without a star cost one look-up, however many there are.
class GlobList {
 public:
  void add(std::string_view pattern);
  /// The index of the first pattern that matches.
  std::optional<std::size_t> first_match(std::string_view text) const;

 private:
  std::size_t size_ = 0;
  TextMap<std::size_t> exact_;
  std::vector<std::pair<std::size_t, Glob>> globs_;
};

}  // namespace policies
