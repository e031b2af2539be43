#pragma once

#include <map>
#include <string>

namespace runtime {

/// Notices a model that goes in circles: the same call with the same result, again and again. What
/// a call returns counts as well, because asking for something that changes is no circle.
class Repetition {
 public:
  /// So many identical calls with identical results are made.
  static constexpr int most_sent = 2;
  /// After so many more, which are not sent, the run is stuck.
  static constexpr int most_withheld = 3;

  /// Whether the call had the same result every time of late, so that it is not to be sent.
  bool circles(const std::string& call) const {
    const auto found = seen_.find(call);
    return found != seen_.end() && found->second.times >= most_sent;
  }
  void returned(const std::string& call, const std::string& result) {
    Seen& seen = seen_[call];
    seen = seen.result == result ? Seen{result, seen.times + 1, seen.withheld} : Seen{result, 1, 0};
  }
  void withheld(const std::string& call) {
    if (++seen_[call].withheld >= most_withheld) stuck_ = true;
  }
  bool stuck() const { return stuck_; }

 private:
  struct Seen {
    std::string result;
    int times = 0, withheld = 0;
  };
  std::map<std::string, Seen> seen_;
  bool stuck_ = false;
};

}  // namespace runtime
