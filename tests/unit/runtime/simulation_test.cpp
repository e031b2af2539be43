#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/support/runs.h"

namespace simulation_test {

// Thousands of lives of a run in a world that is unkind: processes die between any two steps,
// commits are lost, results are delivered twice, clocks jump. One seed is one life.

using namespace runtime;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t budget = 400;
constexpr std::int64_t model_reserve = 10, tool_price = 3;

/// A place of a call in its run.
using Place = std::pair<std::int64_t, std::int64_t>;

struct Intent {
  Place place;
  std::int64_t attempt = 0;
  std::string key;  // of a keyed call; else ""
  bool sent = false;
};

class World {
 public:
  explicit World(unsigned seed) : chance_(seed) {
    Started started;
    started.agent = "triage";
    started.stop = {12, 200, 30min, 24h};
    commit({started});
  }

  /// Lives until the run has ended or nothing more can happen; false when it never ends.
  bool live() {
    for (int step = 0; step < 20'000; ++step) {
      if (state_.end() && in_flight_.calls.empty() && !in_flight_.model) return true;
      if (one_in(25)) {
        crash();
      } else if (one_in(12)) {
        disturb();
      } else if (!advance()) {
        person();
      }
      check();
    }
    return false;
  }

  const RunState& state() const { return state_; }

  /// What the journal alone says, in an own words: equal texts, equal states.
  static std::string digest(const RunState& state) {
    std::string text = std::to_string(state.turn()) + "/" + std::to_string(state.asks()) + "/" +
                       std::to_string(state.spent()) + "/" +
                       std::to_string(state.active().count()) + "/" +
                       std::string(to_string(state.status()));
    for (const CallState& call : state.calls()) {
      text += ";" + std::to_string(static_cast<int>(call.phase)) + "," +
              std::to_string(call.attempt) + "," + call.approval + "," + call.key + "," +
              call.doubt;
    }
    if (state.end())
      text += "=" + std::string(to_string(state.end()->status)) + state.end()->reason;
    return text;
  }

 private:
  bool one_in(unsigned n) { return chance_() % n == 0; }

  Time clock() {
    now_ += std::chrono::milliseconds(chance_() % 2000);
    if (one_in(40)) now_ += std::chrono::hours(static_cast<int>(chance_() % 7) - 3);  // a jump
    return now_;
  }

  // --- the journal: what it took survives
  void commit(std::vector<What> whats) {
    for (What& what : whats) {
      journal_.push_back({clock(), std::move(what)});
      state_.apply(journal_.back());
    }
    if (one_in(10)) {  // the same once more
      const Event again = journal_.back();
      const bool harmless = !std::holds_alternative<Started>(again.what) &&
                            !std::holds_alternative<Recovered>(again.what);
      if (harmless && !std::holds_alternative<Cancelled>(again.what)) {
        const Nanos before = state_.end() ? -1 : state_.spent();
        journal_.push_back(again);
        state_.apply(journal_.back());
        if (before >= 0) REQUIRE(state_.spent() == before);  // nothing is paid for twice
      }
    }
  }

  // --- the ledger
  void hold(const std::string& name, std::int64_t amount) {
    REQUIRE(holds_.emplace(name, amount).second);
    held_ += amount;
  }
  void resolve(const std::string& name, std::int64_t charge) {
    const auto found = holds_.find(name);
    REQUIRE(found != holds_.end());  // exactly once
    REQUIRE(charge <= found->second);
    held_ -= found->second;
    spent_ += charge;
    holds_.erase(found);
  }

  // --- the process
  bool advance() {
    const Plan next = plan(state_, in_flight_);
    if (!next.record.empty()) {
      if (!one_in(15)) commit(next.record);  // else lost: the plan stays the same
      return true;
    }
    std::vector<int> moves;
    if (next.ask_model) moves.push_back(0);
    if (!next.calls.empty()) moves.push_back(1);
    if (in_flight_.model) moves.push_back(2);
    if (!in_flight_.calls.empty()) moves.push_back(3);
    if (moves.empty()) return false;
    switch (moves[chance_() % moves.size()]) {
      case 0:
        ask();
        break;
      case 1:
        intend(next.calls[chance_() % next.calls.size()]);
        break;
      case 2:
        answer();
        break;
      default:
        serve();
    }
    return true;
  }

  void ask() {
    if (spent_ + held_ + model_reserve > budget) {
      AskFailed failed;
      failed.turn = state_.turn();
      failed.kind = AskFailed::Kind::budget;
      return commit({failed});
    }
    REQUIRE_FALSE(answered_.contains(state_.turn()));  // invariant 6
    asked_ = {state_.turn(), state_.asks()};
    const std::string name =
        "model " + std::to_string(asked_.first) + "." + std::to_string(asked_.second);
    hold(name, model_reserve);
    model_hold_ = name;
    Asked event;
    event.turn = asked_.first;
    event.attempt = asked_.second;
    event.reserved = model_reserve;
    commit({event});
    in_flight_.model = true;
  }

