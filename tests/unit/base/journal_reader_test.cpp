#include "base/journal_reader.h"

#include <cstdio>
#include <string>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_dir.h"

namespace journal_reader_test {

using namespace base;
using Kind = JournalFault::Kind;

namespace {

constexpr std::int64_t records = 50;

// A journal of 50 records that each test section copies and changes.
class Journal50 {
 public:
  Journal50() {
    const auto journal = SqliteJournal::open(directory_ / "original.db").value();
    std::vector<JournalEntry> entries;
    for (std::int64_t i = 1; i <= records; ++i) {
      entries.push_back({i % 10 == 0 ? "rare" : "often", "k" + std::to_string(i), "{}"});
    }
    REQUIRE(tests::run_task(journal->commit(std::move(entries))));
  }

  // The file after these statements, which run without the fsyncs that a test does not need.
  std::filesystem::path changed(const std::string& sql) {
    for (const char* name : {"j.db", "j.db-wal", "j.db-shm"}) {
      std::filesystem::remove(directory_ / name);
    }
    std::filesystem::copy_file(directory_ / "original.db", directory_ / "j.db");
    SqliteDatabase database = SqliteDatabase::open(directory_ / "j.db").value();
    REQUIRE(database.execute("PRAGMA synchronous=OFF"));
    const Status status = database.execute(sql);
    INFO((status ? "" : status.error().detail));
    REQUIRE(status);
    return directory_ / "j.db";
  }

  JournalReader reader(const std::string& sql = "") {
    return JournalReader::open(changed(sql)).value();
  }

  JournalVerdict verify(const std::string& sql,
                        const std::optional<JournalCheckpoint>& checkpoint = {}) {
    return reader(sql).verify(checkpoint).value();
  }

  // REQUIREs that there is one.
  JournalFault fault(const std::string& sql) {
    const JournalVerdict verdict = verify(sql);
    INFO(sql);
    REQUIRE(std::holds_alternative<JournalFault>(verdict));
    return std::get<JournalFault>(verdict);
  }

  JournalCheckpoint checkpoint(std::int64_t seq) {
    return {seq, reader().after(seq - 1, "", 1)->front().hash};
  }

