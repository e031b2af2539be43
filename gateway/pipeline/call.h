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
#include "gateway/pipeline/client_person.h"
#include "gateway/pipeline/event_sink.h"
#include "gateway/pipeline/outcome.h"
#include "gateway/pipeline/principal.h"
#include "gateway/pipeline/snapshot.h"
#include "mcp/jsonrpc.h"
#include "mcp/log_level.h"
#include "mcp/tool_arguments.h"
#include "policies/approvals/approvals.h"
#include "policies/ledger/ledger.h"

namespace gateway::pipeline {

/// The approval under which a call goes, or for which it waits.
struct ApprovalUse {
  std::string id;
  std::string person;  ///< whose word decided; "" while nobody has
  bool remembered = false;
  std::string asked;               ///< the arguments that were asked for, when others are sent
  std::optional<base::Json> sent;  ///< those others: a person edited the call
};

/// One tools/call, prompts/get or resources/read on its way down the stages. What a stage finds out
/// stands here for those below it and, on the way up, for those above it.
struct Call {
  // Set at the door.
  std::string request_id;
  Principal principal;
  std::string session;  ///< of a legacy client, checked; "" when there is none
  policies::Primitive primitive = policies::Primitive::tool;  ///< what it asks for
  std::string asked;  ///< the name that the caller used; of a resource its URI
  mcp::ToolArguments arguments;
  std::optional<std::string>
      inexact;  ///< pointer, inside the arguments, of a number that would not survive
  std::shared_ptr<const Snapshot> snapshot;
  base::Loop* loop = nullptr;
  std::chrono::system_clock::time_point received;
  std::chrono::steady_clock::time_point started;
  EventSink* events = nullptr;             ///< where notifications go; null: the caller takes none
  bool progress = false;                   ///< whether the caller wants notifications/progress
  std::optional<mcp::LogLevel> log_level;  ///< of log messages at least; none are wanted without
  base::Cancellation* cancellation = nullptr;  ///< by which the caller ends it early; may be null
  ClientPerson* client_person = nullptr;       ///< null: the client has nobody to ask
  /// How long it waits for a person; absent: as long as the rules say. 0: it is parked, not waiting.
  std::optional<std::chrono::milliseconds> patience;
  std::string key;  ///< the idempotency key of an earlier attempt; "" when there was none
  /// The intent of an earlier attempt that may have been carried out: nothing is sent before it is
  /// known that it was not. "" when there was none.
  std::string earlier;
  const Call* verifies = nullptr;  ///< the call about which it asks; null: it is a caller's own
  /// What the caller itself records of the outcome: committed together with the audit record, before
  /// the call returns. Empty when it records nothing.
  std::function<base::JournalEntry(const Outcome&)> on_outcome;

  // Set by the stages.
  const tools::CatalogEntry* entry = nullptr;  ///< resolve: of a tool
  const tools::OfferEntry* offer = nullptr;    ///< resolve: of a prompt or a resource
  std::string uri;                             ///< resolve: of a resource, as its server knows it
  policies::Effect effect = policies::Effect::non_idempotent;  ///< resolve
  std::optional<policies::RuleSource> rule;                    ///< authorize: what decided
  std::string decision;                           ///< authorize: the same in words, for the audit
  std::optional<policies::Permit> permit;         ///< authorize
  std::optional<ApprovalUse> approval;            ///< approve: when people are asked
  /// approve: budgets that ask and have no room for it. What people are asked, and `grant`, is
  /// about these too.
  std::vector<policies::ledger::Refusal> exceeded;
  std::unique_ptr<policies::approvals::Grant> grant;  ///< approve: the one use of an approval
  std::vector<policies::ledger::Charge> charges;  ///< reserve: what it takes of limits and budgets
  std::unique_ptr<policies::ledger::Hold> hold;   ///< reserve: what it has taken
  std::optional<policies::ledger::Fate> fate;     ///< reserve: what became of that
  std::string intent;                             ///< intend: the intent's id, of the last one
  int inquiries = 0;  ///< look_back, reconcile: how often its verify tool was asked
  int repeats = 0;    ///< reconcile: how often it was sent again, under an intent of its own
  std::vector<base::JournalEntry> on_answer;  ///< intend: committed together with the audit record
  bool recorded = false;  ///< audit: whether what `on_outcome` made is durable

  bool is_tool() const { return primitive == policies::Primitive::tool; }
  /// Whether resolve found a server for it; what follows is asked only then.
  bool resolved() const { return entry != nullptr || offer != nullptr; }
  const std::string& server() const { return is_tool() ? entry->server() : offer->server(); }
  /// The server's own name for it.
  const std::string& name() const {
    if (is_tool()) return entry->tool->name;
    return primitive == policies::Primitive::resource ? uri : offer->offer->name;
  }
  /// `server/name`, as rules match it.
  std::string id() const { return server() + "/" + name(); }
  const std::string& definition_hash() const {
    return is_tool() ? entry->tool->definition_hash : offer->offer->definition_hash;
  }

  /// Whether it is sent with an idempotency key, see idempotency_key().
  bool is_keyed() const { return entry != nullptr && !entry->key_argument.empty(); }

  /// How it is found out whether it was carried out; null unless it is reconcilable.
  const policies::Verification* verification() const {
    if (effect != policies::Effect::reconcilable) return nullptr;
    return snapshot->policy->verification_of(server(), name());
  }

  bool cancelled() const { return cancellation != nullptr && cancellation->requested(); }
};

/// Whether an intent must be durable before the first byte leaves: for what has effects, and for what
/// a person approved once, so that its use and its sending are one step.
inline bool has_intent(const Call& call) {
  return policies::needs_intent(call.effect) || call.grant != nullptr;
}

}  // namespace gateway::pipeline