  void answer() {
    if (one_in(20)) return;  // the commit was refused; the answer is kept and tried again
    Answered answered;
    answered.turn = asked_.first;
    answered.attempt = asked_.second;
    answered.cost = static_cast<Nanos>(chance_() % (model_reserve + 1));
    if (!one_in(6)) {
      for (auto calls = 1 + chance_() % 4; calls > 0; --calls) {
        const std::string tool = "tool" + std::to_string(chance_() % 5);
        answered.calls.push_back({"c", tool, {{"n", chance_() % 3}}, one_in(15) ? "no JSON" : ""});
      }
    }
    if (state_.turn() == answered.turn && !state_.end()) answered_.insert(answered.turn);
    in_flight_.model = false;
    resolve(model_hold_, answered.cost);
    commit({answered});
  }

  // Intent and hold in one commit, before anything leaves.
  void intend(std::size_t index) {
    const CallState& call = state_.calls()[index];
    const Place place{state_.turn(), static_cast<std::int64_t>(index)};
    REQUIRE_FALSE(finished_.contains(place));  // invariant 6
    if (spent_ + held_ + tool_price > budget) {
      Called refused = outcome(place, call.attempt, Called::Kind::refused);
      refused.cost = 0;
      if (ends(Called::Kind::refused, index)) finished_.insert(place);
      return commit({refused});
    }
    if (!call.doubt.empty() && !is_undone(place, call)) return;
    const std::string name = key(place, call.attempt);
    std::string own = effect_of(index) == policies::Effect::keyed ? "key of " + name : "";
    Intent intent{place, call.attempt, call.key.empty() ? std::move(own) : call.key, false};
    REQUIRE(intents_.emplace(name, std::move(intent)).second);
    hold(name, tool_price);
    in_flight_.calls.insert(index);
  }

  // Asks what became of the attempt before: true when it was not carried out. Else the run is told.
  bool is_undone(Place place, const CallState& call) {
    const bool tells = !one_in(4);
    if (tells && !executed_.contains(place)) return true;
    Called called =
        outcome(place, call.attempt, tells ? Called::Kind::answered : Called::Kind::unknown);
    called.cost = 0;
    if (!tells) called.doubt = call.doubt;
    if (tells) finished_.insert(place);
    commit({called});
    return false;
  }

  void serve() {
    auto at = in_flight_.calls.begin();
    std::advance(at, chance_() % in_flight_.calls.size());
    const Place place{state_.turn(), static_cast<std::int64_t>(*at)};
    const std::int64_t attempt = state_.calls()[*at].attempt;
    Intent& intent = intents_.at(key(place, attempt));
    if (!intent.sent) {
      // Invariant 5: an effect that counts happens at most once.
      const bool counts = effect_of(*at) == policies::Effect::non_idempotent ||
                          effect_of(*at) == policies::Effect::reconcilable;
      if (counts) REQUIRE_FALSE(executed_.contains(place));
      // And one with a key has one key, by which its server knows it.
      REQUIRE(keys_.emplace(place, intent.key).first->second == intent.key);
      intent.sent = true;
      const auto fate = chance_() % 6;
      if (fate != 0) executed_.insert(place);
      if (fate == 1)
        return finish(place, attempt, *at, Called::Kind::unknown);  // the answer is lost
      if (fate == 0)
        return finish(place, attempt, *at,
                      one_in(2) ? Called::Kind::unknown : Called::Kind::failed);
      return;  // the answer is on its way
    }
    finish(place, attempt, *at, Called::Kind::answered);
  }

  // The outcome closes the intent, resolves the hold and tells the run, in one commit.
  void finish(Place place, std::int64_t attempt, std::size_t index, Called::Kind kind) {
    const std::string name = key(place, attempt);
    Called called = outcome(place, attempt, kind);
    called.key = intents_.at(name).key;
    const bool reconcilable = effect_of(index) == policies::Effect::reconcilable;
    if (reconcilable && kind == Called::Kind::unknown) called.doubt = name;
    if (reconcilable && kind == Called::Kind::failed) called.doubt = state_.calls()[index].doubt;
    resolve(name, called.cost);
    intents_.erase(name);
    in_flight_.calls.erase(index);
    if (ends(kind, index)) finished_.insert(place);
    commit({called});
  }

  // Whether a call has its result: of one that was lost before, and is keyed or can be asked about,
  // only an answer is one.
  bool ends(Called::Kind kind, std::size_t index) const {
    if (kind == Called::Kind::unknown) return false;
    const CallState& call = state_.calls().at(index);
    return kind == Called::Kind::answered || (call.key.empty() && call.doubt.empty());
  }

