#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <vector>

#include "tools/schema/schema.h"

namespace tools::schema {

/// Compares the branches of `anyOf` or `oneOf` that all failed, one after the other, and keeps the
/// one that was most likely meant.
class Closest {
 public:
  /// `instance` is where the branches apply. When it `keeps_all`, the violations of all branches
  /// are told.
  Closest(std::string instance, bool keeps_all)
      : instance_(std::move(instance)), keeps_all_(keeps_all) {}

  void add(std::vector<Violation> violations);

  /// What to report for `keyword`: one line about the choice, then the closest branch's violations,
  /// if they say more than the line.
  std::vector<Violation> explain(const std::string& keyword, const std::string& found) &&;

 private:
  // Lower is closer.
  struct Distance {
    int mismatch;  // of another type, or of another kind by a `const` that tells kinds apart
    std::size_t count;
    std::size_t shallow;
    auto operator<=>(const Distance&) const = default;
  };
  Distance distance(const std::vector<Violation>& violations) const;

  std::string instance_;
  bool keeps_all_;
  std::size_t branches_ = 0;
  std::vector<Violation> best_;
  std::size_t best_branch_ = 0;
  Distance best_distance_{};
  bool alike_ = true;     // every branch has one violation, of the instance itself
  std::string expected_;  // what those expected
};

}  // namespace tools::schema
