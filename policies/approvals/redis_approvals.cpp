#include "policies/approvals/redis_approvals.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>

#include "base/crypto.h"
#include "policies/approvals/approval_events.h"

namespace policies::approvals {
namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;
using base::Status;
using base::Task;

constexpr std::size_t name_length = 12;
// Somebody else was faster each time.
constexpr int most_attempts = 100;
constexpr std::chrono::milliseconds retry_pause{500};
// For when a change was missed after all.
constexpr std::chrono::seconds longest_turn{15};

asio::execution_context& context_of(const base::Executor& executor) {
  return asio::query(executor, asio::execution::context);
}

Error too_busy() {
  return {Code::unavailable, "The store does not answer.", "the approval changes all the time"};
}

}  // namespace

RedisApprovals::RedisApprovals(base::EventLoops& loops, const base::RedisAddress& address,
                               base::Journal& journal, ApprovalLimits limits)
    : journal_(journal),
      limits_(limits),
      name_(base::random_text("0123456789abcdefghijklmnopqrstuvwxyz", name_length)) {
  for (std::size_t at = 0; at < loops.size(); ++at) {
    nodes_.push_back(std::make_unique<Node>(loops.at(at), address));
  }
}

RedisApprovals::~RedisApprovals() = default;

RedisApprovals::Node& RedisApprovals::node_of(const asio::execution_context& context) {
  for (const auto& node : nodes_) {
    if (&node->store.loop().io() == &context) return *node;
  }
  return *nodes_.front();
}

// A start needs to know nothing of it from the journal: Redis does.
Result<Change> RedisApprovals::change_of(const Loaded& before, Json event) const {
  Change change{before.approval, {}, event.at("event") == "ended"};
  if (Status applied = apply_event(change.after, event); !applied) return applied.error();
  event["gateway"] = name_;
  event["left"] = "nothing";
  change.event = entry_of(change.after, std::move(event)).body;
  return change;
}

Status RedisApprovals::record(const Change& change) {
  std::vector<base::JournalEntry> entries;
  entries.push_back(
      {approval_stream, change.after.id, change.event, base::JournalEntry::Item::none});
  return journal_.submit(std::move(entries));
}

void RedisApprovals::tell(const Approval& approval, Notice notice) const {
  if (observer_) observer_(approval, notice);
}

Task<Status> RedisApprovals::commit(const Change& change) {
  std::vector<base::JournalEntry> entries;
  entries.push_back(
      {approval_stream, change.after.id, change.event, base::JournalEntry::Item::none});
  co_return co_await journal_.commit(std::move(entries));
}

// The approval as it is now: when its time has come, one of the gateways does what the clock does.
Task<Result<Loaded>> RedisApprovals::current(RedisStore& store, std::string tenant,
                                             std::string id) {
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    auto loaded = co_await store.load(tenant, id);
    if (!loaded || !loaded->exists() || loaded->used_up()) co_return loaded;
    if (loaded->now < loaded->approval.until) co_return loaded;
    const auto change = change_of(*loaded, clock_event(loaded->approval, loaded->now));
    if (!change) co_return change.error();
    const auto appended = co_await store.append(*loaded, *change, limits_);
    if (!appended) co_return appended.error();
    if (*appended != Appended::done) continue;
    const bool was_pending = loaded->approval.state == State::pending;
    const bool passed_on = change->after.state == State::pending;
    if (was_pending) tell(change->after, passed_on ? Notice::escalated : Notice::decided);
    if (Status taken = record(*change); !taken) co_return taken.error();
  }
  co_return too_busy();
}

Task<Result<Loaded>> RedisApprovals::look_up(RedisStore& store, std::string id) {
  const auto tenant = co_await store.tenant_of(id);
  if (!tenant) co_return tenant.error();
  auto loaded = co_await current(store, *tenant, id);
  if (loaded && !loaded->exists()) co_return no_such_approval(id);
  co_return loaded;
}

Task<Result<Answer>> RedisApprovals::ask(Ask ask) {
  RedisStore& store = node_of(context_of(co_await asio::this_coro::executor)).store;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto found = co_await store.look(ask.tenant, fingerprint(ask), family(ask));
    if (!found) co_return found.error();
    auto remembered = co_await find_remembered(store, ask, found->remembered);
    if (!remembered) co_return remembered.error();
    if (*remembered) co_return Answer{**std::move(remembered), true};
    if (found->id.empty()) {
      auto created = co_await create(store, ask);
      if (created) co_return Answer{*std::move(created), false};
      if (created.error().code != Code::refused) co_return created.error();
      continue;  // another gateway was asked the same
    }
    auto loaded = co_await current(store, ask.tenant, found->id);
    if (!loaded) co_return loaded.error();
    const bool stands = loaded->exists() && loaded->approval.state != State::redeemed;
    if (stands) co_return Answer{std::move(loaded->approval), false};
  }
  co_return too_busy();
}

