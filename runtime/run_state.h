#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/event.h"
#include "runtime/repetition.h"

namespace runtime {

/// One call of the turn that is under way.
struct CallState {
  enum class Phase {
    wanted,    ///< to be made, or being made
    approval,  ///< a person has to approve it
    unknown,   ///< a person has to say what became of it
    finished,
  };
  ToolRequest request;
  std::string identity;  ///< equal for equal calls: tool and arguments
  Phase phase = Phase::wanted;
  std::int64_t attempt = 0;
  std::string approval;  ///< in that phase
  std::string audit_id;  ///< of the last attempt
  bool invalid = false;  ///< its arguments were no good
  std::string key;  ///< the idempotency key of an attempt that may have been carried out; else ""
  std::string doubt;  ///< the intent of an attempt that has to be verified first; else ""
  Time unsent{};    ///< until then it was certainly not carried out

  /// How long servers are trusted to know a key again.
  static constexpr std::chrono::hours key_life{24};
  /// Whether an attempt with its key could be taken for a new call.
  bool key_expired(Time now) const { return !key.empty() && now - unsent >= key_life; }
};

/// What a run is, as its events say. Applying the same events in the same order gives the same
/// state; neither clock nor chance nor anything outside has a part in it.
class RunState {
 public:
  enum class Phase { thinking, acting, ended };
  /// What people see.
  enum class Status { running, paused, waiting, ended };

  /// Events that do not fit, such as a second result of one call, change nothing but the time.
  void apply(const Event& event);

  const Started& start() const { return start_; }
  Time started() const { return started_; }
  Time now() const { return now_; }
  Phase phase() const { return phase_; }
  Status status() const;
  /// Whom the run waits for and why, one line for each call that does; empty when it does not.
  std::vector<std::string> waits_for() const;

  std::int64_t turn() const { return turn_; }
  /// How often the model has been asked in this turn.
  std::int64_t asks() const { return asks_; }
  const std::vector<CallState>& calls() const { return calls_; }
  bool paused() const { return paused_; }
  bool store_lost() const { return store_lost_; }
  /// Why the run is to end, as soon as no call is in flight; nullopt while it may go on.
  std::optional<Ended> conclusion() const;
  const std::optional<Ended>& end() const { return end_; }
  const Repetition& repetition() const { return repetition_; }

  Nanos spent() const { return spent_; }
  const Usage& usage() const { return usage_; }
  std::chrono::milliseconds active() const { return active_; }
  /// When a time limit is reached if nothing happens.
  Time next_limit() const;
  std::int64_t dropped() const { return dropped_; }
  /// Whether more time than its `ttl` passed without a word since the last question, or has by now.
  bool context_expired(Time now) const {
    return outlived_ || now - last_said_ >= start_.context.ttl;
  }
  /// How many events told something of what was said.
  std::int64_t told() const { return told_; }
  /// The turn before which all was summed up last; 0 while nothing was.
  std::int64_t summarised() const { return summarised_; }
  /// How many bytes of a question made a token, as the provider counted.
  double bytes_per_token() const { return bytes_per_token_; }

 private:
  void take(const Started& event);
  void take(const Asked& event);
  void take(const Answered& event);
  void take(const AskFailed& event);
  void take(const Called& event);
  void take(const Recovered& event);
  void take(const Paused& event);
  void take(const Resumed& event);
  void take(const Cancelled& event);
  void take(const Resolved& event);
  void take(const Decided& event);
  void take(const Ticked& event);
  void take(const Ended& event);
  void take(const StoreLost& event);
  void take(const StoreBack& event);

  void pass_time(const Event& event);
  bool working() const;
  CallState* call(std::int64_t turn, std::int64_t index);
  void finish_turn_if_done();
  void count_invalid_arguments();

  Started start_;
  Time started_{}, now_{};
  std::chrono::milliseconds active_{0};
  Phase phase_ = Phase::thinking;
  std::int64_t turn_ = 0, asks_ = 0;
  std::vector<CallState> calls_;
  int broken_answers_ = 0;
  bool paused_ = false, store_lost_ = false;
  std::optional<std::string> cancelled_by_;
  std::optional<Ended> conclusion_;
  std::optional<Ended> end_;
  Repetition repetition_;
  std::map<std::string, int> invalid_;  // turns in a row in which a tool's arguments were no good
  Nanos spent_ = 0, unanswered_ = 0;    // of a question on its way, what is reserved
  Usage usage_{0, 0, 0, 0, true};
  Time last_said_{};
  bool outlived_ = false;
  std::int64_t told_ = 0, dropped_ = 0, summarised_ = 0, asked_bytes_ = 0;
  double bytes_per_token_ = 4;
};

std::string_view to_string(RunState::Status status);

}  // namespace runtime
