#pragma once

#include <memory>

#include "base/result.h"
#include "policies/approvals/approval.h"

namespace gateway::pipeline {

/// The person at the client of a call, whom rules may let decide about it (`ask: client`). Used on
/// the call's event loop.
class ClientPerson {
 public:
  enum class Word {
    none,       ///< nothing was said
    approves,
    denies,
    dismisses,  ///< does not want to decide
  };
  /// Is put as long as it lives; an answer after that comes too late.
  class Question {
   public:
    virtual ~Question() = default;
  };

  virtual ~ClientPerson() = default;
  /// What the call brought with it about this approval. Code::invalid: that is no answer.
  virtual base::Result<Word> word_on(const policies::approvals::Approval& approval) const = 0;
  /// Whether the question goes with the call's result, and the call is repeated with the answer.
  virtual bool repeats_call() const = 0;
  /// Puts the question, otherwise, while the call waits; the answer decides the approval.
  virtual std::unique_ptr<Question> put(const policies::approvals::Approval& approval) = 0;
};

}  // namespace gateway::pipeline
