#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policies/approvals/approvals.h"
#include "policies/approvals/decision_rules.h"
#include "policies/ledger/clock.h"
#include "tools/schema/schema.h"

namespace policies::approvals {

/// Approvals of one process, whose truth is its journal: whatever is promised is committed before,
/// and a start begins with what ApprovalTable found.
class MemoryApprovals final : public Approvals {
 public:
  /// `journal` and `clock` outlive it.
  MemoryApprovals(base::Journal& journal, const ledger::Clock& clock,
                  const std::vector<Approval>& stored = {}, ApprovalLimits limits = {});

  void observe(Observer observer) override { observer_ = std::move(observer); }
  base::Task<base::Result<Answer>> ask(Ask ask) override;
  base::Task<base::Result<Approval>> wait(base::Loop& loop, std::string id,
                                          std::chrono::milliseconds longest,
                                          base::Cancellation* cancellation) override;
  base::Task<base::Result<std::unique_ptr<Grant>>> claim(std::string id,
                                                         std::string request) override;
  base::Task<base::Status> end(std::string id, std::string reason) override;
  base::Task<base::Result<Approval>> decide(std::string id, Decision decision) override;
  base::Task<base::Result<Approval>> forget(std::string id, Decider decider) override;
  base::Task<base::Result<Approval>> find(std::string id) override;
  base::Task<base::Result<std::vector<Approval>>> list() override;
  base::Task<void> settle() override;
  void end_waiting() override;

 private:
  class MemoryGrant;
  using Alarm = std::shared_ptr<base::Timer>;
  using Due = std::pair<WallTime, std::string>;

  struct Entry {
    Approval approval;
    std::string print;       ///< fingerprint() of what was asked
    bool durable = true;     ///< false until the question is committed
    std::string deciding;    ///< the person whose word is being committed, or ""
    std::string claimed_by;  ///< the call that holds its Grant, or ""
    WallTime due;            ///< when the clock looks at it, as it stands in due_
    std::optional<tools::schema::Schema> remembered;
    std::vector<Alarm> waiting;
  };
  struct Begun {
    std::string id;
    std::optional<Approval> standing;  ///< already there and durable
    std::vector<base::JournalEntry> entries;
  };
  struct Remembering {
    tools::schema::Schema schema;
    Approval approval;
  };

  std::optional<Approval> find_remembered(const Ask& ask);
  base::Result<Begun> begin(Ask ask);
  base::Result<Approval> finish(const std::string& id, const base::Status& committed,
                                bool is_first);
  base::Result<Approval> look(const std::string& id, const Alarm& alarm, base::SteadyTime& end);
  void stop_waiting(const std::string& id, const Alarm& alarm);
  base::Result<base::JournalEntry> begin_decision(const std::string& id, const Decision& decision,
                                                  Approval& after);
  base::Status finish_decision(const std::string& id, const base::Status& committed,
                               const Approval& after);
  void tell_news();
  void forgotten(const std::string& id, const base::Json& event);
  void redeemed(const std::string& id);
  void released(const std::string& id);

  // With mutex_ held:
  base::Status check_room(const Ask& ask) const;
  Entry* find_standing(const std::string& id);
  void add(Approval approval, bool durable);
  void schedule(Entry& entry, WallTime due);
  void add_news(const Approval& approval, Notice notice);
  void settle_due();
  void settle(Entry& entry, WallTime now);
  void take_out(const std::string& id);
  void use_up(Entry& entry);
  static void wake(Entry& entry);
  std::string fresh_id() const;

  base::Journal& journal_;
  const ledger::Clock& clock_;
  const ApprovalLimits limits_;
  Observer observer_;

  std::mutex mutex_;  // guards all below
  bool ending_ = false;
  std::unordered_map<std::string, Entry> entries_;
  std::unordered_map<std::string, std::string> by_print_;  ///< of those that a call may find
  std::unordered_multimap<std::string, std::string> by_family_;  ///< of those that are remembered
  std::set<Due> due_;  ///< when the clock changes which one
  std::vector<std::pair<Approval, Notice>> news_;  ///< that the observer is told without mutex_
  std::deque<std::string> used_;  ///< redeemed: kept for a while, to say who decided
};

}  // namespace policies::approvals
