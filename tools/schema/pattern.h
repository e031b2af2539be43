#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"

namespace tools::schema {

/// A compiled `pattern`. Matching takes time linear in the text. Cheap to copy; thread-safe.
class Pattern {
 public:
  /// Whether the pattern matches anywhere in `text`.
  bool matches(std::string_view text) const;

  /// Steps that matching a text of so many bytes is charged.
  std::size_t steps(std::size_t bytes) const;

  /// As the schema has it.
  const std::string& source() const;

  struct Automaton;

 private:
  friend class Patterns;
  explicit Pattern(std::shared_ptr<const Automaton> automaton) : automaton_(std::move(automaton)) {}
  std::shared_ptr<const Automaton> automaton_;
};

/// Compiles the patterns of one schema; equal ones share an automaton. What they may hold in memory
/// together is bounded.
class Patterns {
 public:
  explicit Patterns(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Code::invalid for what RE2 cannot express exactly, Code::limit beyond the bounds. The message
  /// is a sentence's end: "uses look-ahead, …".
  base::Result<Pattern> compile(const std::string& ecma);

 private:
  std::size_t max_bytes_;
  std::size_t instructions_ = 0;
  std::unordered_map<std::string, Pattern> compiled_;
};

}  // namespace tools::schema