 private:
  const tests::TempDir directory_;
};

std::string number(std::int64_t seq) { return std::to_string(seq); }

// Makes a table without the rules of the original, so that any value can stand in it.
std::string without_rules(const std::string& change) {
  return "CREATE TABLE loose(seq, time, stream, key, body, hash);"
         "INSERT INTO loose SELECT * FROM journal; DROP TABLE journal;"
         "ALTER TABLE loose RENAME TO journal;" +
         change;
}

std::vector<std::int64_t> numbers(const std::vector<JournalRecord>& found) {
  std::vector<std::int64_t> seqs;
  for (const JournalRecord& record : found) seqs.push_back(record.seq);
  return seqs;
}

using Numbers = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("an untouched journal is intact", "[reader]") {
  Journal50 journal;
  const JournalIntact intact = std::get<JournalIntact>(journal.verify(""));
  CHECK(intact.records == records);
  CHECK(intact.last == records);
  CHECK(intact.head == hex_encode(journal.checkpoint(records).hash));
}

TEST_CASE("an empty journal is intact", "[reader]") {
  Journal50 journal;
  const JournalIntact intact = std::get<JournalIntact>(journal.verify("DELETE FROM journal"));
  CHECK(intact.records == 0);
  CHECK(intact.head == std::string(64, '0'));
}

TEST_CASE("an altered column is found at every position", "[reader]") {
  Journal50 journal;
  for (const char* change : {"time = time + 1", "stream = 'x'", "key = key || ' '", "body = '[]'",
                             "stream = stream || substr(key, 1, 1), key = substr(key, 2)"}) {
    for (std::int64_t seq = 1; seq <= records; ++seq) {
      const JournalFault fault = journal.fault("UPDATE journal SET " + std::string(change) +
                                               " WHERE seq = " + number(seq));
      CHECK(fault.seq == seq);
      CHECK(fault.kind == Kind::altered);
    }
  }
}

TEST_CASE("an altered hash is found at every position", "[reader]") {
  Journal50 journal;
  for (std::int64_t seq = 1; seq <= records; ++seq) {
    CHECK(journal.fault("UPDATE journal SET hash = zeroblob(32) WHERE seq = " + number(seq)).seq ==
          seq);
  }
}

TEST_CASE("a deleted record is found at every position but the last", "[reader]") {
  Journal50 journal;
  for (std::int64_t seq = 1; seq < records; ++seq) {
    const JournalFault fault = journal.fault("DELETE FROM journal WHERE seq = " + number(seq));
    CHECK(fault.seq == seq);
    CHECK(fault.kind == Kind::missing);
  }
}

TEST_CASE("a deleted record is found when those after it close the gap", "[reader]") {
  Journal50 journal;
  for (std::int64_t seq = 1; seq < records; ++seq) {
    const std::string from = number(seq);
    CHECK(journal
              .fault("DELETE FROM journal WHERE seq = " + from +
                     "; UPDATE journal SET seq = -seq WHERE seq > " + from +
                     "; UPDATE journal SET seq = -seq - 1 WHERE seq < 0")
              .seq == seq);
  }
}

TEST_CASE("an inserted record is found at every position, the end included", "[reader]") {
  Journal50 journal;
  for (std::int64_t seq = 1; seq <= records + 1; ++seq) {
    const std::string at = number(seq);
    CHECK(journal
              .fault("UPDATE journal SET seq = -seq WHERE seq >= " + at +
                     "; UPDATE journal SET seq = -seq + 1 WHERE seq < 0"
                     "; INSERT INTO journal VALUES(" +
                     at + ", 1, 's', 'k', '{}', randomblob(32))")
              .seq == seq);
  }
}

TEST_CASE("two records that changed places are found at every position", "[reader]") {
  Journal50 journal;
  for (std::int64_t seq = 1; seq < records; ++seq) {
    const std::string first = number(seq), second = number(seq + 1);
    const JournalFault fault = journal.fault(
        "UPDATE journal SET seq = 0 WHERE seq = " + first + "; UPDATE journal SET seq = " + first +
        " WHERE seq = " + second + "; UPDATE journal SET seq = " + second + " WHERE seq = 0");
    CHECK(fault.seq == seq);
    CHECK(fault.kind == (seq + 1 == records ? fault.kind : Kind::wrong_link));
  }
}

TEST_CASE("a record with a hash of its own is found by the one after it", "[reader]") {
  Journal50 journal;
  JournalReader reader = journal.reader();
  const std::vector<JournalRecord> all = reader.tail("", records).value();
  Sha256 sha256;
  for (std::size_t i = 1; i + 1 < all.size(); ++i) {
    const JournalRecord& old = all[i];
    const Sha256Digest forged =
        journal_hash(sha256, all[i - 1].hash, old.seq, old.time, old.stream, old.key, "[]");
    const JournalFault fault =
        journal.fault("UPDATE journal SET body = '[]', hash = x'" + hex_encode(forged) +
                      "' WHERE seq = " + number(old.seq));
    CHECK(fault.seq == old.seq + 1);
  }
}

TEST_CASE("a record before the first is found", "[reader]") {
  Journal50 journal;
  const JournalFault fault =
      journal.fault("INSERT INTO journal VALUES(0, 1, 's', 'k', '{}', zeroblob(32))");
  CHECK(fault.seq == 0);
  CHECK(fault.kind == Kind::wrong_link);
}

TEST_CASE("a missing beginning is found", "[reader]") {
  Journal50 journal;
  const JournalFault fault = journal.fault("DELETE FROM journal WHERE seq <= 7");
  CHECK(fault.seq == 1);
  CHECK(fault.kind == Kind::missing);
}

TEST_CASE("a cut tail is found with a checkpoint", "[reader]") {
  Journal50 journal;
  const JournalCheckpoint checkpoint = journal.checkpoint(records);
  for (std::int64_t seq = 1; seq <= records; ++seq) {
    const JournalVerdict verdict =
        journal.verify("DELETE FROM journal WHERE seq >= " + number(seq), checkpoint);
    const auto& fault = std::get<JournalFault>(verdict);
    CHECK(fault.seq == seq);
    CHECK(fault.kind == Kind::missing);
  }
}

TEST_CASE("a chain that was computed anew is found with a checkpoint", "[reader]") {
  Journal50 journal;
  JournalCheckpoint checkpoint = journal.checkpoint(20);
  checkpoint.hash[31] ^= 1;
  const auto fault = std::get<JournalFault>(journal.verify("", checkpoint));
  CHECK(fault.seq == 20);
  CHECK(fault.kind == Kind::wrong_link);
}

TEST_CASE("a journal that has grown since its checkpoint is intact", "[reader]") {
  Journal50 journal;
  for (const std::int64_t seq : {std::int64_t{1}, std::int64_t{20}, records}) {
    CHECK(std::holds_alternative<JournalIntact>(journal.verify("", journal.checkpoint(seq))));
  }
}

TEST_CASE("a checkpoint is read from its text", "[reader]") {
  const auto checkpoint = JournalCheckpoint::parse("12:" + std::string(64, 'a'));
  REQUIRE(checkpoint);
  CHECK(checkpoint->seq == 12);
  CHECK(hex_encode(checkpoint->hash) == std::string(64, 'a'));
}

TEST_CASE("what is no checkpoint is refused", "[reader]") {
  const std::string hash(64, 'a');
  const std::vector<std::string> wrong{"",
                                       hash,
                                       ":" + hash,
                                       "x:" + hash,
                                       "-1:" + hash,
                                       "1:",
                                       "1:" + hash + "a",
                                       "1x:" + hash,
                                       " 1:" + hash,
                                       "99999999999999999999:" + hash,
                                       "1:" + std::string(64, 'A')};
  for (const std::string& text : wrong) {
    CHECK(JournalCheckpoint::parse(text).error().code == Code::invalid);
  }
}

TEST_CASE("a value of a wrong type is a fault and never a crash", "[reader]") {
  Journal50 journal;
  for (const std::string column : {"time", "stream", "key", "body", "hash"}) {
    for (const std::string value : {"NULL", "1.5", "x'00'", "zeroblob(32)"}) {
      if (column == "hash" && value == "zeroblob(32)") continue;
      const std::string change =
          without_rules("UPDATE journal SET " + column + " = " + value + " WHERE seq = 9");
      const JournalFault fault = journal.fault(change);
      CHECK(fault.seq == 9);
      CHECK(fault.kind == Kind::altered);
      CHECK(journal.reader(change).tail("", 50).error().code == Code::broken);
    }
  }
}

TEST_CASE("a number of a wrong type or a second time is a fault", "[reader]") {
  Journal50 journal;
  CHECK(journal.fault(without_rules("UPDATE journal SET seq = NULL WHERE seq = 9")).seq == 1);
  CHECK(journal.fault(without_rules("UPDATE journal SET seq = 'x' WHERE seq = 9")).seq == 9);
  CHECK(
      journal.fault(without_rules("INSERT INTO journal SELECT * FROM journal WHERE seq = 9")).seq ==
      9);
}

TEST_CASE("a huge body is a fault and is not read", "[reader]") {
  Journal50 journal;
  const std::string change =
      "UPDATE journal SET body = CAST(zeroblob(17000000) AS TEXT) WHERE seq = 50";
  CHECK(journal.fault(change).seq == 50);
  CHECK(journal.reader(change).tail("", 1).error().code == Code::broken);
}

TEST_CASE("a journal without its table is an error", "[reader]") {
  Journal50 journal;
  JournalReader reader = journal.reader("DROP TABLE journal");
  CHECK_FALSE(reader.verify());
  CHECK_FALSE(reader.tail("", 1));
  CHECK_FALSE(reader.after(0, "", 1));
}

TEST_CASE("damaged pages are an error or a fault, and never a crash", "[reader]") {
  Journal50 journal;
  const std::filesystem::path file = journal.changed("");
  const auto size = std::filesystem::file_size(file);
  for (std::uintmax_t offset = 0; offset < size; offset += 211) {
    journal.changed("");
    FILE* raw = std::fopen(file.c_str(), "r+b");
    REQUIRE(raw);
    std::fseek(raw, static_cast<long>(offset), SEEK_SET);
    std::fputs("\xff\x01\xfe", raw);
    std::fclose(raw);
    auto reader = JournalReader::open(file);
    if (reader) static_cast<void>(reader->verify().ok());
    if (reader) static_cast<void>(reader->tail("", 100).ok());
  }
}

TEST_CASE("tail gives the newest records, oldest first", "[reader]") {
  Journal50 journal;
  CHECK(numbers(*journal.reader().tail("", 3)) == Numbers{48, 49, 50});
  CHECK(numbers(*journal.reader().tail("rare", 2)) == Numbers{40, 50});
  CHECK(journal.reader().tail("none", 2)->empty());
  CHECK(journal.reader().tail("", 0)->empty());
}

TEST_CASE("after gives what follows a number", "[reader]") {
  Journal50 journal;
  CHECK(numbers(*journal.reader().after(47, "", 2)) == Numbers{48, 49});
  CHECK(numbers(*journal.reader().after(10, "rare", 10)) == Numbers{20, 30, 40, 50});
  CHECK(journal.reader().after(50, "", 10)->empty());
}

TEST_CASE("an open item without its record is an error", "[reader]") {
  Journal50 journal;
  JournalReader reader = journal.reader("INSERT INTO open_items VALUES('lost', 99)");
  CHECK(reader.open_items().error().code == Code::broken);
}

TEST_CASE("a reader sees what is committed while it is open", "[reader]") {
  const tests::TempDir directory;
  const auto journal = SqliteJournal::open(directory / "j.db").value();
  JournalReader reader = JournalReader::open(directory / "j.db").value();
  CHECK(reader.after(0, "", 10)->empty());
  REQUIRE(tests::run_task(journal->commit({{"s", "k", "{}"}})));
  CHECK(reader.after(0, "", 10)->size() == 1);
}

TEST_CASE("a journal that does not exist is not made by reading it", "[reader]") {
  const tests::TempDir directory;
  CHECK(JournalReader::open(directory / "j.db").error().code == Code::unavailable);
  CHECK_FALSE(std::filesystem::exists(directory / "j.db"));
}

TEST_CASE("what a stream says about a key is found by the key", "[journal]") {
  Journal50 journal;
  JournalReader reader = journal.reader();
  const auto found = reader.about("often", "k7");
  REQUIRE(found.ok());
  REQUIRE(found->size() == 1);
  CHECK(found->front().seq == 7);
  CHECK(reader.about("rare", "k7")->empty());
  CHECK(reader.about("often", "k")->empty());
}

TEST_CASE("the records of one key, and the newest of a stream, are found by the index", "[reader]") {
  Journal50 journal;
  JournalReader reader = journal.reader("UPDATE journal SET key = 'k' WHERE seq IN (3, 4, 10)");
  CHECK(numbers(*reader.about("often", "k", 0, 10)) == Numbers{3, 4});
  CHECK(numbers(*reader.about("often", "k", 3, 10)) == Numbers{4});
  CHECK(numbers(*reader.about("often", "k", 0, 1)) == Numbers{3});
  CHECK(reader.about("often", "none", 0, 10)->empty());
  CHECK(numbers(*reader.newest("rare", 2)) == Numbers{40, 50});
  CHECK(reader.newest("none", 2)->empty());
}

}  // namespace journal_reader_test
