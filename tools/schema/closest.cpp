#include "tools/schema/closest.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "tools/schema/words.h"

namespace tools::schema {

Closest::Distance Closest::distance(const std::vector<Violation>& violations) const {
  Distance result{0, violations.size(), std::numeric_limits<std::size_t>::max()};
  for (const Violation& violation : violations) {
    const auto depth = std::count(
        violation.instance.begin() +
            static_cast<std::ptrdiff_t>(std::min(instance_.size(), violation.instance.size())),
        violation.instance.end(), '/');
    if (violation.keyword == "type" && depth == 0) result.mismatch = 2;
    if (violation.keyword == "const" && depth <= 1) result.mismatch = std::max(result.mismatch, 1);
    result.shallow = std::min(
        result.shallow, std::numeric_limits<std::size_t>::max() - static_cast<std::size_t>(depth));
  }
  return result;
}

void Closest::add(std::vector<Violation> violations) {
  ++branches_;
  alike_ = alike_ && violations.size() == 1 && violations[0].instance == instance_ &&
           (violations[0].keyword == "type" || violations[0].keyword == "const" ||
            violations[0].keyword == "enum");
  if (alike_ && expected_.size() < expected_bytes) {
    if (!expected_.empty()) expected_ += " or ";
    expected_ += violations[0].expected;
  }
  if (keeps_all_) {
    std::move(violations.begin(), violations.end(), std::back_inserter(best_));
    return;
  }
  const Distance its = distance(violations);
  if (branches_ > 1 && its >= best_distance_) return;
  best_distance_ = its;
  best_branch_ = branches_;
  best_ = std::move(violations);
}

std::vector<Violation> Closest::explain(const std::string& keyword, const std::string& found) && {
  if (keeps_all_) {
    best_.insert(best_.begin(), {instance_, keyword,
                                 "one of " + std::to_string(branches_) + " alternatives", found});
    return std::move(best_);
  }
  if (alike_ && branches_ > 0)
    return {{instance_, keyword, shorten(expected_, expected_bytes), found}};
  std::vector<Violation> all;
  all.push_back({instance_, keyword,
                 "one of " + std::to_string(branches_) + " alternatives, the closest is number " +
                     std::to_string(best_branch_),
                 found});
  std::move(best_.begin(), best_.end(), std::back_inserter(all));
  return all;
}

}  // namespace tools::schema
