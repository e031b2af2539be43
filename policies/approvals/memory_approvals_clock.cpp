#include <algorithm>
#include <utility>

#include <asio/post.hpp>

#include "base/crypto.h"
#include "policies/approvals/approval_events.h"
#include "policies/approvals/memory_approvals.h"

namespace policies::approvals {
namespace {

using base::Json;
using base::Status;

constexpr std::string_view id_alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t id_length = 8;
// What somebody is working on at its due time is looked at again after this.
constexpr std::chrono::seconds again{1};

}  // namespace

std::optional<tools::schema::Schema> MemoryApprovals::compile_predicate(
    const std::string& text) {
  const auto parsed = base::parse_json(text);
  if (!parsed || parsed->inexact) return std::nullopt;
  tools::schema::CompileOptions options;
  options.assert_format = true;  // as in policy files
  auto schema = tools::schema::Schema::compile(parsed->value, options);
  if (!schema) return std::nullopt;
  return *std::move(schema);
}

// What a call or a person may still find; not what a call has used.
MemoryApprovals::Entry* MemoryApprovals::find_standing(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return nullptr;
  const Approval& approval = found->second.approval;
  const bool used_up = approval.state == State::redeemed && !approval.remembered;
  return used_up ? nullptr : &found->second;
}

void MemoryApprovals::add(Approval approval, bool durable) {
  const std::string id = approval.id;
  Entry& entry = entries_[id];
  entry.print = fingerprint(approval.ask);
  entry.durable = durable;
  entry.approval = std::move(approval);
  if (entry.approval.state != State::redeemed) by_print_[entry.print] = id;
  if (entry.approval.remembered && entry.approval.decided_by() != "") {
    entry.remembered = compile_predicate(entry.approval.remembered->arguments);
    by_family_.emplace(family(entry.approval.ask), id);
  }
  schedule(entry, entry.approval.until);
}

void MemoryApprovals::schedule(Entry& entry, WallTime due) {
  due_.erase({entry.due, entry.approval.id});
  entry.due = due;
  due_.emplace(due, entry.approval.id);
}

// Lets the clock do what it has to do by now. Its records are handed over in here, so that they
// stand in the journal in the order of what happened; a start would come to the same from the times
// alone.
void MemoryApprovals::settle() {
  const WallTime now = clock_.wall();
  while (!due_.empty() && due_.begin()->first <= now) {
    const std::string id = due_.begin()->second;
    due_.erase(due_.begin());
    Entry& entry = entries_.at(id);
    if (!entry.deciding.empty() || !entry.claimed_by.empty() || !entry.durable) {
      schedule(entry, now + again);
    } else {
      settle(entry, now);
    }
  }
}

void MemoryApprovals::settle(Entry& entry, WallTime now) {
  Approval& approval = entry.approval;
  const std::string id = approval.id;
  const bool pending = approval.state == State::pending;
  const auto escalates = [](const Clause& clause) { return !clause.escalate_to.empty(); };
  const bool passes_on =
      pending && !approval.escalated &&
      std::any_of(approval.clauses.begin(), approval.clauses.end(), escalates);
  Json event = passes_on ? escalated_event(now)
               : pending ? expired_event(now)
                         : ended_event("its time has passed", now);
  [[maybe_unused]] const Status applied = apply_event(approval, event);
  std::vector<base::JournalEntry> entries;
  entries.push_back(entry_of(approval, std::move(event)));
  [[maybe_unused]] const Status taken = journal_.submit(std::move(entries));
  if (!pending) return take_out(id);
  schedule(entry, approval.until);
  if (!passes_on) wake(entry);
}

void MemoryApprovals::take_out(const std::string& id) {
  const auto found = entries_.find(id);
  Entry& entry = found->second;
  due_.erase({entry.due, id});
  if (const auto print = by_print_.find(entry.print);
      print != by_print_.end() && print->second == id) {
    by_print_.erase(print);
  }
  std::erase_if(by_family_, [&](const auto& remembered) { return remembered.second == id; });
  wake(entry);
  entries_.erase(found);
}

void MemoryApprovals::wake(Entry& entry) {
  for (const Alarm& alarm : entry.waiting) {
    asio::post(alarm->get_executor(), [alarm] { alarm->cancel(); });
  }
  entry.waiting.clear();
}

std::string MemoryApprovals::fresh_id() const {
  while (true) {
    std::string id = "apr_" + base::random_text(id_alphabet, id_length);
    if (!entries_.contains(id)) return id;
  }
}

}  // namespace policies::approvals
