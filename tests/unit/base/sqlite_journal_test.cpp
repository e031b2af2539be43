#include "base/sqlite_journal.h"

#include <atomic>
#include <set>
#include <string>
#include <thread>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <catch2/catch.hpp>

#include "base/journal_reader.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_dir.h"

namespace sqlite_journal_test {

using namespace base;
using Item = JournalEntry::Item;

namespace {

std::unique_ptr<SqliteJournal> open_journal(const std::filesystem::path& file) {
  return SqliteJournal::open(file).value();
}

Status commit(SqliteJournal& journal, std::vector<JournalEntry> entries) {
  return tests::run_task(journal.commit(std::move(entries)));
}

JournalIntact verify(const std::filesystem::path& file) {
  const JournalVerdict verdict = JournalReader::open(file)->verify().value();
  const auto* fault = std::get_if<JournalFault>(&verdict);
  INFO((fault ? fault->reason : ""));
  REQUIRE(!fault);
  return std::get<JournalIntact>(verdict);
}

std::set<std::string> keys_of(const std::vector<JournalRecord>& records) {
  std::set<std::string> keys;
  for (const JournalRecord& record : records) keys.insert(record.key);
  return keys;
}

}  // namespace

TEST_CASE("what is committed is read back as it was", "[journal]") {
  const tests::TempDir directory;
  const auto journal = open_journal(directory / "j.db");
  CHECK(commit(*journal, {{"audit", "req_1", R"({"a":"\u0000"})", Item::none}}));
  const auto records = JournalReader::open(directory / "j.db")->tail("", 10).value();
  REQUIRE(records.size() == 1);
  CHECK(records[0].seq == 1);
  CHECK(records[0].stream == "audit");
  CHECK(records[0].key == "req_1");
  CHECK(records[0].body == R"({"a":"\u0000"})");
  CHECK(records[0].time > 1'600'000'000'000'000);
}

TEST_CASE("the hash of a record is the one that the documentation describes", "[journal]") {
  const tests::TempDir directory;
  const auto journal = open_journal(directory / "j.db");
  CHECK(commit(*journal, {{"s", "key", "{}", Item::none}}));
  const JournalRecord record = JournalReader::open(directory / "j.db")->tail("", 1)->front();
  std::string bytes(32, '\0');
  const auto number = [&](std::uint64_t n) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(n >> shift);
  };
  number(1);
  number(static_cast<std::uint64_t>(record.time));
  for (const std::string& text : {record.stream, record.key, record.body}) {
    number(text.size());
    bytes += text;
  }
  CHECK(record.hash == Sha256().update(bytes).finish());
}

TEST_CASE("all streams share one chain, also after the journal is opened again", "[journal]") {
  const tests::TempDir directory;
  CHECK(commit(*open_journal(directory / "j.db"), {{"a", "1", "{}"}, {"b", "2", "{}"}}));
  CHECK(commit(*open_journal(directory / "j.db"), {{"a", "3", "{}"}}));
  CHECK(verify(directory / "j.db").last == 3);
}

TEST_CASE("what is submitted is written at the latest when the journal closes", "[journal]") {
  const tests::TempDir directory;
  CHECK(open_journal(directory / "j.db")->submit({{"audit", "1", "{}"}}));
  CHECK(verify(directory / "j.db").records == 1);
}

TEST_CASE("an item stays open until a record closes it", "[journal]") {
  const tests::TempDir directory;
  const auto journal = open_journal(directory / "j.db");
  CHECK(commit(*journal, {{"intent", "a", "{}", Item::opens}, {"intent", "b", "{}", Item::opens}}));
  CHECK(keys_of(*journal->open_items()) == std::set<std::string>{"a", "b"});
  CHECK(commit(*journal, {{"outcome", "a", "{}", Item::closes}}));
  CHECK(keys_of(*journal->open_items()) == std::set<std::string>{"b"});
}

TEST_CASE("open items survive with the record that opened them", "[journal]") {
  const tests::TempDir directory;
  CHECK(commit(*open_journal(directory / "j.db"), {{"intent", "a", R"({"n":1})", Item::opens}}));
  const auto items = open_journal(directory / "j.db")->open_items().value();
  REQUIRE(items.size() == 1);
  CHECK(items[0].stream == "intent");
  CHECK(items[0].body == R"({"n":1})");
}

TEST_CASE("an item cannot be opened twice, and nothing of the submission is written", "[journal]") {
  const tests::TempDir directory;
  const auto journal = open_journal(directory / "j.db");
  CHECK(commit(*journal, {{"intent", "a", "{}", Item::opens}}));
  const Status again = commit(*journal, {{"audit", "x", "{}"}, {"intent", "a", "{}", Item::opens}});
  CHECK(again.error().code == Code::invalid);
  CHECK(journal->writable());
  CHECK(commit(*journal, {{"intent", "b", "{}", Item::opens}}));
  CHECK(verify(directory / "j.db").records == 2);
}

TEST_CASE("an entry that is too long is refused", "[journal]") {
  const tests::TempDir directory;
  const auto journal = open_journal(directory / "j.db");
  const JournalEntry body{"s", "k", std::string(longest_journal_body + 1, 'x')};
  const JournalEntry key{"s", std::string(longest_journal_name + 1, 'x'), "{}"};
  const JournalEntry stream{std::string(longest_journal_name + 1, 'x'), "k", "{}"};
  CHECK(commit(*journal, {body}).error().code == Code::limit);
  CHECK(commit(*journal, {key}).error().code == Code::limit);
  CHECK(journal->submit({stream}).error().code == Code::limit);
}

TEST_CASE("a journal whose last record cannot be continued is not opened", "[journal]") {
  const tests::TempDir directory;
  CHECK(commit(*open_journal(directory / "j.db"), {{"s", "k", "{}"}}));
  REQUIRE(SqliteDatabase::open(directory / "j.db")->execute("UPDATE journal SET hash = x'00'"));
  CHECK(SqliteJournal::open(directory / "j.db").error().code == Code::broken);
}

TEST_CASE("a journal that another process has damaged is not writable", "[journal]") {
  const tests::TempDir directory;
  const auto journal = open_journal(directory / "j.db");
  CHECK(commit(*journal, {{"s", "k", "{}"}}));
  REQUIRE(SqliteDatabase::open(directory / "j.db")->execute("UPDATE journal SET hash = x'00'"));
  CHECK(commit(*journal, {{"s", "k", "{}"}}).error().code == Code::unavailable);
  CHECK_FALSE(journal->writable());
}

TEST_CASE("two journals on one file make one chain", "[journal]") {
  const tests::TempDir directory;
  const auto first = open_journal(directory / "j.db");
  const auto second = open_journal(directory / "j.db");
  for (int i = 0; i < 5; ++i) {
    CHECK(commit(*first, {{"s", "k", "{}"}}));
    CHECK(commit(*second, {{"s", "k", "{}"}}));
  }
  CHECK(verify(directory / "j.db").records == 10);
}

TEST_CASE("a journal in a directory that does not exist is unavailable", "[journal]") {
  const tests::TempDir directory;
  CHECK(SqliteJournal::open(directory / "no/j.db").error().code == Code::unavailable);
}

TEST_CASE("after a crash the log is cut anywhere and what is left verifies", "[journal]") {
  const tests::TempDir directory;
  const auto journal = open_journal(directory / "j.db");
  for (int i = 0; i < 20; ++i) {
    CHECK(commit(*journal, {{"intent", std::to_string(i), "{}", Item::opens}}));
  }
  const auto size = std::filesystem::file_size(directory / "j.db-wal");
  std::set<std::int64_t> lengths;
  for (std::uintmax_t cut = 0; cut < size; cut += size / 31) {
    std::filesystem::copy_file(directory / "j.db", directory / "crash.db");
    std::filesystem::copy_file(directory / "j.db-wal", directory / "crash.db-wal");
    std::filesystem::resize_file(directory / "crash.db-wal", size - cut);
    const auto reopened = SqliteJournal::open(directory / "crash.db").value();
    const std::int64_t last = verify(directory / "crash.db").last;
    CHECK(reopened->open_items()->size() == static_cast<std::size_t>(last));
    lengths.insert(last);
    if (lengths.size() > 1) CHECK(commit(*reopened, {{"s", "k", "{}"}}));
    CHECK(verify(directory / "crash.db").records >= last);
    for (const char* name : {"crash.db", "crash.db-wal", "crash.db-shm"}) {
      std::filesystem::remove(directory / name);
    }
  }
  CHECK(*lengths.rbegin() == 20);
  CHECK(lengths.size() > 15);
}

TEST_CASE("concurrent commits from many event loops end durable in one unbroken chain",
          "[journal]") {
  constexpr int threads = 8;
  constexpr int commits = 1000;
  const tests::TempDir directory;
  const auto journal = open_journal(directory / "j.db");
  std::atomic<int> durable = 0;
  const auto one = [&](int thread, int i) -> Task<void> {
    const std::string key = std::to_string(thread) + '/' + std::to_string(i);
    // g++ 12 takes no initializer list in a co_await expression.
    std::vector<JournalEntry> entries(1, JournalEntry{"s", key, "{}", Item::opens});
    const Status status = co_await journal->commit(std::move(entries));
    if (status) ++durable;
  };
  {
    std::vector<std::jthread> loops;
    for (int thread = 0; thread < threads; ++thread) {
      loops.emplace_back([&, thread] {
        asio::io_context loop(1);
        for (int i = 0; i < commits; ++i) asio::co_spawn(loop, one(thread, i), asio::detached);
        loop.run();
      });
    }
  }
  CHECK(durable == threads * commits);
  CHECK(keys_of(*journal->open_items()).size() == threads * commits);
  CHECK(verify(directory / "j.db").records == threads * commits);
}

}  // namespace sqlite_journal_test
