#include "gateway/pipeline/record.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/crypto.h"
#include "base/json_text.h"
#include "base/time_text.h"
#include "gateway/pipeline/idempotency_key.h"
#include "policies/ledger/money.h"

namespace gateway::pipeline {
namespace {

using base::JournalEntry;
using base::JsonObjectText;
using policies::ledger::Charge;

// Few records are longer, and allocators serve up to 1 KiB with the terminating zero fastest.
constexpr std::size_t usual_size = 1023;
constexpr std::size_t longest_name = 256;  // what was asked for is the caller's choice

std::string new_body() {
  std::string body;
  body.reserve(usual_size);
  return body;
}

// What intent and audit record both say of the call.
void add_facts(JsonObjectText& facts, const Call& call) {
  facts.add("time", base::rfc3339(call.received, 6))
      .add("request", call.request_id)
      .add("tenant", call.principal.tenant)
      .add("agent", call.principal.agent)
      .add("credential", call.principal.credential)
      .add("method", tools::method_of(call.primitive).method)
      .add(policies::member_of(call.primitive), call.resolved() ? call.id() : std::string())
      .add("asked_as", std::string_view(call.asked).substr(0, longest_name))
      .add("arguments", base::blake2b_hex(call.arguments.text()))
      .add("policy", call.snapshot->policy->version());
  if (!call.principal.view.empty()) facts.add("view", call.principal.view);
  if (!call.earlier.empty()) facts.add("earlier", call.earlier);
  if (call.verifies != nullptr) {
    const Call& lost = *call.verifies;
    facts.add("verifies", lost.intent.empty() ? lost.earlier : lost.intent);
  }
  if (!call.resolved()) return;
  facts.add("definition", call.definition_hash()).add("effect", policies::to_string(call.effect));
}

void add_rule(std::string& body, JsonObjectText& facts, const Call& call) {
  if (!call.decision.empty()) facts.add("decision", call.decision);
  if (!call.rule) return;
  facts.begin("rule");
  JsonObjectText rule(body);
  rule.add("scope", call.rule->scope)
      .add("kind", call.rule->kind)
      .add("pattern", call.rule->pattern)
      .add("file", call.rule->file)
      .add("line", call.rule->line)
      .end();
}

void add_approval(std::string& body, JsonObjectText& facts, const Call& call) {
  if (!call.approval) return;
  facts.begin("approval");
  JsonObjectText approval(body);
  approval.add("id", call.approval->id).add("person", call.approval->person);
  if (call.approval->remembered) approval.add_bool("remembered", true);
  std::string budgets;
  for (const auto& full : call.exceeded) budgets += (budgets.empty() ? "" : ", ") + full.rule;
  if (!budgets.empty()) approval.add("over_budgets", budgets);
  if (!call.approval->asked.empty()) {
    approval.add("asked_arguments", base::blake2b_hex(call.approval->asked));
  }
  approval.end();
}

// Rates and slots are no spending.
void add_charges(std::string& body, JsonObjectText& facts, const Call& call) {
  const auto is_budget = [](const Charge& charge) { return charge.quota->is_budget(); };
  if (!call.hold || std::ranges::none_of(call.charges, is_budget)) return;
  facts.begin("charged");
  JsonObjectText charged(body);
  for (const Charge& charge : call.charges | std::views::filter(is_budget)) {
    if (charge.quota->kind == policies::ledger::Quota::Kind::money) {
      charged.add_any(charge.key(), policies::ledger::money_text(charge.amount));
    } else {
      charged.add_any(charge.key(), charge.amount);
    }
  }
  charged.end();
  if (call.fate) facts.add("hold", policies::ledger::to_string(*call.fate));
}

void add_verified(std::string& body, JsonObjectText& facts, const Verified& verified) {
  facts.begin("verified");
  JsonObjectText found(body);
  found.add("answer", policies::to_string(verified.answer)).add("tool", verified.tool);
  if (verified.asked > 0) found.add("request", verified.request).add("asked", verified.asked);
  if (verified.answer == policies::CarriedOut::inconclusive) found.add("why", verified.why);
  found.end();
}

void append_outcome(std::string& body, const Outcome& outcome) {
  JsonObjectText facts(body);
  facts.add("kind", to_string(outcome.kind));
  if (!outcome.reason.empty()) facts.add("reason", outcome.reason);
  if (!outcome.detail.empty()) facts.add("detail", outcome.detail);
  if (outcome.error) facts.add("code", outcome.error->code);
  if (outcome.tool_error()) facts.add_bool("tool_error", true);
  if (outcome.bytes > 0) facts.add("bytes", static_cast<std::int64_t>(outcome.bytes));
  if (outcome.verified) add_verified(body, facts, *outcome.verified);
  facts.end();
}

}  // namespace

JournalEntry intent_entry(const Call& call) {
  std::string body = new_body();
  JsonObjectText facts(body);
  add_facts(facts, call);
  add_rule(body, facts, call);
  add_approval(body, facts, call);
  add_charges(body, facts, call);
  if (call.is_keyed()) facts.add("key", idempotency_key(call));
  facts.end();
  return {"intent", call.intent, std::move(body), JournalEntry::Item::opens};
}

JournalEntry outcome_entry(const Call& call, const Outcome& outcome) {
  std::string body;
  append_outcome(body, outcome);
  return {"outcome", call.intent, std::move(body), JournalEntry::Item::closes};
}

JournalEntry audit_entry(const Call& call, const Outcome& outcome) {
  std::string body = new_body();
  JsonObjectText facts(body);
  add_facts(facts, call);
  add_rule(body, facts, call);
  add_approval(body, facts, call);
  if (!call.intent.empty()) facts.add("intent", call.intent);
  add_charges(body, facts, call);
  facts.begin("outcome");
  append_outcome(body, outcome);
  const auto taken = std::chrono::steady_clock::now() - call.started;
  facts.add("micros", std::chrono::duration_cast<std::chrono::microseconds>(taken).count()).end();
  return {"audit", call.request_id, std::move(body), JournalEntry::Item::none};
}

JournalEntry crashed_outcome_entry(const std::string& intent) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::unknown;
  outcome.reason = "gateway_stopped";
  outcome.detail = "the gateway stopped before an answer was recorded";
  std::string body;
  append_outcome(body, outcome);
  return {"outcome", intent, std::move(body), JournalEntry::Item::closes};
}

}  // namespace gateway::pipeline
