#include "gateway/pipeline/inquiry_pace.h"

#include <algorithm>

namespace gateway::pipeline {
namespace {

using policies::CarriedOut;
using std::chrono::milliseconds;

constexpr milliseconds shortest_pause{1}, longest_pause{10'000};
// Some questions come while the server may still be at work: most answers are lost when the work is
// done, and then the first of them tells.
constexpr int parts_of_settle = 4;

}  // namespace

InquiryPace::InquiryPace(const policies::Verification& how, base::SteadyTime lost)
    : settled_(lost + how.settle),
      end_(lost + how.within),
      pause_(std::clamp(how.settle / parts_of_settle, shortest_pause, longest_pause)) {}

CarriedOut InquiryPace::believed(CarriedOut answer, base::SteadyTime asked) const {
  if (answer == CarriedOut::no && asked < settled_) return CarriedOut::inconclusive;
  return answer;
}

std::optional<milliseconds> InquiryPace::next_pause(base::SteadyTime now) {
  milliseconds pause = pause_;
  pause_ = std::min(2 * pause_, longest_pause);
  // As soon as an answer may be believed it is worth asking.
  if (now < settled_) pause = std::min(pause, std::chrono::ceil<milliseconds>(settled_ - now));
  if (now + pause >= end_) return std::nullopt;
  return pause;
}

}  // namespace gateway::pipeline
