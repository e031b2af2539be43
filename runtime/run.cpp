#include "runtime/run.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <asio/redirect_error.hpp>

#include "runtime/lost_call.h"

namespace runtime {
namespace {

constexpr std::chrono::milliseconds journal_pause{200};
constexpr std::size_t most_at_once = 8 << 20;
constexpr std::chrono::milliseconds first_store_pause{250}, longest_store_pause{30'000};
constexpr std::chrono::milliseconds store_look{1'000};

}  // namespace

void Run::begin(const Event& started) {
  state_.apply(started);
  known_ = true;
  s_.contexts.put(loop_, id_, {started}, state_.start().context.ttl);
}

base::Task<base::Status> Run::recover() {
  // What was submitted at the start, such as answers for open intents, is durable after this.
  if (auto durable = co_await commit({}); !durable) co_return durable;
  auto events = co_await s_.reader.all(id_);
  if (!events) co_return events.error();
  if (events->empty()) co_return base::Error{base::Code::broken, "The run has no events.", {}};
  for (const StoredEvent& stored : *events) state_.apply(stored.event);
  if (auto told = co_await find_lost_calls(); !told) co_return told;
  known_ = true;
  news_.push_back({Recovered{}, {}, {}});
  for (const CallState& call : state_.calls()) {
    if (call.phase == CallState::Phase::approval) loop_.spawn(watch(call.approval));
  }
  for (News& word : std::exchange(early_, {})) tell(std::move(word.what), std::move(word.done));
  co_return base::Status();
}

// A call whose intent is in the journal may have happened, whoever closed the intent meanwhile,
// even a gateway that did not know this run.
base::Task<base::Status> Run::find_lost_calls() {
  for (std::size_t index = 0; index < state_.calls().size(); ++index) {
    const CallState& call = state_.calls()[index];
    if (call.phase != CallState::Phase::wanted) continue;
    const auto name = name_of_call(index);
    const auto intent = co_await s_.reader.intent(name);
    if (!intent) co_return intent.error();
    if (!*intent) continue;
    news_.push_back({lost_call(name, **intent, *s_.snapshot.get()->policy), {}, {}});
  }
  co_return base::Status();
}

CallName Run::name_of_call(std::size_t index) const {
  return {id_, state_.turn(), static_cast<std::int64_t>(index), state_.calls()[index].attempt};
}

void Run::give_up(const base::Error& why) {
  given_up_ = why;
  for (const News& word : std::exchange(early_, {})) word.done(why);
  for (const News& word : std::exchange(news_, {})) {
    if (word.done) word.done(why);
  }
}

base::Task<bool> Run::drive() {
  const auto self = shared_from_this();
  while (true) {
    if (!news_.empty()) {
      std::vector<News> news(std::make_move_iterator(news_.begin()),
                             std::make_move_iterator(news_.end()));
      news_.clear();
      co_await record(std::move(news));
      if (loop_.ending()) co_return false;
      continue;
    }
    // An answer on its way belongs to the run even when that has ended: it is paid for.
    if (state_.end() && !in_flight_.model && in_flight_.calls.empty()) co_return true;
    Plan next = plan(state_, in_flight_);
    if (!next.record.empty()) {
      for (What& what : next.record) news_.push_back({std::move(what), {}, {}});
      continue;
    }
    if (s_.going.draining) next = {{}, false, {}, next.wake};
    if (next.ask_model) {
      in_flight_.model = true;
      loop_.spawn(ask(state_.turn(), state_.asks()));
    }
    for (const std::size_t index : next.calls) {
      in_flight_.calls.insert(index);
      ++s_.going.calls;
      loop_.spawn(call(index));
    }
    co_await sleep_until(next.wake);
    if (loop_.ending()) co_return false;
    if (next.wake && s_.clock.now() >= *next.wake) news_.push_back({Ticked{}, {}, {}});
  }
}

void Run::tell(What what, Done done) {
  if (given_up_) return done(*given_up_);
  if (!known_) {
    early_.push_back({std::move(what), {}, std::move(done)});
    return;
  }
  if (auto reason = why_not(what)) {
    return done(base::Error{base::Code::invalid, *std::move(reason), {}});
  }
  const auto* resolved = std::get_if<Resolved>(&what);
  if (resolved != nullptr) resolving_.insert(static_cast<std::size_t>(resolved->index));
  deliver({std::move(what), {}, std::move(done)});
}

std::optional<std::string> Run::why_not(const What& what) const {
  if (state_.end())
    return "The run has ended: " + std::string(to_string(state_.end()->status)) + ".";
  if (std::holds_alternative<Paused>(what) && state_.paused()) return "The run is paused already.";
  if (std::holds_alternative<Resumed>(what) && !state_.paused()) return "The run is not paused.";
  const auto* resolved = std::get_if<Resolved>(&what);
  if (resolved == nullptr) return std::nullopt;
  const auto index = static_cast<std::size_t>(resolved->index);
  const bool waits = state_.phase() == RunState::Phase::acting && resolved->turn == state_.turn() &&
                     resolved->index >= 0 && index < state_.calls().size() &&
                     state_.calls()[index].phase == CallState::Phase::unknown;
  if (waits && resolving_.contains(index)) {
    return "Somebody says at this moment what became of call " + std::to_string(resolved->turn) +
           "." + std::to_string(resolved->index) + ".";
  }
  if (waits) return std::nullopt;
  return "The outcome of call " + std::to_string(resolved->turn) + "." +
         std::to_string(resolved->index) + " is not unknown.";
}

void Run::deliver(News news) {
  news_.push_back(std::move(news));
  wake();
}

void Run::wake() {
  woken_ = true;
  timer_.cancel();
}

base::Task<void> Run::sleep_until(std::optional<Time> at) {
  if (!woken_ && !loop_.ending()) {
    base::Deadline deadline(loop_.watchdog(), [this] { timer_.cancel(); });
    if (at) deadline.set(s_.clock.steady(*at));
    timer_.expires_at(base::SteadyTime::max());
    std::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(base::use_task, ignored));
  }
  woken_ = false;
}

// In order, tried again until the journal takes it; in one commit unless that would be more than
// the journal lets wait.
base::Task<void> Run::record(std::vector<News> news) {
  const Time now = s_.clock.now();
  for (auto next = news.begin(); next != news.end();) {
    const auto first = next;
    std::vector<base::JournalEntry> entries;
    std::vector<Event> events;
    for (std::size_t bytes = 0; next != news.end() && bytes < most_at_once; ++next) {
      events.push_back({now, std::move(next->what)});
      entries.push_back(entry_of(events.back()));
      bytes += entries.back().body.size();
      if (auto edge = s_.records.edge(id_, events.back())) entries.push_back(*std::move(edge));
      for (auto& entry : next->with) entries.push_back(std::move(entry));
    }
    const base::Status done = co_await commit(std::move(entries));
    if (done) {
      for (const Event& event : events) apply(event);
    }
    for (const Event& event : events) {
      const auto* resolved = std::get_if<Resolved>(&event.what);
      if (resolved != nullptr) resolving_.erase(static_cast<std::size_t>(resolved->index));
    }
    std::for_each(first, next, [&](const News& item) {
      if (item.done) item.done(done);
    });
  }
}

// What the journal would never take must not be tried for ever.
base::JournalEntry Run::entry_of(Event& event) const {
  base::JournalEntry entry = s_.records.entry(id_, event);
  if (entry.body.size() <= base::longest_journal_body) return entry;
  shorten(event.what);
  return s_.records.entry(id_, event);
}

base::Task<base::Status> Run::commit(std::vector<base::JournalEntry> entries) {
  while (true) {
    base::Status done = co_await s_.journal.commit(entries);
    if (done) co_return done;
    s_.log.write(base::LogLevel::error, "run_not_journaled",
                 {{"run", id_}, {"detail", done.error().message}});
    if (!co_await loop_.sleep(journal_pause)) co_return done;
  }
}

void Run::end_call(std::size_t index) {
  if (in_flight_.calls.erase(index) > 0) --s_.going.calls;
  held_.erase(index);
}

void Run::apply(const Event& event) {
  if (const auto* called = std::get_if<Called>(&event.what)) {
    end_call(static_cast<std::size_t>(called->index));
  } else if (std::holds_alternative<Answered>(event.what) ||
             std::holds_alternative<AskFailed>(event.what)) {
    in_flight_.model = false;
  }
  state_.apply(event);
  const auto* waiting = std::get_if<Called>(&event.what);
  if (waiting != nullptr && !waiting->approval.empty()) loop_.spawn(watch(waiting->approval));
  s_.contexts.add(loop_, id_, event, state_.start().context.ttl);
  if (state_.end()) s_.contexts.forget(loop_, id_);
  s_.feed.notify(id_);
}

// Nothing was taken and nothing sent: the same again when the store is back. The trace says so. A
// store that answers and does not serve is asked ever more seldom.
void Run::lose_store() {
  wake();
  if (std::exchange(watches_store_, true)) return;
  store_pause_ = std::clamp(2 * store_pause_, first_store_pause, longest_store_pause);
  deliver({StoreLost{}, {}, {}});
  loop_.spawn(watch_store());
}

base::Task<void> Run::watch_store() {
  const auto self = shared_from_this();
  auto pause = store_pause_;
  do {
    if (!co_await loop_.sleep(pause) || state_.end() || s_.going.draining) co_return;
    pause = store_look;
  } while (!co_await s_.contexts.reach(loop_));
  watches_store_ = false;
  deliver({StoreBack{}, {}, {}});
}

}  // namespace runtime
