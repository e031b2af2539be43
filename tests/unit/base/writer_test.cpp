#include "base/writer.h"

#include <atomic>
#include <future>
#include <optional>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <catch2/catch.hpp>

#include "tests/support/run_task.h"
#include "tests/support/temp_dir.h"

namespace writer_test {

using namespace base;
using namespace std::chrono_literals;

namespace {

const Error faulty{Code::invalid, "This Write is at fault.", ""};
const Error disk_failed{Code::unavailable, "The disk failed.", ""};

Write insert(int value) {
  return [value](SqliteDatabase& database) {
    return database.execute("INSERT INTO t VALUES(" + std::to_string(value) + ")");
  };
}

Write failing(const Error& error) {
  return [error](SqliteDatabase&) -> Status { return error; };
}

// Holds the writer thread inside a transaction, so that what is submitted meanwhile becomes one
// group.
class Gate {
 public:
  Write write() {
    return [this](SqliteDatabase&) {
      if (!passed_.exchange(true)) {
        entered_.set_value();
        open_.get_future().wait();
      }
      return Status();
    };
  }
  void wait_until_entered() { entered_.get_future().wait(); }
  void open() { open_.set_value(); }

 private:
  std::atomic<bool> passed_ = false;
  std::promise<void> entered_, open_;
};

// A disk that fails when told to: at the begin of a transaction, or by having no page left.
struct Disk {
  std::atomic<bool> broken = false;
  std::atomic<int> pages = 1'000'000;
  std::atomic<int> transactions = 0;

  Write on_begin() {
    return [this](SqliteDatabase& database) -> Status {
      ++transactions;
      if (broken) return disk_failed;
      return database.execute("PRAGMA max_page_count=" + std::to_string(pages));
    };
  }
};

struct Fixture {
  tests::TempDir directory;
  Disk disk;
  std::optional<Writer> writer;

  explicit Fixture(WriterOptions options = {}) {
    SqliteDatabase database = SqliteDatabase::open(directory / "w.db").value();
    REQUIRE(database.execute("CREATE TABLE t(a INTEGER PRIMARY KEY) STRICT"));
    writer.emplace(std::move(database), disk.on_begin(), std::move(options));
  }

  Status commit(Write write) { return tests::run_task(writer->commit(std::move(write))); }