Task<Result<std::optional<Approval>>> RedisApprovals::find_remembered(
    RedisStore& store, const Ask& ask, const std::vector<std::string>& ids) {
  if (ids.empty()) co_return std::optional<Approval>();
  const auto arguments = base::parse_json(ask.arguments);
  if (!arguments) co_return std::optional<Approval>();
  for (const std::string& id : ids) {
    auto loaded = co_await current(store, ask.tenant, id);
    if (!loaded) co_return loaded.error();
    if (!loaded->exists() || !loaded->approval.speaks_for_others()) continue;
    // An approval that nobody has collected may stand for longer than what is remembered of it.
    if (loaded->approval.remembered->until <= loaded->now) continue;
    const auto schema = compile_predicate(loaded->approval.remembered->arguments);
    if (schema && schema->decide(arguments->value) == tools::schema::Verdict::valid) {
      co_return std::optional<Approval>(std::move(loaded->approval));
    }
  }
  co_return std::optional<Approval>();
}

// Code::refused: it exists. What could not be recorded is taken back, as far as nobody has decided
// it meanwhile.
Task<Result<Approval>> RedisApprovals::create(RedisStore& store, Ask ask) {
  const std::string id = random_approval_id();
  auto before = co_await store.load(ask.tenant, id);  // for the time
  if (!before) co_return before.error();
  if (before->exists()) co_return Error{Code::refused, "the id is taken", {}};
  Approval asked;
  asked.asked = before->now;
  asked.ask = std::move(ask);
  const auto change = change_of(*before, asked_event(asked));
  if (!change) co_return change.error();
  const auto appended = co_await store.append(*before, *change, limits_);
  if (!appended) co_return appended.error();
  if (*appended == Appended::too_many) co_return too_many_waiting(asked.ask.agent);
  if (*appended != Appended::done) co_return Error{Code::refused, "it was asked before", {}};
  const Status committed = co_await commit(*change);
  if (committed) {
    tell(change->after, Notice::created);
    co_return change->after;
  }
  before->approval = change->after;
  before->events.push_back(change->event);
  const auto taken_back = change_of(*before, ended_event("it was not recorded", before->now));
  if (taken_back) (void)co_await store.append(*before, *taken_back, limits_);
  co_return committed.error();
}

Task<Result<Approval>> RedisApprovals::wait(base::Loop& loop, std::string id,
                                            std::chrono::milliseconds longest,
                                            base::Cancellation* cancellation) {
  Node& node = node_of(loop.io());
  const base::SteadyTime end = std::chrono::steady_clock::now() + longest;
  Result<std::string> tenant = Error{Code::unavailable, "The store does not answer.", {}};
  while (true) {
    const auto alarm = std::make_shared<RedisAlarm>(loop);
    if (!tenant) tenant = co_await node.store.tenant_of(id);
    std::optional<RedisWaiting::Place> place;
    if (tenant) place.emplace(node.waiting, *tenant, id, alarm);
    Result<Loaded> seen = Error{Code::unavailable, "The store does not answer.", {}};
    if (tenant) {
      seen = co_await current(node.store, *tenant, id);
    } else {
      seen = tenant.error();
    }
    const auto now = std::chrono::steady_clock::now();
    if (seen && !seen->exists()) co_return no_such_approval(id);
    const bool given_up = ending_ || loop.ending() || now >= end ||
                          (cancellation != nullptr && cancellation->requested());
    const bool away = !seen && seen.error().code == Code::unavailable;
    const bool pending = seen && seen->approval.state == State::pending;
    if (given_up || (!away && !pending)) {
      if (!seen) co_return seen.error();
      co_return std::move(seen->approval);
    }
    base::SteadyTime next = now + retry_pause;
    if (seen) {
      node.waiting.follow(*tenant, seen->now);
      const auto left = seen->approval.until - seen->now;
      next = now + std::min<std::chrono::nanoseconds>(left, longest_turn);
    }
    if (alarm->rung) continue;
    alarm->timer.expires_at(std::min(end, next));
    base::Deadline deadline(loop.watchdog(), [alarm] { alarm->ring(); });
    const base::CancellationScope scope(cancellation, [alarm] { alarm->ring(); });
    std::error_code ignored;
    co_await alarm->timer.async_wait(asio::redirect_error(base::use_task, ignored));
  }
}

void RedisApprovals::end_waiting() {
  ending_ = true;
  for (const auto& node : nodes_) {
    asio::post(node->store.loop().io(), [&waiting = node->waiting] { waiting.ring_all(); });
  }
}

