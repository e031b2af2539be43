#include "gateway/client_questions.h"

#include <utility>

#include "base/crypto.h"

namespace gateway {
namespace {

using Word = pipeline::ClientPerson::Word;

constexpr std::size_t question_id_length = 22;  // 128 bits

// Names and session ids hold no line ends, and the id comes last.
std::string question_key(const pipeline::Principal& owner, std::string_view session,
                         std::string_view id) {
  std::string key;
  for (const std::string_view part :
       {std::string_view(owner.tenant), std::string_view(owner.agent), session}) {
    key.append(part).push_back('\n');
  }
  return key.append(id);
}

base::Error nothing_waits() {
  return {base::Code::not_found, "No question of this session waits for this answer.", {}};
}

}  // namespace

std::unique_ptr<ClientQuestions::Entry> ClientQuestions::add(const pipeline::Principal& owner,
                                                             std::string_view session,
                                                             std::string approval) {
  std::string id =
      "ask_" + base::random_text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
                                 question_id_length);
  std::string key = question_key(owner, session, id);
  {
    const std::lock_guard lock(mutex_);
    table_.emplace(key, Waiting{std::move(approval)});
  }
  return std::make_unique<Entry>(*this, std::move(key), std::move(id));
}

base::Task<base::Status> ClientQuestions::answer(pipeline::Principal owner, std::string session,
                                                 mcp::Response response) {
  const auto* id = response.id ? std::get_if<std::string>(&*response.id) : nullptr;
  if (id == nullptr) co_return nothing_waits();
  const std::string key = question_key(owner, session, *id);
  std::string approval = find(key);
  if (approval.empty()) co_return nothing_waits();
  // A client that cannot ask its person says so by an error.
  const base::Result<Word> word =
      response.error ? base::Result<Word>(Word::dismisses) : pipeline::read_form(response.result);
  if (!word) co_return word.error();
  if (!take(key)) co_return nothing_waits();
  if (*word == Word::dismisses) co_return base::Status();
  policies::approvals::Decision decision;
  decision.decider = policies::approvals::person_at_client(owner.agent, owner.credential);
  decision.approves = *word == Word::approves;
  const auto decided = co_await approvals_.decide(std::move(approval), std::move(decision));
  if (!decided && decided.error().code == base::Code::unavailable) give_back(key);
  co_return decided ? base::Status() : base::Status(decided.error());
}

bool ClientQuestions::has(const std::string& key) { return !find(key).empty(); }

void ClientQuestions::remove(const std::string& key) {
  const std::lock_guard lock(mutex_);
  table_.erase(key);
}

std::string ClientQuestions::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = table_.find(key);
  return found == table_.end() || found->second.taken ? std::string() : found->second.approval;
}

bool ClientQuestions::take(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = table_.find(key);
  return found != table_.end() && !std::exchange(found->second.taken, true);
}

void ClientQuestions::give_back(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = table_.find(key); found != table_.end()) found->second.taken = false;
}

}  // namespace gateway
