#include "policies/approvals/memory_approvals.h"

#include <algorithm>
#include <tuple>

#include <asio/redirect_error.hpp>

#include "policies/approvals/approval_events.h"

namespace policies::approvals {
namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;
using base::Status;

constexpr std::size_t most_used = 1'000;

}  // namespace

class MemoryApprovals::MemoryGrant final : public Grant {
 public:
  MemoryGrant(MemoryApprovals& approvals, Approval approval, std::string request)
      : approvals_(approvals), approval_(std::move(approval)), request_(std::move(request)) {}
  ~MemoryGrant() override {
    if (!committed_) approvals_.released(approval_.id);
  }
  MemoryGrant(const MemoryGrant&) = delete;
  MemoryGrant& operator=(const MemoryGrant&) = delete;

  const Approval& approval() const override { return approval_; }
  std::vector<base::JournalEntry> entries(const std::string& intent) const override {
    Approval after = approval_;
    Json event = redeemed_event(request_, intent, approvals_.clock_.wall());
    [[maybe_unused]] const Status applied = apply_event(after, event);
    return {entry_of(after, std::move(event))};
  }
  void committed() override {
    committed_ = true;
    approvals_.redeemed(approval_.id);
  }

 private:
  MemoryApprovals& approvals_;
  const Approval approval_;
  const std::string request_;
  bool committed_ = false;
};

MemoryApprovals::MemoryApprovals(base::Journal& journal, const ledger::Clock& clock,
                                 const std::vector<Approval>& stored, ApprovalLimits limits)
    : journal_(journal), clock_(clock), limits_(limits) {
  for (const Approval& approval : stored) add(approval, true);
}

base::Task<Result<Answer>> MemoryApprovals::ask(Ask ask) {
  if (auto remembered = find_remembered(ask)) co_return Answer{*std::move(remembered), true};
  Result<Begun> begun = begin(std::move(ask));
  if (!begun) co_return begun.error();
  if (begun->standing) co_return Answer{*std::move(begun->standing), false};
  // Without entries this waits for those of the call that asked first.
  const bool is_first = !begun->entries.empty();
  const Status committed = co_await journal_.commit(std::move(begun->entries));
  Result<Approval> asked = finish(begun->id, committed, is_first);
  tell_news();
  if (!asked) co_return asked.error();
  co_return Answer{*std::move(asked), false};
}

std::optional<Approval> MemoryApprovals::find_remembered(const Ask& ask) {
  std::vector<Remembering> candidates;
  {
    const std::lock_guard lock(mutex_);
    settle_due();
    if (by_family_.empty()) return std::nullopt;
    const WallTime now = clock_.wall();
    const auto [first, last] = by_family_.equal_range(family(ask));
    for (auto found = first; found != last; ++found) {
      const Entry& entry = entries_.at(found->second);
      // An approval that nobody has collected may stand for longer than what is remembered of it.
      const bool holds = entry.remembered && now < entry.approval.remembered->until;
      if (holds) candidates.push_back({*entry.remembered, entry.approval});
    }
  }
  if (candidates.empty()) return std::nullopt;
  const auto arguments = base::parse_json(ask.arguments);
  if (!arguments) return std::nullopt;
  for (Remembering& candidate : candidates) {
    const auto verdict = candidate.schema.decide(arguments->value);
    if (verdict == tools::schema::Verdict::valid) return std::move(candidate.approval);
  }
  return std::nullopt;
}

Result<MemoryApprovals::Begun> MemoryApprovals::begin(Ask ask) {
  const std::string print = fingerprint(ask);
  const std::lock_guard lock(mutex_);
  settle_due();
  if (const auto found = by_print_.find(print); found != by_print_.end()) {
    const Entry& entry = entries_.at(found->second);
    if (!entry.durable) return Begun{found->second, std::nullopt, {}};
    return Begun{found->second, entry.approval, {}};
  }
  if (Status room = check_room(ask); !room) return room.error();
  Approval approval;
  approval.id = fresh_id();
  approval.asked = clock_.wall();
  approval.ask = std::move(ask);
  Json event = asked_event(approval);
  // What stands here is what a start would read.
  Approval kept;
  kept.id = approval.id;
  if (Status applied = apply_event(kept, event); !applied) return applied.error();
  Begun begun{kept.id, std::nullopt, {entry_of(kept, std::move(event))}};
  add(std::move(kept), false);
  return begun;
}

Status MemoryApprovals::check_room(const Ask& ask) const {
  std::size_t waiting = 0;
  for (const auto& [id, entry] : entries_) {
    const Approval& other = entry.approval;
    if (other.state == State::pending && other.ask.tenant == ask.tenant &&
        other.ask.agent == ask.agent) {
      ++waiting;
    }
  }
  if (waiting < limits_.waiting_per_agent && by_print_.size() < limits_.standing) return {};
  return too_many_waiting(ask.agent);
}

