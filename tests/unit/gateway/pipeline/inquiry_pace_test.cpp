#include "gateway/pipeline/inquiry_pace.h"

#include <catch2/catch.hpp>

#include "policies/policy.h"
#include "policies/policy_files.h"

namespace inquiry_pace_test {

using gateway::pipeline::InquiryPace;
using policies::CarriedOut;
using namespace std::chrono_literals;

namespace {

const base::SteadyTime lost{std::chrono::hours(5)};

const policies::Policy policy(policies::parse_policy(
    "tools: {a/b: {effect: reconcilable, verify: {tool: a/c, arguments: {x: /x}, done: {required: "
    "[x]}, settle: 8s, within: 40s}}}\n",
    "p.yaml"));

InquiryPace pace() { return {*policy.verification_of("a", "b"), lost}; }

}  // namespace

TEST_CASE("that a call was not carried out is believed once its server had time enough",
          "[verify]") {
  CHECK(pace().believed(CarriedOut::no, lost) == CarriedOut::inconclusive);
  CHECK(pace().believed(CarriedOut::no, lost + 7999ms) == CarriedOut::inconclusive);
  CHECK(pace().believed(CarriedOut::no, lost + 8s) == CarriedOut::no);
}

TEST_CASE("that a call was carried out is believed at once", "[verify]") {
  CHECK(pace().believed(CarriedOut::yes, lost) == CarriedOut::yes);
  CHECK(pace().believed(CarriedOut::inconclusive, lost + 30s) == CarriedOut::inconclusive);
}

TEST_CASE("pauses between questions grow, and one question comes as soon as it is believed",
          "[verify]") {
  InquiryPace asked = pace();
  CHECK(asked.next_pause(lost) == 2s);
  CHECK(asked.next_pause(lost + 2s) == 4s);
  CHECK(asked.next_pause(lost + 6s) == 2s);
  CHECK(asked.next_pause(lost + 8s) == 10s);
  CHECK(asked.next_pause(lost + 18s) == 10s);
}

TEST_CASE("no question is put when the time is over", "[verify]") {
  InquiryPace asked = pace();
  CHECK(asked.end() == lost + 40s);
  CHECK(asked.next_pause(lost + 37999ms) == 2s);
  CHECK(pace().next_pause(lost + 38s) == std::nullopt);
  CHECK(pace().next_pause(lost + 41s) == std::nullopt);
}

}  // namespace inquiry_pace_test