  // Of one tool it does no harm to call it twice, one takes a key, and about one can be asked.
  policies::Effect effect_of(std::size_t index) const {
    const std::string& tool = state_.calls().at(index).request.tool;
    if (tool == "tool0") return policies::Effect::idempotent;
    if (tool == "tool2") return policies::Effect::reconcilable;
    return tool == "tool1" ? policies::Effect::keyed : policies::Effect::non_idempotent;
  }

  static std::string key(Place place, std::int64_t attempt) {
    return std::to_string(place.first) + "." + std::to_string(place.second) + "." +
           std::to_string(attempt);
  }

  Called outcome(Place place, std::int64_t attempt, Called::Kind kind) {
    Called called;
    called.turn = place.first;
    called.index = place.second;
    called.attempt = attempt;
    called.kind = kind;
    called.effect = effect_of(static_cast<std::size_t>(place.second));
    called.result = mcp::text_content_result("result " + std::to_string(chance_() % 2), false);
    called.cost = kind == Called::Kind::failed ? 0 : tool_price;
    return called;
  }

  // The process is gone; another one finds the journal.
  void crash() {
    RunState again;
    for (const Event& event : journal_) again.apply(event);
    REQUIRE(digest(again) == digest(state_));  // the journal is the truth
    state_ = again;
    in_flight_ = {};
    if (!model_hold_.empty() && holds_.contains(model_hold_)) resolve(model_hold_, model_reserve);
    if (state_.end()) return;
    std::vector<What> answers;
    const auto open = intents_;
    for (const auto& [name, intent] : open) {
      resolve(name, tool_price);
      Called lost = outcome(intent.place, intent.attempt, Called::Kind::unknown);
      lost.key = intent.key;
      if (lost.effect == policies::Effect::reconcilable) lost.doubt = name;
      answers.push_back(std::move(lost));
    }
    intents_.clear();
    commit(std::move(answers));
    commit({Recovered{}});
  }

  void disturb() {
    switch (chance_() % 8) {
      case 0:
        return commit({Paused{"ops"}});
      case 1:
      case 2:
        return commit({Resumed{"ops"}});
      case 3:
        if (one_in(12)) commit({Cancelled{"ops"}});
        return;
      case 4:
        return commit({StoreLost{}});
      default:
        return commit({Ticked{}});
    }
  }

  // Somebody looks after what waits, and says the truth.
  void person() {
    if (state_.end()) return;
    if (state_.paused()) return commit({Resumed{"ops"}});
    if (state_.store_lost()) return commit({StoreBack{}});
    for (std::size_t at = 0; at < state_.calls().size(); ++at) {
      if (state_.calls()[at].phase != CallState::Phase::unknown) continue;
      const Place place{state_.turn(), static_cast<std::int64_t>(at)};
      const bool happened = executed_.contains(place);
      const auto how = happened ? Resolved::How::done : Resolved::How::not_done;
      if (happened) finished_.insert(place);
      return commit({Resolved{place.first, place.second, how, "as seen", "ops"}});
    }
    commit({Ticked{}});
  }

  // Invariants 3 and 4 at every instant; and what a run says it has spent is what the ledger says.
  void check() const {
    if (!state_.end()) REQUIRE(state_.spent() == spent_);
    REQUIRE(spent_ + held_ <= budget);
    std::int64_t sum = 0;
    for (const auto& [name, amount] : holds_) sum += amount;
    REQUIRE(sum == held_);
    if (state_.end() && in_flight_.calls.empty() && !in_flight_.model) REQUIRE(held_ == 0);
  }

  std::mt19937 chance_;
  Time now_ = tests::run_begin;
  std::vector<Event> journal_;
  RunState state_;
  InFlight in_flight_;
  std::map<std::string, Intent> intents_;
  std::map<std::string, std::int64_t> holds_;
  std::string model_hold_;
  std::pair<std::int64_t, std::int64_t> asked_{};
  std::set<std::int64_t> answered_;
  std::set<Place> finished_, executed_;
  std::map<Place, std::string> keys_;
  std::int64_t spent_ = 0, held_ = 0;
};

}  // namespace

TEST_CASE("a thousand lives with crashes, lost commits, second deliveries and jumping clocks") {
  std::map<std::string, int> ends;
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    CAPTURE(seed);
    World world(seed);
    REQUIRE(world.live());
    ++ends[std::string(to_string(world.state().end()->status))];
  }
  // The lives are varied enough to mean something.
  for (const char* status : {"done", "stopped", "stuck", "cancelled"}) {
    CAPTURE(status);
    CHECK(ends[status] > 0);
  }
}

TEST_CASE("one seed is one life") {
  World one(77), other(77);
  one.live();
  other.live();
  CHECK(World::digest(one.state()) == World::digest(other.state()));
}

}  // namespace simulation_test
