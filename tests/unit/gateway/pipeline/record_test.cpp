#include "tests/support/pipeline_fixture.h"

#include <catch2/catch.hpp>

namespace record_test {

using base::Json;
using namespace gateway::pipeline;
using Fixture = tests::PipelineFixture;

TEST_CASE("a call with effects has its intent recorded before it is sent, and its outcome after",
          "[pipeline]") {
  Fixture f;
  f.run("alice", "files__write");
  CHECK(f.dispatcher.entries_before == 1);
  CHECK(f.journal.streams() == std::vector<std::string>{"intent", "outcome", "audit"});
  CHECK(f.journal.entries[0].item == base::JournalEntry::Item::opens);
  CHECK(f.journal.entries[1].item == base::JournalEntry::Item::closes);
  CHECK(f.journal.entries[0].key == f.journal.entries[1].key);
  CHECK(f.last_audit()["intent"] == f.journal.entries[0].key);
}

TEST_CASE("a read-only call is audited without an intent", "[pipeline]") {
  Fixture f;
  f.run("alice", "files__read");
  CHECK(f.journal.streams() == std::vector<std::string>{"audit"});
}

TEST_CASE("without a durable intent nothing is sent", "[pipeline]") {
  Fixture f;
  f.journal.fails = true;
  const Outcome outcome = f.run("alice", "files__write");
  CHECK(f.dispatcher.sent == 0);
  CHECK(outcome.result["content"][0]["text"] == "Store unavailable. Nothing was sent or charged.");
}

TEST_CASE("while the journal cannot write no call is made at all", "[pipeline]") {
  Fixture f;
  f.journal.is_writable = false;
  const Outcome outcome = f.run("alice", "files__read");
  CHECK(f.dispatcher.sent == 0);
  CHECK(outcome.reason == "store_unavailable");
}

TEST_CASE("a call that was made but could not be recorded is not said to be unsent", "[pipeline]") {
  Fixture f;
  f.journal.fails = true;
  const Outcome outcome = f.run("alice", "files__read");
  CHECK(f.dispatcher.sent == 1);
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.reason == "unrecorded");
  CHECK(outcome.result["isError"] == true);
  CHECK(outcome.result["content"][0]["text"] ==
        "Store unavailable. The call was sent, but it could not be recorded; its answer is "
        "withheld.");
}

TEST_CASE("of a name that is longer than any tool's only the beginning is recorded", "[pipeline]") {
  Fixture f;
  f.run("alice", std::string(5'000, 'x'));
  CHECK(f.last_audit()["asked_as"] == std::string(256, 'x'));
}

TEST_CASE("every refusal is audited with its rule, file and line", "[pipeline]") {
  Fixture f;
  f.run("alice", "files__drop");
  const Json audit = f.last_audit();
  CHECK(audit["outcome"]["kind"] == "refused");
  CHECK(audit["rule"]["pattern"] == "*/drop");
  CHECK(audit["rule"]["file"] == "policy.yaml");
  CHECK(audit["rule"]["line"] == 2);
}

TEST_CASE("the audit record holds no arguments, only their hash", "[pipeline]") {
  Fixture f;
  f.run("alice", "files__read", {{"message", "canary-4711"}});
  CHECK(f.journal.entries.back().body.find("canary-4711") == std::string::npos);
  CHECK(f.last_audit()["arguments"].get<std::string>().size() == 64);
}

TEST_CASE("what a caller records of the outcome is one commit with the audit record") {
  Fixture f;
  for (const std::string tool : {"files__read", "files__write", "files__drop"}) {
    CAPTURE(tool);
    f.journal.entries.clear();
    Call call = f.make_call("alice", tool, {{"message", "hi"}});
    call.on_outcome = [](const Outcome& outcome) {
      return base::JournalEntry{"own", "x", std::string(to_string(outcome.kind)), {}};
    };
    tests::run_task(f.pipeline.run(call));
    CHECK(call.recorded);
    const auto streams = f.journal.streams();
    REQUIRE(streams.size() >= 2);
    CHECK(streams[streams.size() - 2] == "own");
    CHECK(streams.back() == "audit");
  }
}

TEST_CASE("a caller is told when its record of the outcome is not durable") {
  Fixture f;
  f.journal.is_writable = false;
  Call call = f.make_call("alice", "files__read", {{"message", "hi"}});
  call.on_outcome = [](const Outcome&) { return base::JournalEntry{"own", "x", "{}", {}}; };
  const Outcome outcome = tests::run_task(f.pipeline.run(call));
  CHECK(outcome.reason == "store_unavailable");
  CHECK_FALSE(call.recorded);
}

}  // namespace record_test
