#include <algorithm>
#include <utility>

#include "runtime/run.h"

namespace runtime {
namespace {

using policies::ledger::Admission;
using policies::ledger::Fate;
using policies::ledger::Hold;
using policies::ledger::money_text;
using policies::ledger::Refusal;

/// In which the journal writes what nobody awaits.
constexpr std::chrono::milliseconds until_written{50};
/// What a model's budgets are matched by: `model/NAME`.
constexpr const char* model_server = "model";

std::vector<ToolOffer> offers(const gateway::pipeline::Snapshot& snapshot,
                              const std::string& agent) {
  std::vector<ToolOffer> offers;
  for (const auto& entry : snapshot.catalog->entries()) {
    if (!entry.quarantine.empty()) continue;
    if (!snapshot.policy->decide(agent, entry.server(), entry.tool->name).listed) continue;
    const base::Json& definition = entry.shown();
    const std::string* description = base::find_string(definition, "description");
    const base::Json* schema = base::find_member(definition, "inputSchema");
    offers.push_back({entry.exported, description ? *description : std::string(),
                      schema ? *schema : base::Json{{"type", "object"}}});
  }
  return offers;
}

std::string refusal_text(const Refusal& refusal) {
  return "Budget " + refusal.rule + ": " + money_text(refusal.used) + " of " +
         money_text(refusal.limit) + " " + refusal.currency +
         " used, and the next question may cost " + money_text(refusal.amount) +
         ". Nothing was asked.";
}

}  // namespace

// What of a context that is not there becomes, by the times that the journal knows: one that was
// lost before its time was over is put together again.
Asked::Context Run::context_of_missing() const {
  using OnExpiry = ContextSettings::OnExpiry;
  const ContextSettings& settings = state_.start().context;
  const bool expired = state_.context_expired(s_.clock.now());
  const bool anew = state_.turn() > std::max(state_.dropped(), state_.summarised());
  if (!expired || !anew || settings.on_expiry == OnExpiry::rebuild) return Asked::Context::rebuilt;
  return settings.on_expiry == OnExpiry::forget ? Asked::Context::forgotten
                                                : Asked::Context::summarised;
}

base::Task<base::Result<Run::Said>> Run::said() {
  const auto ttl = state_.start().context.ttl;
  auto kept = co_await s_.contexts.find(loop_, id_, state_.told(), ttl);
  if (!kept) co_return kept.error();
  if (*kept) co_return Said{**std::move(kept)};
  Said said{{}, context_of_missing()};
  const auto stored = co_await s_.reader.all(id_);
  if (!stored) co_return stored.error();
  std::vector<Event> events;
  for (const StoredEvent& each : *stored) {
    events.push_back(each.event);
    said.conversation.apply(each.event);
  }
  s_.contexts.put(loop_, id_, events, ttl);
  co_return said;
}

// Reserved before, settled after, recorded both times.
base::Task<void> Run::ask(std::int64_t turn, std::int64_t attempt) {
  const auto self = shared_from_this();
  Asking asking;
  asking.asked.turn = turn;
  asking.asked.attempt = attempt;
  auto question = co_await prepare(asking);
  if (loop_.ending()) co_return;
  if (question) question = co_await reserve(asking, *std::move(question));
  if (loop_.ending()) co_return;  // the next process asks again
  if (!question && question.error().code == base::Code::unavailable) {
    in_flight_.model = false;
    co_return lose_store();
  }
  store_pause_ = {};
  if (!question) {
    deliver({AskFailed{turn, attempt, asking.failure, question.error().message, 0}, {}, {}});
    co_return;
  }
  auto answer = co_await asking.offered->model->ask(
      loop_, *std::move(question),
      std::chrono::steady_clock::now() + asking.offered->settings.timeout);
  if (!answer && loop_.ending()) co_return;
  settle(asking, std::move(answer));
}

base::Task<base::Result<Question>> Run::prepare(Asking& asking) {
  const Started& start = state_.start();
  const auto offered = s_.models.find(start.model);
  if (offered == s_.models.end()) {
    co_return base::Error{
        base::Code::not_found, "The configuration has no model '" + start.model + "'.", {}};
  }
  asking.offered = &offered->second;
  const std::int64_t max_tokens = offered->second.settings.max_tokens;
  auto said = co_await this->said();
  if (!said) co_return said.error();
  asking.asked.context = said->context;
  const bool forgets = said->context == Asked::Context::forgotten;
  const Window window{start.context.window, state_.bytes_per_token(),
                      forgets ? state_.turn() : state_.dropped()};
  auto question = question_of(said->conversation, window, offers(*s_.snapshot.get(), start.agent),
                              max_tokens, asking.for_summary() ? ask_for_summary() : std::string());
  if (!question) {
    asking.failure = AskFailed::Kind::context;
    co_return base::Error{base::Code::limit,
                          "The next question does not fit into the window of " +
                              std::to_string(window.tokens) + " tokens.",
                          {}};
  }
  asking.asked.dropped = question->dropped;
  asking.asked.bytes = static_cast<std::int64_t>(question->bytes());
  asking.asked.reserved = asking.price().at_most(asking.asked.bytes, max_tokens);
  const Nanos left = std::max<Nanos>(0, start.stop.money - state_.spent());
  if (start.stop.money >= 0 && asking.asked.reserved > left) {
    asking.failure = AskFailed::Kind::money;
    co_return base::Error{base::Code::limit,
                          "The next question may cost " + money_text(asking.asked.reserved) +
                              ", and of the run's money " + money_text(left) + " is left.",
                          {}};
  }
  co_return *std::move(question);
}

base::Task<base::Result<Question>> Run::reserve(Asking& asking, Question question) {
  const Started& start = state_.start();
  asking.failure = AskFailed::Kind::budget;
  const auto snapshot = s_.snapshot.get();
  auto charges = snapshot->policy->money_charges(start.agent, model_server, start.model,
                                                 std::max<Nanos>(1, asking.asked.reserved));
  if (!charges.empty() && !asking.offered->settings.price) {
    co_return base::Error{base::Code::limit,
                          "Model " + start.model + " has no price, and budget " +
                              charges.front().quota->name + " counts money. Nothing was asked.",
                          {}};
  }
  if (asking.asked.reserved > 0 && !charges.empty()) {
    const policies::Agent* agent = snapshot->policy->find_agent(start.agent);
    const CallName name{id_, asking.asked.turn, 0, asking.asked.attempt};
    Admission admission{agent ? agent->tenant : std::string(), "ask_" + name.request_id(),
                        std::move(charges), true};
    auto verdict = co_await s_.ledger.admit(std::move(admission));
    if (!verdict)
      co_return base::Error{verdict.error().code, "Store unavailable. Nothing was asked.", {}};
    if (const auto* refusal = std::get_if<Refusal>(&*verdict)) {
      co_return base::Error{base::Code::limit, refusal_text(*refusal), {}};
    }
    asking.hold = std::get<std::unique_ptr<Hold>>(*std::move(verdict));
  }
  if (auto told = co_await tell_question(asking); !told) co_return told.error();
  co_return question;
}

// Money is held durably before the model is asked. Without it a crash loses nothing with the
// question that asking again does not bring back: then it need not wait for the disk, and is
// durable before the answer is, because the journal keeps the order.
base::Task<base::Status> Run::tell_question(Asking& asking) {
  const Event event{s_.clock.now(), asking.asked};
  std::vector<base::JournalEntry> entries = s_.records.entries(id_, event);
  if (!asking.hold && s_.journal.writable() && s_.journal.submit(entries)) {
    apply(event);
    loop_.spawn(notify_later());
    co_return base::Status();
  }
  if (asking.hold) {
    for (auto& entry : asking.hold->entries()) entries.push_back(std::move(entry));
  }
  if (auto durable = co_await commit(std::move(entries)); !durable) co_return durable;
  if (asking.hold) asking.hold->committed();
  apply(event);
  co_return base::Status();
}

// Those who follow the run cannot read yet what waits for the disk.
base::Task<void> Run::notify_later() {
  const auto self = shared_from_this();
  if (co_await loop_.sleep(until_written) && !state_.end()) s_.feed.notify(id_);
}

// What was answered costs what its provider counted; what it did not count, or what broke off,
// costs what was reserved.
void Run::settle(Asking& asking, base::Result<ModelAnswer> answer) {
  const Asked& asked = asking.asked;
  std::vector<base::JournalEntry> with;
  const bool says_nothing =
      answer && asking.for_summary() && answer->text.empty() && answer->finish != Finish::refused;
  if (says_nothing) {
    answer = base::Error{base::Code::broken, "the model did not sum up what it was asked to", {}};
  }
  if (answer) {
    const Nanos counted = asking.price().of(answer->usage);
    const Nanos cost = answer->usage.reported ? std::min(counted, asked.reserved) : asked.reserved;
    if (asking.hold) with = asking.hold->settle(cost);
    Answered answered{asked.turn,
                      asked.attempt,
                      asking.for_summary(),
                      std::move(answer->text),
                      std::move(answer->calls),
                      answer->usage,
                      cost,
                      answer->finish,
                      std::move(answer->native)};
    return deliver({std::move(answered), std::move(with), {}});
  }
  const bool broke_off = answer.error().code == base::Code::broken;
  if (asking.hold) with = asking.hold->resolve(broke_off ? Fate::unknown : Fate::cancelled);
  AskFailed failed{asked.turn, asked.attempt,
                   broke_off ? AskFailed::Kind::broke_off : AskFailed::Kind::model,
                   std::move(answer.error().message), broke_off ? asked.reserved : 0};
  deliver({std::move(failed), std::move(with), {}});
}

}  // namespace runtime
