#include "policies/approvals/approval.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"

namespace policies::approvals {
namespace {

// Every text is preceded by its length, so that no two questions print alike.
class Print {
 public:
  void add(std::string_view text) {
    const std::string size = std::to_string(text.size()) + ":";
    sha256_.update(std::string_view(size)).update(text);
  }
  std::string finish() { return base::hex_encode(sha256_.finish()); }

 private:
  base::Sha256 sha256_;
};

void add_family(Print& print, const Ask& ask) {
  for (const std::string* text :
       {&ask.tenant, &ask.agent, &ask.tool, &ask.definition, &ask.allowed_by}) {
    print.add(*text);
  }
  for (const Clause& clause : ask.terms.clauses) print.add(clause.rule);
}

bool met_by(const Clause& clause, const std::vector<Vote>& votes) {
  const auto at_client = [](const Vote& vote) { return vote.approves && vote.decider.at_client; };
  if (clause.client && std::any_of(votes.begin(), votes.end(), at_client)) return true;
  const auto counts = [&](const Vote& vote) {
    return vote.approves && vote.decider.is_one_of(clause.by);
  };
  return std::count_if(votes.begin(), votes.end(), counts) >= clause.quorum;
}

}  // namespace

void Terms::add(Clause clause, std::chrono::milliseconds its_wait,
                std::chrono::milliseconds its_expires) {
  wait = clauses.empty() ? its_wait : std::min(wait, its_wait);
  expires = clauses.empty() ? its_expires : std::min(expires, its_expires);
  const auto place = std::upper_bound(
      clauses.begin(), clauses.end(), clause,
      [](const Clause& one, const Clause& other) { return one.rule < other.rule; });
  clauses.insert(place, std::move(clause));
}

std::string fingerprint(const Ask& ask) {
  Print print;
  print.add("call");
  print.add(ask.arguments);
  add_family(print, ask);
  return print.finish();
}

std::string family(const Ask& ask) {
  Print print;
  print.add("family");
  add_family(print, ask);
  return print.finish();
}

bool Decider::is_one_of(const std::vector<std::string>& names) const {
  if (at_client) return false;
  return std::any_of(names.begin(), names.end(), [this](const std::string& name) {
    return name == person || std::find(groups.begin(), groups.end(), name) != groups.end();
  });
}

Decider person_at_client(const std::string& agent, std::string login) {
  return {"the user of agent " + agent, std::move(login), {}, true};
}

std::string_view to_string(State state) {
  switch (state) {
    case State::pending:
      return "pending";
    case State::approved:
      return "approved";
    case State::denied:
      return "denied";
    case State::expired:
      return "expired";
    case State::redeemed:
      break;
  }
  return "redeemed";
}

std::string_view to_string(Notice notice) {
  if (notice == Notice::created) return "created";
  return notice == Notice::escalated ? "escalated" : "decided";
}

bool Approval::asks(const Decider& decider) const {
  return std::any_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
    const bool asked = decider.at_client ? clause.client : decider.is_one_of(clause.by);
    return asked && !met_by(clause, votes);
  });
}

bool Approval::allows_overrun() const {
  return std::any_of(clauses.begin(), clauses.end(),
                     [](const Clause& clause) { return !clause.budget.empty(); });
}

bool Approval::has_vote_of(const std::string& person) const {
  return std::any_of(votes.begin(), votes.end(),
                     [&](const Vote& vote) { return vote.decider.person == person; });
}

bool Approval::speaks_for_others() const {
  return remembered && (state == State::approved || state == State::redeemed);
}

bool Approval::met() const {
  return std::all_of(clauses.begin(), clauses.end(),
                     [this](const Clause& clause) { return met_by(clause, votes); });
}

std::vector<std::string> Approval::waits_for() const {
  std::vector<std::string> names;
  for (const Clause& clause : clauses) {
    if (met_by(clause, votes)) continue;
    for (const std::string& name : clause.by) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::string Approval::decided_by() const {
  const bool by_people = state != State::pending && state != State::expired && !votes.empty();
  return by_people ? votes.back().decider.person : std::string();
}

}  // namespace policies::approvals
