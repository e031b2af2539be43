#include "tools/change_listener.h"

#include <catch2/catch.hpp>

#include "tools/refresh_pace.h"

namespace change_listener_test {

using namespace tools;
using base::Code;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const base::SteadyTime start = std::chrono::steady_clock::now();

AfterStream after(Code code, bool goes_on) { return after_stream({code, "", {}}, goes_on); }

}  // namespace

TEST_CASE("a server that has no stream for it is left to polling", "[change_listener]") {
  for (const Code code : {Code::refused, Code::not_found, Code::unauthorized}) {
    CHECK(after(code, false) == AfterStream::give_up);
  }
}

TEST_CASE("a session whose stream was open and is refused later is over", "[change_listener]") {
  CHECK(after(Code::not_found, true) == AfterStream::session_over);
  CHECK(after(Code::refused, true) == AfterStream::session_over);
  CHECK(after(Code::unauthorized, true) == AfterStream::give_up);
}

TEST_CASE("what may pass is tried again", "[change_listener]") {
  for (const Code code : {Code::unavailable, Code::broken, Code::timeout, Code::limit}) {
    CHECK(after(code, false) == AfterStream::again);
    CHECK(after(code, true) == AfterStream::again);
  }
}

TEST_CASE("pauses between streams double from a second to a minute", "[listen_pace]") {
  ListenPace pace;
  for (const int pause : {1, 2, 4, 8, 16, 32, 60, 60}) CHECK(pace.ended(start) == seconds(pause));
}

TEST_CASE("a stream that lasted begins anew, one that was merely opened does not",
          "[listen_pace]") {
  ListenPace pace;
  for (int i = 0; i < 3; ++i) pace.ended(start);
  pace.opened(start);
  CHECK(pace.ended(start + seconds(29)) == seconds(8));
  pace.opened(start);
  CHECK(pace.ended(start + seconds(30)) == seconds(1));
}

TEST_CASE("who did not wait is told what is left of the pause", "[listen_pace]") {
  ListenPace pace;
  CHECK(pace.left(start) == milliseconds(0));
  pace.ended(start);
  CHECK(pace.left(start + milliseconds(400)) == milliseconds(600));
  CHECK(pace.left(start + seconds(5)) == milliseconds(0));
}

TEST_CASE("tools that changed are asked for at once, but not twice within a second",
          "[refresh_pace]") {
  RefreshPace pace;
  CHECK(pace.due(start));
  pace.asked(start, true);
  CHECK_FALSE(pace.due(start + milliseconds(999)));
  CHECK(pace.due(start + seconds(1)));
}

TEST_CASE("a server that says without end that its tools changed, which they have not, is asked "
          "once a minute",
          "[refresh_pace]") {
  RefreshPace pace;
  base::SteadyTime now = start;
  pace.asked(now, true);
  int questions = 0;
  for (; now < start + seconds(600); now += milliseconds(1)) {
    if (!pace.due(now)) continue;
    pace.asked(now, false);
    ++questions;
  }
  CHECK(questions == 14);  // after 1, 3, 7, 15, 31, 63 s, then every minute
  pace.asked(now, true);
  CHECK(pace.due(now + seconds(1)));
}

TEST_CASE("a server that was quiet is believed again", "[refresh_pace]") {
  RefreshPace pace;
  pace.asked(start, true);
  pace.asked(start + seconds(1), false);
  CHECK_FALSE(pace.due(start + seconds(2)));
  pace.asked(start + seconds(6), false);
  CHECK(pace.due(start + seconds(7)));
}

}  // namespace change_listener_test
