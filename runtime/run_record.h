#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/journal.h"
#include "base/journal_chain.h"
#include "base/sealer.h"
#include "runtime/event.h"

namespace runtime {

/// The journal's stream of all events of all runs; the key is the run's id.
inline constexpr const char* event_stream = "run";
/// The stream of beginnings and ends: one record opens a run, one closes it.
inline constexpr const char* run_stream = "runs";

/// Turns events into journal records and back. What a run is about is sealed; which agent runs,
/// what kind of event it was, when, and how the run ended lie open. Thread-safe.
class RunRecords {
 public:
  /// `sealer` outlives this.
  explicit RunRecords(const base::Sealer& sealer) : sealer_(sealer) {}

  base::JournalEntry entry(const std::string& run, const Event& event) const;
  /// For the first and the last event of a run, the record that opens or closes it.
  std::optional<base::JournalEntry> edge(const std::string& run, const Event& event) const;
  /// The event's own record and that one.
  std::vector<base::JournalEntry> entries(const std::string& run, const Event& event) const;
  /// Code::broken when it is none, or was sealed with another key.
  base::Result<Event> read(const base::JournalRecord& record) const;

 private:
  const base::Sealer& sealer_;
};

/// What lies open of a run.
struct RunFacts {
  std::string id, agent, tenant, owner, by;
  Time started{}, ended{};
  std::string status;  ///< how it ended, or "" while it has not
  std::string reason;
};
/// Adds what a record of run_stream says; Code::broken when it is none.
base::Status add_facts(RunFacts& facts, const base::JournalRecord& record);

/// A call as audit and intents know it: `ID.TURN.CALL.ATTEMPT`, the run's id without `run_`.
struct CallName {
  std::string run;
  std::int64_t turn = 0, index = 0, attempt = 0;

  std::string request_id() const;
  std::string intent_id() const;

 private:
  std::string text() const;
};

std::string new_run_id();

}  // namespace runtime
