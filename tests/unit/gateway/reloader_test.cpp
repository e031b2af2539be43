#include "gateway/reloader.h"

#include <atomic>
#include <future>

#include <catch2/catch.hpp>

#include "base/yaml.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace reloader_test {

using namespace gateway;

namespace {

// A file whose text is the configuration's public URL; the text `bad` is a mistake.
struct Fixture {
  tests::TempDir dir;
  base::Log log{base::LogLevel::error};
  std::atomic<int> loads{0}, applied{0};
  std::atomic<bool> needs_restart{false};

  LoadedConfig load() {
    ++loads;
    auto text = base::read_file(dir / "file", 100);
    if (!text || *text == "bad") throw base::ConfigError("file:1:1: it is bad");
    LoadedConfig loaded;
    loaded.config.public_url = *text;
    return loaded;
  }
  std::unique_ptr<Reloader> start() {
    tests::write_file(dir / "file", "first");
    const base::FileTrace trace;
    auto first = std::make_shared<const Config>(load().config);
    auto reloader = std::make_unique<Reloader>(
        [this] { return load(); }, std::move(first), trace.files(),
        [this](const LoadedConfig&) {
          ++applied;
          return needs_restart ? base::Status(base::Error{base::Code::refused, "no", {}})
                               : base::Status();
        },
        log);
    reloader->start();
    return reloader;
  }
};

// Asks and waits for the answer; a change is told in its own time.
ReloadStatus asked(Reloader& reloader) {
  const std::int64_t ticket = reloader.ask();
  while (reloader.status().answered < ticket) std::this_thread::yield();
  return reloader.status();
}

}  // namespace

TEST_CASE("files that are asked for are applied and in force", "[reloader]") {
  Fixture f;
  const auto reloader = f.start();
  tests::write_file(f.dir / "file", "second");
  const ReloadStatus status = asked(*reloader);
  CHECK(status.in_force->public_url == "second");
  CHECK(status.reloads == 1);
  CHECK(status.refused.empty());
  CHECK(f.applied == 1);
}

TEST_CASE("files that change are taken up without being asked for", "[reloader]") {
  Fixture f;
  const auto reloader = f.start();
  tests::write_file(f.dir / "file", "second");
  while (reloader->status().reloads == 0) std::this_thread::yield();
  CHECK(reloader->status().in_force->public_url == "second");
  CHECK(f.loads == 2);
}

TEST_CASE("what cannot be loaded or applied leaves in force what is", "[reloader]") {
  Fixture f;
  const auto reloader = f.start();
  SECTION("a mistake in a file") {
    tests::write_file(f.dir / "file", "bad");
    CHECK(asked(*reloader).refused == "file:1:1: it is bad");
    CHECK(f.applied == 0);
  }
  SECTION("a file that is gone") {
    std::filesystem::remove(f.dir / "file");
    CHECK(asked(*reloader).refused == "file:1:1: it is bad");
  }
  SECTION("what needs a restart") {
    f.needs_restart = true;
    tests::write_file(f.dir / "file", "second");
    CHECK(asked(*reloader).refused == "no");
  }
  const ReloadStatus status = reloader->status();
  CHECK(status.in_force->public_url == "first");
  CHECK(status.reloads == 0);
  CHECK(status.refusals >= 1);
  f.needs_restart = false;
  tests::write_file(f.dir / "file", "mended");
  CHECK(asked(*reloader).refused.empty());
  CHECK(reloader->status().in_force->public_url == "mended");
}

TEST_CASE("a file that hangs does not keep the gateway from stopping", "[reloader][slow]") {
  struct Hang {
    std::promise<void> began, file, ended;
  };
  const auto hang = std::make_shared<Hang>();
  const auto applied = std::make_shared<std::atomic<bool>>(false);
  base::Log log{base::LogLevel::error};
  Reloader reloader(
      [hang]() -> LoadedConfig {
        hang->began.set_value();
        hang->file.get_future().wait();
        hang->ended.set_value();
        return {};
      },
      std::make_shared<const Config>(), {},
      [applied](const LoadedConfig&) {
        *applied = true;
        return base::Status();
      },
      log);
  reloader.start();
  reloader.ask();
  hang->began.get_future().wait();
  reloader.stop();
  hang->file.set_value();
  hang->ended.get_future().wait();
  CHECK_FALSE(*applied);
}

}  // namespace reloader_test