Result<Approval> MemoryApprovals::finish(const std::string& id, const Status& committed,
                                         bool is_first) {
  const std::lock_guard lock(mutex_);
  Entry* entry = find_standing(id);
  if (entry == nullptr) return Error{Code::unavailable, "the question was not recorded", {}};
  if (!committed) {
    if (!entry->durable) take_out(id);
    return committed.error();
  }
  entry->durable = true;
  if (is_first) add_news(entry->approval, Notice::created);
  return entry->approval;
}

base::Task<Result<Approval>> MemoryApprovals::wait(base::Loop& loop, std::string id,
                                                   std::chrono::milliseconds longest,
                                                   base::Cancellation* cancellation) {
  base::SteadyTime end = std::chrono::steady_clock::now() + longest;
  while (true) {
    const Alarm alarm = std::make_shared<base::Timer>(loop.io());
    Result<Approval> seen = look(id, alarm, end);
    const bool given_up = loop.ending() || (cancellation != nullptr && cancellation->requested());
    const bool goes_on = seen && seen->state == State::pending && !given_up &&
                         std::chrono::steady_clock::now() < end;
    if (!goes_on) {
      stop_waiting(id, alarm);
      co_return seen;
    }
    // For the end of the loop; wake() cancels it as well.
    base::Deadline deadline(loop.watchdog(), [alarm] { alarm->cancel(); });
    const base::CancellationScope scope(cancellation, [alarm] { alarm->cancel(); });
    std::error_code ignored;
    co_await alarm->async_wait(asio::redirect_error(base::use_task, ignored));
    stop_waiting(id, alarm);
  }
}

base::Task<void> MemoryApprovals::settle() {
  {
    const std::lock_guard lock(mutex_);
    settle_due();
  }
  tell_news();
  co_return;
}

void MemoryApprovals::add_news(const Approval& approval, Notice notice) {
  if (observer_) news_.emplace_back(approval, notice);
}

void MemoryApprovals::tell_news() {
  if (!observer_) return;
  decltype(news_) news;
  {
    const std::lock_guard lock(mutex_);
    news.swap(news_);
  }
  for (const auto& [approval, notice] : news) observer_(approval, notice);
}

void MemoryApprovals::end_waiting() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  for (auto& [id, entry] : entries_) wake(entry);
}

// While it is pending, `alarm` is set and known. Nothing runs between this and the wait for the
// alarm on its loop, to which wake() posts: no decision is missed.
Result<Approval> MemoryApprovals::look(const std::string& id, const Alarm& alarm,
                                       base::SteadyTime& end) {
  const std::lock_guard lock(mutex_);
  settle_due();
  Entry* entry = find_standing(id);
  if (entry == nullptr) return no_such_approval(id);
  if (entry->approval.state != State::pending) return entry->approval;
  if (ending_) {
    end = std::chrono::steady_clock::now();
    return entry->approval;
  }
  const auto left = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      entry->approval.until - clock_.wall());
  alarm->expires_at(std::min(end, std::chrono::steady_clock::now() + left));
  entry->waiting.push_back(alarm);
  return entry->approval;
}

void MemoryApprovals::stop_waiting(const std::string& id, const Alarm& alarm) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found != entries_.end()) std::erase(found->second.waiting, alarm);
}

base::Task<Result<std::unique_ptr<Grant>>> MemoryApprovals::claim(std::string id,
                                                                  std::string request) {
  const std::lock_guard lock(mutex_);
  settle_due();
  const auto found = entries_.find(id);
  if (found == entries_.end()) co_return no_such_approval(id);
  Entry& entry = found->second;
  const std::string& user =
      entry.claimed_by.empty() ? entry.approval.redeemed_by : entry.claimed_by;
  if (!user.empty()) co_return used_before(id, user);
  if (entry.approval.state != State::approved) co_return no_such_approval(id);
  entry.claimed_by = request;
  co_return std::unique_ptr<Grant>(
      std::make_unique<MemoryGrant>(*this, entry.approval, std::move(request)));
}

void MemoryApprovals::redeemed(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_.at(id);
  by_print_.erase(entry.print);
  entry.approval.state = State::redeemed;
  entry.approval.redeemed_by = std::move(entry.claimed_by);
  entry.claimed_by.clear();
  if (entry.approval.remembered) {
    entry.approval.until = entry.approval.remembered->until;
    return schedule(entry, entry.approval.until);
  }
  use_up(entry);
}

void MemoryApprovals::use_up(Entry& entry) {
  due_.erase({entry.due, entry.approval.id});
  used_.push_back(entry.approval.id);
  entry.approval.ask.arguments.clear();
  entry.approval.edited.reset();
  if (used_.size() <= most_used) return;
  entries_.erase(used_.front());
  used_.pop_front();
}

void MemoryApprovals::released(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (Entry* entry = find_standing(id)) entry->claimed_by.clear();
}