  // Reads with a connection of its own: what is seen here has been committed.
  std::vector<std::int64_t> rows() {
    SqliteDatabase database = SqliteDatabase::open(directory / "w.db").value();
    SqliteStatement select = database.prepare("SELECT a FROM t ORDER BY a").value();
    std::vector<std::int64_t> values;
    while (select.step().value()) values.push_back(select.integer(0));
    return values;
  }
};

using Rows = std::vector<std::int64_t>;

WriterOptions eager() {
  WriterOptions options;
  options.retry_pause = 1ms;
  return options;
}

WriterOptions patient() {
  WriterOptions options;
  options.linger = 1h;
  options.retry_pause = 1h;
  return options;
}

// Starts all at once and returns their outcomes, in order.
std::vector<Status> commit_together(Writer& writer, std::vector<Write> writes, Gate& gate) {
  asio::io_context loop(1);
  std::vector<Status> outcomes(writes.size());
  CHECK(writer.submit(gate.write()));
  const auto one = [&](std::size_t i) -> Task<void> {
    outcomes[i] = co_await writer.commit(writes[i]);
  };
  asio::co_spawn(loop, one(0), asio::detached);
  loop.poll();
  gate.wait_until_entered();
  for (std::size_t i = 1; i < writes.size(); ++i) asio::co_spawn(loop, one(i), asio::detached);
  loop.poll();
  gate.open();
  loop.run();
  return outcomes;
}

}  // namespace

TEST_CASE("what a commit wrote is visible to other connections when it resumes", "[writer]") {
  Fixture fixture;
  CHECK(fixture.commit(insert(1)));
  CHECK(fixture.rows() == Rows{1});
}

TEST_CASE("a commit takes along what was submitted before it, without lingering", "[writer]") {
  Fixture fixture(patient());
  CHECK(fixture.writer->submit(insert(1)));
  CHECK(fixture.writer->submit(insert(2)));
  CHECK(fixture.commit(insert(3)));
  CHECK(fixture.rows() == Rows{1, 2, 3});
}

TEST_CASE("submissions that nobody awaits gather into one transaction", "[writer]") {
  Fixture fixture(patient());
  for (int i = 1; i <= 100; ++i) CHECK(fixture.writer->submit(insert(i)));
  CHECK(fixture.commit(insert(101)));
  CHECK(fixture.disk.transactions == 1);
}

TEST_CASE("a full group is written although nobody awaits it", "[writer]") {
  WriterOptions options = patient();
  options.group = 3;
  Fixture fixture(options);
  std::promise<void> written;
  CHECK(fixture.writer->submit(insert(1)));
  CHECK(fixture.writer->submit(insert(2)));
  CHECK(fixture.writer->submit([&](SqliteDatabase&) { return written.set_value(), Status(); }));
  CHECK(written.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("a lone submission is written when its linger ends", "[writer]") {
  WriterOptions options = patient();
  options.linger = 1ms;
  Fixture fixture(options);
  std::promise<void> written;
  CHECK(fixture.writer->submit([&](SqliteDatabase&) { return written.set_value(), Status(); }));
  CHECK(written.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("the destructor writes what is queued", "[writer]") {
  Fixture fixture(patient());
  for (int i = 1; i <= 3; ++i) CHECK(fixture.writer->submit(insert(i)));
  fixture.writer.reset();
  CHECK(fixture.rows() == Rows{1, 2, 3});
}

TEST_CASE("commits that come during a transaction share the next one", "[writer]") {
  Fixture fixture;
  Gate gate;
  const std::vector<Status> outcomes =
      commit_together(*fixture.writer, {insert(1), insert(2), insert(3), insert(4)}, gate);
  for (const Status& outcome : outcomes) CHECK(outcome);
  CHECK(fixture.disk.transactions <= 3);
}

TEST_CASE("a failing Write in a group leaves the others committed", "[writer]") {
  Fixture fixture;
  Gate gate;
  const std::vector<Status> outcomes =
      commit_together(*fixture.writer, {insert(1), insert(2), failing(faulty), insert(3)}, gate);
  CHECK(outcomes[1]);
  CHECK(outcomes[2].error().code == Code::invalid);
  CHECK(outcomes[3]);
  CHECK(fixture.rows() == Rows{1, 2, 3});
  CHECK(fixture.writer->healthy());
}

TEST_CASE("a Write that fails half-way leaves nothing of itself", "[writer]") {
  Fixture fixture;
  const Status outcome = fixture.commit([](SqliteDatabase& database) -> Status {
    CHECK(database.execute("INSERT INTO t VALUES(1)"));
    return faulty;
  });
  CHECK(outcome.error().code == Code::invalid);
  CHECK(fixture.rows().empty());
}

TEST_CASE("a constraint is the fault of the Write that breaks it", "[writer]") {
  Fixture fixture;
  CHECK(fixture.commit(insert(1)));
  CHECK(fixture.commit(insert(1)).error().code == Code::invalid);
  CHECK(fixture.writer->healthy());
}

TEST_CASE("a faulty submission that nobody awaits is reported", "[writer]") {
  std::vector<Code> dropped;
  WriterOptions options = patient();
  options.on_dropped = [&](const Error& error) { dropped.push_back(error.code); };
  Fixture fixture(options);
  CHECK(fixture.writer->submit(failing(faulty)));
  CHECK(fixture.commit(insert(1)));
  CHECK(dropped == std::vector<Code>{Code::invalid});
}

TEST_CASE("a full queue refuses submissions and commits", "[writer]") {
  WriterOptions options;
  options.capacity = 2;
  Fixture fixture(options);
  Gate gate;
  CHECK(fixture.writer->submit(gate.write()));
  gate.wait_until_entered();
  CHECK(fixture.writer->submit(insert(1)));
  CHECK(fixture.writer->submit(insert(2)).error().code == Code::unavailable);
  CHECK(fixture.commit(insert(3)).error().code == Code::unavailable);
  gate.open();
  fixture.writer.reset();
  CHECK(fixture.rows() == Rows{1});
}

TEST_CASE("the memory of the queue is bounded", "[writer]") {
  WriterOptions options = patient();
  options.bytes = 100;
  Fixture fixture(options);
  CHECK(fixture.writer->submit(insert(1), 60));
  CHECK(fixture.writer->submit(insert(2), 41).error().code == Code::unavailable);
  CHECK(fixture.writer->submit(insert(2), 40));
}

TEST_CASE("room in the queue comes back when a group is written", "[writer]") {
  WriterOptions options = patient();
  options.capacity = 1;
  options.bytes = 1;
  Fixture fixture(options);
  for (int i = 0; i < 3; ++i) CHECK(fixture.commit(insert(i)));
  CHECK(fixture.rows() == Rows{0, 1, 2});
}

TEST_CASE("a commit to a failed database is unavailable and leaves nothing", "[writer]") {
  Fixture fixture(patient());
  fixture.disk.broken = true;
  CHECK(fixture.commit(insert(1)).error().code == Code::unavailable);
  CHECK_FALSE(fixture.writer->healthy());
  CHECK(fixture.rows().empty());
}

TEST_CASE("a full disk is a failed database", "[writer]") {
  Fixture fixture(patient());
  fixture.disk.pages = 1;
  const Write big = [](SqliteDatabase& database) {
    return database.execute("CREATE TABLE big AS SELECT zeroblob(100000)");
  };
  CHECK(fixture.commit(big).error().code == Code::unavailable);
  CHECK_FALSE(fixture.writer->healthy());
}

TEST_CASE("submissions are kept while the database fails, in order, and no awaited one",
          "[writer]") {
  Fixture fixture(eager());
  fixture.disk.broken = true;
  std::vector<int> order;
  const auto note = [&](int i) {
    return [&order, i](SqliteDatabase&) { return order.push_back(i), Status(); };
  };
  CHECK(fixture.writer->submit(note(1)));
  CHECK(fixture.commit(note(2)).error().code == Code::unavailable);
  CHECK(fixture.writer->submit(note(3)));
  fixture.disk.broken = false;
  CHECK(fixture.commit(note(4)));
  CHECK(order == std::vector<int>{1, 3, 4});
}

TEST_CASE("the Writer becomes healthy by itself", "[writer]") {
  Fixture fixture(eager());
  fixture.disk.broken = true;
  CHECK_FALSE(fixture.commit(insert(1)));
  CHECK_FALSE(fixture.writer->healthy());
  fixture.disk.broken = false;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!fixture.writer->healthy() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK(fixture.writer->healthy());
}

TEST_CASE("those who await are told when a full group of others is kept", "[writer]") {
  WriterOptions options = eager();
  options.group = 2;
  Fixture fixture(options);
  fixture.disk.broken = true;
  for (int i = 0; i < 10; ++i) CHECK(fixture.writer->submit(insert(i)));
  CHECK(fixture.commit(insert(10)).error().code == Code::unavailable);
  fixture.disk.broken = false;
  fixture.writer.reset();
  CHECK(fixture.rows().size() == 10);
}

TEST_CASE("the destructor does not wait for a database that fails, and reports the loss",
          "[writer]") {
  std::atomic<int> dropped = 0;
  WriterOptions options = patient();
  options.group = 2;
  options.on_dropped = [&](const Error&) { ++dropped; };
  Fixture fixture(options);
  fixture.disk.broken = true;
  CHECK_FALSE(fixture.commit(insert(0)));
  for (int i = 1; i <= 5; ++i) CHECK(fixture.writer->submit(insert(i)));
  fixture.writer.reset();
  CHECK(dropped == 5);
}

TEST_CASE("on_begin runs in every transaction, also when each submission has its own", "[writer]") {
  Fixture fixture(patient());
  CHECK(fixture.writer->submit(insert(1)));
  CHECK_FALSE(fixture.commit(failing(faulty)));
  CHECK(fixture.disk.transactions == 3);
}

}  // namespace writer_test
