#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/event_loops.h"
#include "base/journal.h"
#include "base/result.h"
#include "base/task.h"
#include "policies/approvals/approval.h"

namespace policies::approvals {

/// Is told once of each notice of an approval, by whichever process caused it; returns at once.
using Observer = std::function<void(const Approval&, Notice)>;

/// What a person decides.
struct Decision {
  Decider decider;
  bool approves = true;
  std::string message;
  std::optional<Ask> edit;             ///< the call as it is to be sent instead, checked as any call
  std::optional<Remembered> remember;  ///< with an approval
};

/// What asking found.
struct Answer {
  Approval approval;
  bool is_remembered = false;  ///< the approval of a call like this one, which needs no Grant
};

/// The one use of an approval, taken for one call. Belongs to its call: not thread-safe. Without
/// committed() the approval can be used again when this goes.
class Grant {
 public:
  virtual ~Grant() = default;
  /// As it was when it was taken.
  virtual const Approval& approval() const = 0;
  /// What belongs into the commit of the intent.
  virtual std::vector<base::JournalEntry> entries(const std::string& intent) const = 0;
  virtual void committed() = 0;
};

/// Questions to people about calls, and their answers (design §2.8). An approval is found by
/// asking the same question again, and used once. Thread-safe.
class Approvals {
 public:
  virtual ~Approvals() = default;

  /// Before anything else is asked of it.
  virtual void observe(Observer observer) = 0;

  /// The approval of exactly this call: the one that stands, one that is remembered, or a new one,
  /// which is durable when this returns. Code::unavailable: the store does not answer;
  /// Code::limit: too many questions of this agent wait.
  virtual base::Task<base::Result<Answer>> ask(Ask ask) = 0;
  /// Returns when it is no longer pending, or after `longest`, with what it is then; earlier when the
  /// caller gives up (`cancellation` may be null) or the process ends. Code::not_found: it does not
  /// stand any more; Code::unavailable: the store does not answer at the end.
  virtual base::Task<base::Result<Approval>> wait(base::Loop& loop, std::string id,
                                                  std::chrono::milliseconds longest,
                                                  base::Cancellation* cancellation) = 0;
  /// Takes an approved one for the call `request`. Of many that try exactly one gets it.
  /// Code::refused: another call has it; Code::not_found: it is not approved any more;
  /// Code::unavailable: the store does not answer.
  virtual base::Task<base::Result<std::unique_ptr<Grant>>> claim(std::string id,
                                                                 std::string request) = 0;
  /// Ends one that was decided or expired, because its call was told so or it does not hold any
  /// more: the next call asks anew. Ending what does not stand is fine.
  virtual base::Task<base::Status> end(std::string id, std::string reason) = 0;

  /// One person's word, durable when this returns. Code::not_found: there is no such id;
  /// Code::refused: somebody decided before, the message says who; Code::unauthorized: this person
  /// is not asked; Code::invalid: the edit is of another call, what is to be remembered is no JSON
  /// Schema, or nothing is remembered because more people than one must agree or a call is let over
  /// a budget; Code::unavailable: the store does not answer; the message says whether anything may
  /// have been decided.
  virtual base::Task<base::Result<Approval>> decide(std::string id, Decision decision) = 0;

  /// From now on calls like it are asked about again. What was decided of its own call stands.
  /// Code::not_found: nothing is remembered of it; Code::unavailable: it is remembered still, or
  /// that it is not could not be recorded.
  virtual base::Task<base::Result<Approval>> forget(std::string id, Decider decider) = 0;

  /// Code::not_found when there is no such id.
  virtual base::Task<base::Result<Approval>> find(std::string id) = 0;
  /// Oldest first.
  virtual base::Task<base::Result<std::vector<Approval>>> list() = 0;

  /// Lets the clock do what it has to do by now, for approvals that nobody looks at.
  virtual base::Task<void> settle() = 0;
  /// From now on nobody waits: the process is ending. Calls that wait are told what they would be
  /// told at the end of their wait.
  virtual void end_waiting() = 0;
};

}  // namespace policies::approvals
