#include "gateway/pipeline/approval_answer.h"

#include <utility>

#include "base/time_text.h"
#include "gateway/pipeline/client_form.h"
#include "gateway/pipeline/quota_refusal.h"

namespace gateway::pipeline {
namespace {

using base::Json;
using policies::approvals::Approval;
using policies::approvals::State;
using policies::ledger::Refusal;
using Time = std::chrono::system_clock::time_point;

constexpr const char* approval_key = "dev.sluice/approval";

// `14:32Z`, or with its date on another day.
std::string clock_text(Time time, Time now) {
  const std::string text = base::rfc3339(time, 0);
  const bool today = text.substr(0, 10) == base::rfc3339(now, 0).substr(0, 10);
  return (today ? text.substr(11, 5) : text.substr(0, 16)) + "Z";
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

std::string text_of(const Approval& approval, Time now) {
  const std::string begin = "Approval " + approval.id;
  if (approval.state == State::pending) {
    return begin + " waits for " + joined(approval.waits_for()) + " until " +
           clock_text(approval.until, now) +
           ". Nothing was sent. Repeat this exact call to collect the decision.";
  }
  if (approval.state == State::expired) {
    return begin + " expired: no person decided in time, so the clock denied it. Nothing was sent.";
  }
  const std::string& message = approval.votes.back().message;
  return begin + " was denied by " + approval.decided_by() + ", a person" +
         (message.empty() ? "." : ": " + message) + "\nNothing was sent.";
}

const char* reason_of(State state) {
  if (state == State::pending) return "approval_pending";
  return state == State::denied ? "approval_denied" : "approval_expired";
}

// A call that was not let over a budget is refused as that budget refuses.
Outcome refusal_of(const Approval& approval, const std::vector<Refusal>& exceeded, Time now) {
  std::string text;
  for (const Refusal& full : exceeded) text += budget_text(full) + " ";
  text += text_of(approval, now);
  if (approval.state == State::pending || exceeded.empty()) {
    return refused(reason_of(approval.state), std::move(text), approval.id);
  }
  return overrun_refused(exceeded.front(), text);
}

}  // namespace

Outcome not_approved(const Approval& approval, const std::vector<Refusal>& exceeded, Time now) {
  Outcome outcome = refusal_of(approval, exceeded, now);
  Json facts{{"id", approval.id}, {"state", to_string(approval.state)}};
  facts["until"] = base::rfc3339(approval.until, 0);
  if (approval.state == State::pending) {
    facts["waitsFor"] = approval.waits_for();
  } else {
    facts["decidedBy"] = approval.state == State::expired ? "clock" : "person";
  }
  if (approval.state == State::denied) facts["person"] = approval.decided_by();
  outcome.result["_meta"][approval_key] = std::move(facts);
  return outcome;
}

Outcome asked_at_client(const Approval& approval, const std::vector<Refusal>& exceeded, Time now) {
  Outcome outcome = not_approved(approval, exceeded, now);
  outcome.questions = Json::object();
  (*outcome.questions)[approval.id] = {{"method", elicitation_method},
                                       {"params", form_of(approval)}};
  return outcome;
}

std::string waiting_text(const Approval& approval) {
  std::string text;
  for (const auto& clause : approval.clauses) {
    if (!clause.why.empty()) text += clause.why + " ";
  }
  return text + "Approval " + approval.id + " waits for " + joined(approval.waits_for()) + ".";
}

Outcome not_usable(const std::string& id, const std::string& reason, const std::string& text) {
  Outcome outcome =
      refused(reason, text + " Nothing was sent. Repeat the call to ask again.", id);
  outcome.result["_meta"] = {{approval_key, {{"id", id}, {"state", "unusable"}}}};
  return outcome;
}

void tell_approval(const ApprovalUse& use, Outcome& outcome) {
  if (outcome.error || !outcome.result.is_object()) return;
  Json facts{{"id", use.id}, {"state", use.remembered ? "remembered" : "approved"}};
  facts["decidedBy"] = "person";
  facts["person"] = use.person;
  if (use.sent) {
    facts["arguments"] = *use.sent;
    Json* content = outcome.result.contains("content") ? &outcome.result["content"] : nullptr;
    if (content != nullptr && content->is_array()) {
      const std::string text = use.person + " approved this call with other arguments: " +
                               base::dump_json(*use.sent);
      content->push_back({{"type", "text"}, {"text", text}});
    }
  }
  Json& extras = outcome.result["_meta"];
  if (!extras.is_object()) extras = Json::object();
  extras[approval_key] = std::move(facts);
}

}  // namespace gateway::pipeline
