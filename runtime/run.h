#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/event_loops.h"
#include "base/log.h"
#include "gateway/pipeline/pipeline.h"
#include "policies/approvals/approvals.h"
#include "runtime/contexts.h"
#include "runtime/event_feed.h"
#include "runtime/model.h"
#include "runtime/plan.h"
#include "runtime/run_clock.h"
#include "runtime/run_reader.h"
#include "runtime/settings.h"

namespace runtime {

/// A model with what the configuration says of it.
struct OfferedModel {
  ModelSettings settings;
  std::unique_ptr<Model> model;
};

/// What goes on in all runs together.
struct Going {
  std::atomic<bool> draining{false};  ///< nothing new is begun
  std::atomic<std::size_t> calls{0};  ///< of tools, in flight
};

/// What all runs work with; all of it outlives them.
struct RunServices {
  base::Journal& journal;
  base::Log& log;
  const gateway::pipeline::Pipeline& calls;
  const gateway::pipeline::CurrentSnapshot& snapshot;
  policies::ledger::Ledger& ledger;
  policies::approvals::Approvals& approvals;
  const std::map<std::string, OfferedModel>& models;
  const RunRecords& records;
  RunReader& reader;
  Contexts& contexts;
  EventFeed& feed;
  const RunClock& clock;
  Going& going;
};

/// One run while it has not ended: does what plan() wants and journals what becomes of it. Lives on
/// one event loop; its tasks keep it alive. What it is doing can be lost at any instant: the
/// journal knows how to go on.
class Run : public std::enable_shared_from_this<Run> {
 public:
  using Done = std::function<void(base::Status)>;

  Run(std::string id, RunServices services, base::Loop& loop)
      : id_(std::move(id)), s_(services), loop_(loop), timer_(loop.io()) {}

  const std::string& id() const { return id_; }
  base::Loop& loop() { return loop_; }

  /// A run whose first event is durable already.
  void begin(const Event& started);
  /// Reads what an earlier process left and goes on from there, and takes the words that came
  /// meanwhile. Code::broken when it cannot be read.
  base::Task<base::Status> recover();
  /// Goes on until the run has ended or the loop does; true when the run has ended.
  base::Task<bool> drive();

  /// A person's word. `done` is called on the run's loop when it is durable, or with Code::invalid
  /// and a sentence when the run cannot take it. On the run's loop alone.
  void tell(What what, Done done);
  /// Answers the words that came and all that come: nobody will drive the run here.
  void give_up(const base::Error& why);

 private:
  /// What a question is made of.
  struct Said {
    Conversation conversation;
    Asked::Context context = Asked::Context::kept;
  };
  struct News {
    What what;
    std::vector<base::JournalEntry> with;  ///< belongs into the same commit
    Done done;
  };
  /// One question to the model, on its way.
  struct Asking {
    Asked asked;
    AskFailed::Kind failure = AskFailed::Kind::model;  ///< what it would be called
    const OfferedModel* offered = nullptr;
    std::unique_ptr<policies::ledger::Hold> hold;

    bool for_summary() const { return asked.context == Asked::Context::summarised; }
    Price price() const { return offered->settings.price.value_or(Price()); }
  };

  base::Task<base::Status> find_lost_calls();
  CallName name_of_call(std::size_t index) const;
  base::Task<void> record(std::vector<News> news);
  base::JournalEntry entry_of(Event& event) const;
  base::Task<base::Status> commit(std::vector<base::JournalEntry> entries);
  void apply(const Event& event);
  void end_call(std::size_t index);
  void deliver(News news);
  void wake();
  base::Task<void> sleep_until(std::optional<Time> at);
  std::optional<std::string> why_not(const What& what) const;

  base::Task<void> ask(std::int64_t turn, std::int64_t attempt);
  base::Task<base::Result<Question>> prepare(Asking& asking);
  base::Task<base::Result<Question>> reserve(Asking& asking, Question question);
  base::Task<base::Status> tell_question(Asking& asking);
  base::Task<void> notify_later();
  void settle(Asking& asking, base::Result<ModelAnswer> answer);
  base::Task<base::Result<Said>> said();
  Asked::Context context_of_missing() const;
  base::Task<void> call(std::size_t index);
  std::optional<std::string> too_dear(std::size_t index, const gateway::pipeline::Call& call);
  base::Task<void> watch(std::string approval);
  void lose_store();
  base::Task<void> watch_store();
  Event outcome_event(const gateway::pipeline::Call& call, const CallName& name,
                      const gateway::pipeline::Outcome& outcome) const;

  const std::string id_;
  const RunServices s_;
  base::Loop& loop_;
  base::Timer timer_;
  bool woken_ = false;
  bool known_ = false;  ///< whether state_ is what the journal says
  bool watches_store_ = false;
  std::chrono::milliseconds store_pause_{0};  ///< grows while it answers and does not serve
  RunState state_;
  InFlight in_flight_;
  std::map<std::size_t, Nanos> held_;  ///< of the run's money, by calls in flight
  std::set<std::size_t> resolving_;    ///< calls about which somebody's word is being journaled
  std::deque<News> news_;
  std::vector<News> early_;  ///< people's words that came before the state was known
  std::optional<base::Error> given_up_;  ///< why it never will be
};

}  // namespace runtime