base::Task<Status> MemoryApprovals::end(std::string id, std::string reason) {
  std::vector<base::JournalEntry> entries;
  {
    const std::lock_guard lock(mutex_);
    Entry* entry = find_standing(id);
    const bool stands = entry != nullptr && entry->approval.state != State::pending &&
                        entry->approval.state != State::redeemed && entry->claimed_by.empty();
    if (!stands) co_return Status();
    entries.push_back(entry_of(entry->approval, ended_event(reason, clock_.wall())));
    take_out(id);
  }
  co_return co_await journal_.commit(std::move(entries));
}

base::Task<Result<Approval>> MemoryApprovals::decide(std::string id, Decision decision) {
  Approval after;
  Result<base::JournalEntry> record = begin_decision(id, decision, after);
  if (!record) co_return record.error();
  std::vector<base::JournalEntry> entries;
  entries.push_back(*std::move(record));
  const Status committed = co_await journal_.commit(std::move(entries));
  const Status taken = finish_decision(id, committed, after);
  tell_news();
  if (!taken) co_return taken.error();
  co_return after;
}

Status MemoryApprovals::finish_decision(const std::string& id, const Status& committed,
                                        const Approval& after) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_.at(id);  // nobody takes out what is being decided
  entry.deciding.clear();
  if (!committed) return committed;
  entry.approval = after;
  schedule(entry, after.until);
  if (after.remembered && after.state == State::approved) {
    entry.remembered = compile_predicate(after.remembered->arguments);
    by_family_.emplace(family(after.ask), id);
  }
  if (after.state == State::pending) return {};
  wake(entry);
  add_news(after, Notice::decided);
  return {};
}

// Checks and takes the decision, so that nobody else decides while it is written.
Result<base::JournalEntry> MemoryApprovals::begin_decision(const std::string& id,
                                                           const Decision& decision,
                                                           Approval& after) {
  const std::lock_guard lock(mutex_);
  settle_due();
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.durable) return no_such_approval(id);
  Entry& entry = found->second;
  if (!entry.deciding.empty()) {
    return Error{Code::refused, entry.deciding + " is deciding " + id + " at this moment.", {}};
  }
  if (Status allowed = check_decision(entry.approval, decision); !allowed) return allowed.error();
  after = entry.approval;
  Json event = vote_event(decision, clock_.wall());
  if (Status applied = apply_event(after, event); !applied) return applied.error();
  if (Status may = check_remembering(after, decision); !may) return may.error();
  entry.deciding = decision.decider.person;
  return entry_of(after, std::move(event));
}

base::Task<Result<Approval>> MemoryApprovals::forget(std::string id, Decider decider) {
  Approval after;
  Json event;
  std::vector<base::JournalEntry> entries;
  {
    const std::lock_guard lock(mutex_);
    settle_due();
    const Entry* entry = find_standing(id);
    const bool holds = entry != nullptr && entry->approval.speaks_for_others();
    if (!holds) co_return nothing_remembered(id);
    after = entry->approval;
    event = forgotten_event(decider, clock_.wall());
    if (Status applied = apply_event(after, event); !applied) co_return applied.error();
    entries.push_back(entry_of(after, event));
  }
  const Status committed = co_await journal_.commit(std::move(entries));
  if (!committed) co_return committed.error();
  forgotten(id, event);
  co_return after;
}

// It may have been used, or be over, since it was looked at.
void MemoryApprovals::forgotten(const std::string& id, const Json& event) {
  const std::lock_guard lock(mutex_);
  Entry* entry = find_standing(id);
  if (entry == nullptr || !entry->approval.remembered) return;
  [[maybe_unused]] const Status applied = apply_event(entry->approval, event);
  std::erase_if(by_family_, [&](const auto& remembered) { return remembered.second == id; });
  entry->remembered.reset();
  if (entry->approval.state == State::redeemed) return use_up(*entry);
  schedule(*entry, entry->approval.until);
}

base::Task<Result<Approval>> MemoryApprovals::find(std::string id) {
  const std::lock_guard lock(mutex_);
  settle_due();
  Entry* entry = find_standing(id);
  if (entry == nullptr || !entry->durable) co_return no_such_approval(id);
  co_return entry->approval;
}

base::Task<Result<std::vector<Approval>>> MemoryApprovals::list() {
  std::vector<Approval> standing;
  {
    const std::lock_guard lock(mutex_);
    settle_due();
    for (const auto& [id, entry] : entries_) {
      const bool used_up =
          entry.approval.state == State::redeemed && !entry.approval.remembered.has_value();
      if (entry.durable && !used_up) standing.push_back(entry.approval);
    }
  }
  std::sort(standing.begin(), standing.end(), [](const Approval& one, const Approval& other) {
    return std::tie(one.asked, one.id) < std::tie(other.asked, other.id);
  });
  co_return standing;
}

}  // namespace policies::approvals
