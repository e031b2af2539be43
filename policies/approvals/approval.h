#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace policies::approvals {

using WallTime = std::chrono::system_clock::time_point;

/// What one rule asks for: who must agree, and what happens when nobody answers.
struct Clause {
  std::string rule;             ///< the rule's whole text, without file and line
  std::vector<std::string> by;  ///< names of people and groups
  int quorum = 1;               ///< how many different people must agree
  std::vector<std::string> escalate_to;  ///< asked too when `by` did not answer in time; or empty
  std::string place = {};                ///< `FILE:LINE` of the rule when it was asked
  bool client = false;  ///< whether the person at the agent's client may agree instead
  std::string budget = {};  ///< of a budget that the call would go over: its quota's id
  std::string why = {};     ///< and what was used of it when it was asked, for people
};

/// What all matching rules together ask for.
struct Terms {
  std::vector<Clause> clauses;  ///< every one must be met; none: nobody is asked
  std::chrono::milliseconds wait{45'000};        ///< how long a call waits for the answer
  std::chrono::milliseconds expires{86'400'000};  ///< how long the question stands, then the answer

  bool empty() const { return clauses.empty(); }
  /// Of several the shortest times count. Clauses stand in the order of their texts, so that it is
  /// the same question in whichever order rules are written.
  void add(Clause clause, std::chrono::milliseconds its_wait,
           std::chrono::milliseconds its_expires);
};

/// One call as people are asked about it. Everything here but `request` and `owner` is what an
/// approval is bound to: any changed byte makes it another question.
struct Ask {
  std::string tenant, agent;
  std::string owner;       ///< the person whose agent it is, who may not decide; or ""
  std::string request;     ///< the id of the call that asked first
  std::string tool;        ///< `server/tool`
  std::string definition;  ///< hash of the tool's definition
  std::string arguments;   ///< JSON text as it would be sent
  std::string allowed_by;  ///< text of the rule that allows the call
  Terms terms;
};

/// SHA-256 over what an approval is bound to, in hexadecimal digits.
std::string fingerprint(const Ask& ask);
/// The same without the arguments: what a remembered decision is bound to.
std::string family(const Ask& ask);

/// Who decides, proven by the admin listener, or by the agent's own key.
struct Decider {
  std::string person;  ///< the name in the policy
  std::string login;   ///< what proved it, e.g. `unix:ops`
  std::vector<std::string> groups;
  bool at_client = false;  ///< whoever uses the agent's client: nobody whom the policy names

  bool is_one_of(const std::vector<std::string>& names) const;  ///< of people and groups
};

/// Whoever uses the client of `agent`, which `login` proved.
Decider person_at_client(const std::string& agent, std::string login);

/// One person's word on one approval.
struct Vote {
  Decider decider;
  bool approves = true;
  std::string message;
  WallTime time;
};

/// Calls like this one need no further question until then.
struct Remembered {
  WallTime until;
  std::string arguments;  ///< text of the JSON Schema that their arguments satisfy
};

enum class State {
  pending,   ///< waits for people
  approved,  ///< waits for its call to be repeated
  denied,    ///< by a person
  expired,   ///< by the clock: nobody decided
  redeemed,  ///< used by a call; nothing is left but what was remembered
};
std::string_view to_string(State state);

/// What people are told of: that they are asked, that more of them are, how it ended.
enum class Notice { created, escalated, decided };
std::string_view to_string(Notice notice);

/// A question and what became of it.
struct Approval {
  std::string id;  ///< `apr_…`
  Ask ask;
  std::vector<Clause> clauses;  ///< the question's; an edit may add some, and the clock people
  State state = State::pending;
  WallTime asked, until;  ///< when the clock changes the state next
  bool escalated = false;
  std::vector<Vote> votes;            ///< that count, oldest first
  std::optional<std::string> edited;  ///< arguments that are sent instead
  std::string edited_print;           ///< fingerprint() of the edited call
  std::optional<Remembered> remembered;
  std::string redeemed_by;  ///< the id of the call

  /// Whether a clause that is not met yet asks this person.
  bool asks(const Decider& decider) const;
  /// Whether it lets its call go over a budget.
  bool allows_overrun() const;
  bool has_vote_of(const std::string& person) const;
  /// Whether like calls need no question because of it.
  bool speaks_for_others() const;
  /// Whether all clauses are met.
  bool met() const;
  /// Names of people and groups of the clauses that are not met, each once.
  std::vector<std::string> waits_for() const;
  /// The person whose word decided, or "" when the clock did.
  std::string decided_by() const;
};

}  // namespace policies::approvals
