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

/// What a model's budgets are matched by: `model/NAME`.
constexpr const char* model_server = "model";

std::vector<ToolOffer> offers(const gateway::pipeline::Snapshot& snapshot,
                              const std::string& agent) {
  std::vector<ToolOffer> offers;
  for (const auto& entry : snapshot.catalog->entries()) {
    if (!entry.tool->quarantine.empty()) continue;
    if (!snapshot.policy->decide(agent, entry.server(), entry.tool->name).listed) continue;
    const base::Json& definition = entry.tool->definition;
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

base::Task<base::Result<Conversation>> Run::conversation(bool& rebuilt) {
  if (auto kept = s_.contexts.find(id_, std::chrono::steady_clock::now())) {
    co_return *std::move(kept);
  }
  rebuilt = true;
  const auto events = co_await s_.reader.all(id_);
  if (!events) co_return events.error();
  Conversation conversation;
  for (const StoredEvent& stored : *events) conversation.apply(stored.event);
  s_.contexts.put(id_, conversation, std::chrono::steady_clock::now() + state_.start().context.ttl);
  co_return conversation;
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
  auto said = co_await conversation(asking.asked.rebuilt);
  if (!said) co_return said.error();
  const Window window{start.context.window, state_.bytes_per_token(), state_.dropped()};
  auto question = question_of(*said, window, offers(*s_.snapshot.get(), start.agent), max_tokens);
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
  const Event event{s_.clock.now(), asking.asked};
  std::vector<base::JournalEntry> entries = s_.records.entries(id_, event);
  if (asking.hold) {
    for (auto& entry : asking.hold->entries()) entries.push_back(std::move(entry));
  }
  if (auto durable = co_await commit(std::move(entries)); !durable) co_return durable.error();
  if (asking.hold) asking.hold->committed();
  apply(event);
  co_return question;
}

// What was answered costs what its provider counted; what it did not count, or what broke off,
// costs what was reserved.
void Run::settle(Asking& asking, base::Result<ModelAnswer> answer) {
  const Asked& asked = asking.asked;
  std::vector<base::JournalEntry> with;
  if (answer) {
    const Nanos counted = asking.price().of(answer->usage);
    const Nanos cost = answer->usage.reported ? std::min(counted, asked.reserved) : asked.reserved;
    if (asking.hold) with = asking.hold->settle(cost);
    Answered answered{
        asked.turn,    asked.attempt, std::move(answer->text), std::move(answer->calls),
        answer->usage, cost,          answer->finish,          std::move(answer->native)};
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
