#include "gateway/pipeline/question.h"

#include <utility>

#include "gateway/pipeline/checks.h"
#include "gateway/pipeline/quota_refusal.h"

namespace gateway::pipeline {
namespace {

using base::Code;
using base::Error;
using policies::approvals::Ask;

// A rule's text as an approval is bound to it: wherever it stands.
std::string text_of(const policies::RuleSource& rule) {
  std::string text = rule.scope + ": " + rule.kind + " " + rule.pattern;
  if (!rule.arguments.empty()) text += " with " + rule.arguments;
  return text;
}

Error invalid(std::string sentence) { return {Code::invalid, std::move(sentence), {}}; }

Error invalid(const Outcome& refusal) {
  if (refusal.error) return invalid(refusal.error->message);
  return invalid(refusal.result["content"][0]["text"].get<std::string>());
}

}  // namespace

policies::approvals::Terms terms_of(const Call& call) {
  const policies::Policy& policy = *call.snapshot->policy;
  policies::approvals::Terms terms = policy.approval_terms(
      call.principal.agent, call.entry->server(), call.entry->tool->name, call.arguments.value());
  for (const policies::ledger::Refusal& full : call.exceeded) {
    const policies::approvals::Terms* overrun = policy.overrun_terms(full.quota);
    if (overrun == nullptr) continue;
    policies::approvals::Clause clause = overrun->clauses.front();
    clause.why = budget_text(full);
    terms.add(std::move(clause), overrun->wait, overrun->expires);
  }
  return terms;
}

Ask question_of(const Call& call, policies::approvals::Terms terms) {
  Ask ask;
  ask.terms = std::move(terms);
  ask.tenant = call.principal.tenant;
  ask.agent = call.principal.agent;
  const policies::Agent* agent = call.snapshot->policy->find_agent(ask.agent);
  if (agent != nullptr) ask.owner = agent->owner;
  ask.request = call.request_id;
  ask.tool = call.entry->id();
  ask.definition = call.entry->tool->definition_hash;
  ask.arguments = call.arguments.text();
  if (call.rule) ask.allowed_by = text_of(*call.rule);
  return ask;
}

base::Result<Ask> edited_question(std::shared_ptr<const Snapshot> snapshot, const Ask& asked,
                                  base::ParsedJson arguments) {
  if (!arguments.value.is_object()) return invalid("The arguments must be one JSON object.");
  const std::size_t slash = asked.tool.find('/');
  Call call;
  call.snapshot = std::move(snapshot);
  call.principal = {asked.agent, asked.tenant, {}};
  call.request_id = asked.request;
  call.entry =
      call.snapshot->catalog->find_id(asked.tool.substr(0, slash), asked.tool.substr(slash + 1));
  if (call.entry == nullptr || !call.entry->quarantine.empty()) {
    return invalid("No server offers " + asked.tool + " at this moment.");
  }
  call.asked = call.entry->exported;
  call.arguments = mcp::ToolArguments(std::move(arguments.value));
  call.inexact = std::move(arguments.inexact);
  if (auto refusal = authorize_call(call)) return invalid(*refusal);
  if (auto refusal = validate_call(call)) return invalid(*refusal);
  policies::approvals::Terms terms = terms_of(call);
  // Whatever the arguments, the call costs the same: it would go over the same budgets.
  for (const policies::approvals::Clause& clause : asked.terms.clauses) {
    if (!clause.budget.empty()) terms.add(clause, asked.terms.wait, asked.terms.expires);
  }
  return question_of(call, std::move(terms));
}

}  // namespace gateway::pipeline
