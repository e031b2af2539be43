#include "runtime/run.h"

#include <iterator>
#include <utility>

#include <asio/redirect_error.hpp>

namespace runtime {
namespace {

constexpr std::chrono::milliseconds journal_pause{200};

}  // namespace

void Run::begin(const Event& started) {
  Conversation conversation;
  conversation.apply(started);
  state_.apply(started);
  known_ = true;
  s_.contexts.put(id_, std::move(conversation),
                  std::chrono::steady_clock::now() + state_.start().context.ttl);
}

base::Task<base::Status> Run::recover() {
  // What was submitted at the start, such as answers for open intents, is durable after this.
  if (auto durable = co_await commit({}); !durable) co_return durable;
  auto events = co_await s_.reader.all(id_);
  if (!events) co_return events.error();
  if (events->empty()) co_return base::Error{base::Code::broken, "The run has no events.", {}};
  for (const StoredEvent& stored : *events) state_.apply(stored.event);
  known_ = true;
  news_.push_front({Recovered{}, {}, {}});
  for (const CallState& call : state_.calls()) {
    if (call.phase == CallState::Phase::approval) loop_.spawn(watch(call.approval));
  }
  for (News& word : std::exchange(early_, {})) tell(std::move(word.what), std::move(word.done));
  co_return base::Status();
}

void Run::give_up(const base::Error& why) {
  given_up_ = why;
  for (const News& word : std::exchange(early_, {})) word.done(why);
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

// All of it in one commit, tried again until the journal takes it.
base::Task<void> Run::record(std::vector<News> news) {
  const Time now = s_.clock.now();
  std::vector<base::JournalEntry> entries;
  std::vector<Event> events;
  for (News& item : news) {
    events.push_back({now, item.what});
    for (auto& entry : s_.records.entries(id_, events.back())) entries.push_back(std::move(entry));
    for (auto& entry : item.with) entries.push_back(std::move(entry));
  }
  const base::Status done = co_await commit(std::move(entries));
  if (done) {
    for (const Event& event : events) apply(event);
  }
  for (const News& item : news) {
    const auto* resolved = std::get_if<Resolved>(&item.what);
    if (resolved != nullptr) resolving_.erase(static_cast<std::size_t>(resolved->index));
    if (item.done) item.done(done);
  }
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
  const auto now = std::chrono::steady_clock::now();
  s_.contexts.apply(id_, event, now, now + state_.start().context.ttl);
  if (state_.end()) s_.contexts.forget(id_);
  s_.feed.notify(id_);
}

}  // namespace runtime
