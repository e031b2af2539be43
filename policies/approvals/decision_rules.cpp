#include "policies/approvals/decision_rules.h"

#include <utility>

#include "base/crypto.h"
#include "base/json.h"
#include "base/time_text.h"

namespace policies::approvals {
namespace {

using base::Code;
using base::Error;
using base::Status;

constexpr std::string_view id_alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t id_length = 8;

// Who decided before, for whoever comes second.
Error decided_before(const Approval& approval) {
  if (approval.state == State::expired) {
    return {Code::refused, "Approval " + approval.id + " expired: nobody decided in time.", {}};
  }
  const Vote& last = approval.votes.back();
  return {Code::refused,
          last.decider.person + (last.approves ? " approved " : " denied ") + approval.id + " at " +
              base::rfc3339(last.time, 0) + ".",
          {}};
}

Status check_decider(const Approval& approval, const Decider& decider) {
  if (approval.state != State::pending) return decided_before(approval);
  if (decider.person == approval.ask.owner) {
    return Error{Code::unauthorized,
                 decider.person + " owns agent " + approval.ask.agent +
                     ": somebody else must decide what it may do.",
                 {}};
  }
  if (approval.has_vote_of(decider.person)) {
    return Error{Code::refused,
                 decider.person + " has approved " + approval.id + " already; more people must.",
                 {}};
  }
  if (approval.asks(decider)) return {};
  std::string names;
  for (const std::string& name : approval.waits_for()) names += (names.empty() ? "" : ", ") + name;
  return Error{Code::unauthorized,
               "Approval " + approval.id + " waits for " + names + "; " + decider.person +
                   " is none of them.",
               {}};
}

// An edit changes arguments, and with them perhaps what rules say; nothing else.
bool is_edit_of(const Ask& edit, const Ask& ask) {
  return edit.tenant == ask.tenant && edit.agent == ask.agent && edit.tool == ask.tool &&
         edit.definition == ask.definition;
}

}  // namespace

Error no_such_approval(const std::string& id) {
  return {Code::not_found, "There is no approval " + id + " that waits or stands.", {}};
}

Error too_many_waiting(const std::string& agent) {
  return {Code::limit,
          "Too many approvals of agent " + agent +
              " wait already. Nothing was sent. Try again when some are decided.",
          {}};
}

Error used_before(const std::string& id, const std::string& request) {
  return {Code::refused, "Approval " + id + " was used by call " + request + ".", {}};
}

Error nothing_remembered(const std::string& id) {
  return {Code::not_found, "Nothing is remembered of approval " + id + ".", {}};
}

Status check_decision(const Approval& approval, const Decision& decision) {
  if (decision.remember && (decision.edit || !compile_predicate(decision.remember->arguments))) {
    return Error{Code::invalid,
                 "What is to be remembered must be a JSON Schema, and nothing is remembered of an "
                 "edit.",
                 {}};
  }
  if (decision.remember && approval.allows_overrun()) {
    return Error{Code::invalid,
                 "Approval " + approval.id +
                     " lets one call go over a budget: nothing is remembered of that.",
                 {}};
  }
  if (Status allowed = check_decider(approval, decision.decider); !allowed) return allowed;
  if (!decision.edit || is_edit_of(*decision.edit, approval.ask)) return {};
  return Error{
      Code::invalid,
      "The tool was defined anew since " + approval.id + " was asked: it cannot be edited.",
      {}};
}

Status check_remembering(const Approval& after, const Decision& decision) {
  const bool alone = after.state == State::approved && after.votes.size() == 1;
  if (decision.remember && !alone) {
    return Error{Code::invalid,
                 "More people than one must agree to " + after.id +
                     ": nothing is remembered on the word of one.",
                 {}};
  }
  return {};
}

std::optional<tools::schema::Schema> compile_predicate(const std::string& text) {
  const auto parsed = base::parse_json(text);
  if (!parsed || parsed->inexact) return std::nullopt;
  tools::schema::CompileOptions options;
  options.assert_format = true;  // as in policy files
  auto schema = tools::schema::Schema::compile(parsed->value, options);
  if (!schema) return std::nullopt;
  return *std::move(schema);
}

std::string random_approval_id() { return "apr_" + base::random_text(id_alphabet, id_length); }

}  // namespace policies::approvals