Task<Status> RedisApprovals::end(std::string id, std::string reason) {
  RedisStore& store = node_of(context_of(co_await asio::this_coro::executor)).store;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto loaded = co_await look_up(store, id);
    if (!loaded && loaded.error().code == Code::not_found) co_return Status();
    if (!loaded) co_return loaded.error();
    const State state = loaded->approval.state;
    if (state == State::pending || state == State::redeemed) co_return Status();
    const auto change = change_of(*loaded, ended_event(reason, loaded->now));
    if (!change) co_return change.error();
    const auto appended = co_await store.append(*loaded, *change, limits_);
    if (!appended) co_return appended.error();
    if (*appended == Appended::done) co_return co_await commit(*change);
  }
  co_return too_busy();
}

// A word is in the journal before it counts. `recorded` is what is there of it by now.
Task<Result<Approval>> RedisApprovals::add_word(RedisStore& store, std::string id,
                                                const Decision& decision, std::string& recorded) {
  std::optional<WallTime> said;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto loaded = co_await look_up(store, id);
    if (!loaded) co_return loaded.error();
    if (Status allowed = check_decision(loaded->approval, decision); !allowed) {
      co_return allowed.error();
    }
    if (!said) said = loaded->now;
    const auto change = change_of(*loaded, vote_event(decision, *said));
    if (!change) co_return change.error();
    if (Status may = check_remembering(change->after, decision); !may) co_return may.error();
    if (recorded != change->event) {
      if (Status committed = co_await commit(*change); !committed) co_return committed.error();
      recorded = change->event;
    }
    const auto appended = co_await store.append(*loaded, *change, limits_);
    if (!appended) {
      co_return Error{Code::unavailable,
                      "The store did not answer: look whether " + id + " is decided.",
                      appended.error().detail};
    }
    if (*appended != Appended::done) continue;
    if (change->after.state != State::pending) tell(change->after, Notice::decided);
    co_return change->after;
  }
  co_return too_busy();
}

Task<Result<Approval>> RedisApprovals::decide(std::string id, Decision decision) {
  RedisStore& store = node_of(context_of(co_await asio::this_coro::executor)).store;
  std::string recorded;
  auto decided = co_await add_word(store, id, decision, recorded);
  if (decided || recorded.empty()) co_return decided;
  // The journal has a word that did not count, or of which nobody knows.
  std::vector<base::JournalEntry> entries;
  Json event = void_event(decision.decider.person, decided.error().message,
                          std::chrono::system_clock::now());
  event["gateway"] = name_;
  entries.push_back({approval_stream, id, base::dump_json(event), base::JournalEntry::Item::none});
  (void)co_await journal_.commit(std::move(entries));
  co_return decided;
}

Task<Result<Approval>> RedisApprovals::forget(std::string id, Decider decider) {
  RedisStore& store = node_of(context_of(co_await asio::this_coro::executor)).store;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto loaded = co_await look_up(store, id);
    if (!loaded) co_return loaded.error();
    if (!loaded->approval.speaks_for_others()) co_return nothing_remembered(id);
    const auto change = change_of(*loaded, forgotten_event(decider, loaded->now));
    if (!change) co_return change.error();
    const auto appended = co_await store.append(*loaded, *change, limits_);
    if (!appended) co_return appended.error();
    if (*appended != Appended::done) continue;
    if (Status committed = co_await commit(*change); !committed) co_return committed.error();
    co_return change->after;
  }
  co_return too_busy();
}

Task<Result<Approval>> RedisApprovals::find(std::string id) {
  RedisStore& store = node_of(context_of(co_await asio::this_coro::executor)).store;
  auto loaded = co_await look_up(store, id);
  if (!loaded) co_return loaded.error();
  if (loaded->used_up()) co_return no_such_approval(id);
  co_return std::move(loaded->approval);
}

Task<Result<std::vector<Approval>>> RedisApprovals::list() {
  RedisStore& store = node_of(context_of(co_await asio::this_coro::executor)).store;
  const auto tenants = co_await store.tenants();
  if (!tenants) co_return tenants.error();
  std::vector<Approval> standing;
  for (const std::string& tenant : *tenants) {
    const auto ids = co_await store.standing(tenant);
    if (!ids) co_return ids.error();
    for (const std::string& id : *ids) {
      auto loaded = co_await current(store, tenant, id);
      if (!loaded) co_return loaded.error();
      if (loaded->exists() && !loaded->used_up()) standing.push_back(std::move(loaded->approval));
    }
  }
  std::sort(standing.begin(), standing.end(), [](const Approval& one, const Approval& other) {
    return std::tie(one.asked, one.id) < std::tie(other.asked, other.id);
  });
  co_return standing;
}

Task<void> RedisApprovals::settle() {
  RedisStore& store = node_of(context_of(co_await asio::this_coro::executor)).store;
  const auto tenants = co_await store.tenants();
  if (!tenants) co_return;  // the next time
  for (const std::string& tenant : *tenants) {
    const auto due = co_await store.due(tenant);
    if (!due) co_return;
    for (const std::string& id : *due) (void)co_await current(store, tenant, id);
  }
}

}  // namespace policies::approvals
