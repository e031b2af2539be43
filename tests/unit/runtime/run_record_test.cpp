#include "runtime/run_record.h"

#include <catch2/catch.hpp>

#include "tests/support/runs.h"

namespace run_record_test {

using namespace runtime;

namespace {

const std::string key(64, '1');

base::JournalRecord record_of(const base::JournalEntry& entry) {
  base::JournalRecord record;
  record.stream = entry.stream;
  record.key = entry.key;
  record.body = entry.body;
  return record;
}

}  // namespace

TEST_CASE("an event comes back from its record, and what it is about lies sealed in it") {
  const auto sealer = *base::Sealer::from_key(key);
  const RunRecords records(sealer);
  const Event event{tests::run_begin, Paused{"canary"}};
  const base::JournalEntry entry = records.entry("run_1", event);
  CHECK(entry.body.find("canary") == std::string::npos);
  CHECK(entry.body.find("paused") != std::string::npos);
  const auto back = records.read(record_of(entry));
  REQUIRE(back);
  CHECK(back->time == event.time);
  CHECK(std::get<Paused>(back->what).by == "canary");
}

TEST_CASE("whatever a configuration lets in is read back") {
  const auto sealer = *base::Sealer::from_key(key);
  const RunRecords records(sealer);
  base::Json deep = "canary";
  for (int level = 0; level < 500; ++level) deep = base::Json::array({std::move(deep)});
  Called called;
  called.result = mcp::text_content_result("x", false);
  called.result["structuredContent"] = {{std::string(10'000, 'k'), std::move(deep)}};
  const Event event{tests::run_begin, called};
  const auto back = records.read(record_of(records.entry("run_1", event)));
  REQUIRE(back);
  CHECK(std::get<Called>(back->what).result == called.result);
}

TEST_CASE("an event that was moved to another run, or sealed with another key, is damage") {
  const auto sealer = *base::Sealer::from_key(key);
  const auto other = *base::Sealer::from_key(std::string(64, '2'));
  base::JournalRecord record =
      record_of(RunRecords(sealer).entry("run_1", {tests::run_begin, Ticked{}}));
  CHECK_FALSE(RunRecords(other).read(record));
  record.key = "run_2";
  CHECK_FALSE(RunRecords(sealer).read(record));
  record.body = "{}";
  CHECK_FALSE(RunRecords(sealer).read(record));
}

TEST_CASE("the first event opens a run and the last one closes it") {
  const auto sealer = *base::Sealer::from_key(key);
  const RunRecords records(sealer);
  Started started;
  started.agent = "triage";
  started.tenant = "acme";
  started.owner = "boss";
  started.goal = "canary";
  const auto opened = records.entries("run_1", {tests::run_begin, started});
  REQUIRE(opened.size() == 2);
  CHECK(opened[1].item == base::JournalEntry::Item::opens);
  CHECK(opened[1].body.find("canary") == std::string::npos);
  const auto closed = records.entries(
      "run_1", {tests::run_begin, Ended{Ended::Status::stuck, "repetition", "canary"}});
  REQUIRE(closed.size() == 2);
  CHECK(closed[1].item == base::JournalEntry::Item::closes);
  RunFacts facts;
  REQUIRE(add_facts(facts, record_of(opened[1])));
  CHECK(facts.status.empty());
  REQUIRE(add_facts(facts, record_of(closed[1])));
  CHECK(facts.agent == "triage");
  CHECK(facts.owner == "boss");
  CHECK(facts.status == "stuck");
}

TEST_CASE("a call has one name in the audit and one among the intents") {
  const CallName name{"run_0123456789ab", 3, 1, 2};
  CHECK(name.request_id() == "req_0123456789ab.3.1.2");
  CHECK(name.intent_id() == "int_0123456789ab.3.1.2");
}

}  // namespace run_record_test
