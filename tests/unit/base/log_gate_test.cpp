#include "base/log_gate.h"

#include <catch2/catch.hpp>

namespace log_gate_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a burst passes, then one per interval, which says how many were held back",
          "[log_gate]") {
  base::LogGate gate(3, seconds(10));
  const base::SteadyTime start = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) CHECK(gate.pass(start) == 0);
  for (int i = 0; i < 7; ++i) CHECK_FALSE(gate.pass(start + seconds(1)));
  CHECK(gate.pass(start + seconds(10)) == 7);
  CHECK_FALSE(gate.pass(start + seconds(10) + milliseconds(1)));
  CHECK(gate.pass(start + seconds(100)) == 1);
}

}  // namespace log_gate_test
