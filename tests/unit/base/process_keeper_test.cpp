#include "base/process_keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <iterator>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace process_keeper_test {

using base::Child;
using base::ChildCommand;
using base::Result;

namespace {

// A running loop with a keeper; the keeper ends after the loop, as it must.
class Keeping {
 public:
  Keeping() : keeper(std::make_unique<base::ProcessKeeper>(loops.at(0))) { loops.start(); }
  ~Keeping() { loops.stop(); }

  Result<Child> start(ChildCommand command) { return run(keeper->start(std::move(command), {})); }

  /// The exit status of a child, once it has ended.
  std::optional<int> status_of(ChildCommand command) {
    auto exit = std::make_shared<std::promise<std::optional<int>>>();
    auto told = exit->get_future();
    auto child = run(keeper->start(std::move(command),
                                   [exit](std::optional<int> status) { exit->set_value(status); }));
    REQUIRE(child);
    return told.get();
  }

 private:
  template <class T>
  T run(base::Task<T> task) {
    std::promise<T> result;
    const auto keep = [](base::Task<T> running, std::promise<T>& kept) -> base::Task<void> {
      kept.set_value(co_await std::move(running));
    };
    loops.at(0).spawn(keep(std::move(task), result));
    return result.get_future().get();
  }

  base::EventLoops loops{1};
  std::unique_ptr<base::ProcessKeeper> keeper;
};

std::string all_of(const base::FileDescriptor& pipe) {
  std::string text;
  char piece[4096];
  for (ssize_t count = 0; (count = ::read(pipe.get(), piece, sizeof piece)) > 0;) {
    text.append(piece, static_cast<std::size_t>(count));
  }
  return text;
}

std::size_t open_descriptors() {
  namespace fs = std::filesystem;
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

ChildCommand shell(const std::string& script) { return {{"/bin/sh", "-c", script}, {}, "/"}; }

}  // namespace

TEST_CASE("a child has the arguments, environment and directory that it was given", "[keeper][slow]") {
  Keeping keeping;
  auto child = keeping.start(
      {{"/bin/sh", "-c", "pwd; echo \"$0|$A|${HOME-none}\"", "a b;c"}, {"A=1"}, "/tmp"});
  REQUIRE(child);
  CHECK(all_of(child->output) == "/tmp\na b;c|1|none\n");
}

TEST_CASE("a child has three descriptors, default signals and a group of its own", "[keeper][slow]") {
  Keeping keeping;
  // Descriptors are counted without a program that would open one to look.
  auto child = keeping.start(shell(
      "for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do [ -e /proc/$$/fd/$n ] && echo -n $n,; "
      "done; echo;"
      "read p c s pp g rest < /proc/$$/stat; [ $g = $$ ] && echo own;"
      "while read a b; do case $a in SigBlk:|SigIgn:) echo $b;; esac; done < /proc/$$/status"));
  REQUIRE(child);
  std::istringstream seen(all_of(child->output));
  std::string descriptors, group, blocked, ignored;
  seen >> descriptors >> group >> blocked >> ignored;
  CHECK(descriptors == "0,1,2,");
  CHECK(group == "own");
  CHECK(std::stoull(blocked, nullptr, 16) == 0);
  // 32 and 33 are the C library's own; it leaves them ignored in what it spawns.
  CHECK((std::stoull(ignored, nullptr, 16) & 0x7fffffff) == 0);
}

TEST_CASE("the standard streams are the child's", "[keeper][slow]") {
  Keeping keeping;
  auto child = keeping.start(shell("read line; echo \"got $line\"; echo oops >&2"));
  REQUIRE(child);
  REQUIRE(::write(child->input.get(), "hello\n", 6) == 6);
  CHECK(all_of(child->output) == "got hello\n");
  CHECK(all_of(child->errors) == "oops\n");
}

TEST_CASE("how a child ended is told", "[keeper][slow]") {
  Keeping keeping;
  CHECK(base::describe_exit(*keeping.status_of(shell("exit 3"))) == "exit status 3");
  CHECK(base::describe_exit(*keeping.status_of(shell("kill -9 $$"))) == "signal 9 (Killed)");
}

TEST_CASE("a program is looked up in the child's own PATH, and no shell helps", "[keeper][slow]") {
  Keeping keeping;
  auto found = keeping.start({{"sh", "-c", "echo found"}, {"PATH=/nonexistent:/bin"}, "/"});
  REQUIRE(found);
  CHECK(all_of(found->output) == "found\n");
  const auto error_of = [&](ChildCommand command) {
    auto child = keeping.start(std::move(command));
    REQUIRE_FALSE(child);
    return child.error().message;
  };
  CHECK(error_of({{"sh"}, {"PATH=/nonexistent"}, "/"}).find("sh cannot be started: No such file") !=
        std::string::npos);
  CHECK(error_of({{"echo a; echo b"}, {"PATH=/bin"}, "/"}).find("No such file") !=
        std::string::npos);
  CHECK(error_of({{"/etc/passwd"}, {}, "/"}).find("Permission denied") != std::string::npos);
  CHECK(error_of({{"/bin/sh"}, {}, "/nonexistent"}).find("/nonexistent cannot be entered") !=
        std::string::npos);
  CHECK(error_of({{"/bin/sh", std::string(200'000, 'x')}, {}, "/"}).find("longer than") !=
        std::string::npos);
}

TEST_CASE("a child that is dropped ends by itself, or is ended with its group", "[keeper][slow]") {
  Keeping keeping;
  pid_t polite = 0, stubborn = 0;
  {
    auto cat = keeping.start({{"/bin/cat"}, {}, "/"});
    auto deaf = keeping.start(shell("trap '' TERM; (trap '' TERM; sleep 1000) & sleep 1000"));
    REQUIRE(cat);
    REQUIRE(deaf);
    polite = cat->pid();
    stubborn = deaf->pid();
  }
  const auto ends_within = [](pid_t group, std::chrono::seconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (::kill(-group, 0) == 0) {
      if (std::chrono::steady_clock::now() > end) return false;
      ::usleep(5'000);
    }
    return true;
  };
  CHECK(ends_within(polite, std::chrono::seconds(1)));
  CHECK(ends_within(stubborn, std::chrono::seconds(5)));
}

TEST_CASE("2,000 starts and kills leave no process and no descriptor", "[keeper][slow]") {
  const std::size_t before = open_descriptors();
  std::vector<pid_t> pids;
  {
    Keeping keeping;
    for (int i = 0; i < 2'000; ++i) {
      auto child = keeping.start({{"/bin/cat"}, {}, "/"});
      REQUIRE(child);
      pids.push_back(child->pid());
      if (i % 2 == 0) ::kill(child->pid(), SIGKILL);  // the others end because they are dropped
    }
  }
  for (const pid_t pid : pids) CHECK(::kill(pid, 0) != 0);
  CHECK(open_descriptors() == before);
}

TEST_CASE("a start that hangs holds up no other", "[keeper][slow]") {
  // Whoever opens a leased file waits for the lease, as for a mount that does not answer.
  std::signal(SIGIO, SIG_IGN);
  const tests::TempDir dir;
  const std::string program = (dir / "program").string();
  tests::write_file(program, "#!/bin/sh\necho ran\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  base::FileDescriptor leased(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::fcntl(leased.get(), F_SETLEASE, F_WRLCK) == 0);
  Keeping keeping;
  auto hanging = std::async(std::launch::async,
                            [&] { return keeping.start({{program}, {}, "/"}); });
  auto other = keeping.start(shell("echo other"));
  REQUIRE(other);
  CHECK(all_of(other->output) == "other\n");
  CHECK(hanging.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout);
  leased.reset();
  auto child = hanging.get();
  REQUIRE(child);
  CHECK(all_of(child->output) == "ran\n");
}

}  // namespace process_keeper_test
