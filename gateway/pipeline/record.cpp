#include "gateway/pipeline/record.h"

#include <ctime>

#include "base/crypto.h"
#include "policies/ledger/money.h"

namespace gateway::pipeline {
namespace {

using base::JournalEntry;
using base::Json;

// What intent and audit record both say of the call.
Json facts_of(const Call& call) {
  Json facts{{"time", rfc3339(call.received)},
             {"request", call.request_id},
             {"tenant", call.principal.tenant},
             {"agent", call.principal.agent},
             {"credential", call.principal.credential},
             {"method", "tools/call"},
             {"tool", call.entry ? call.entry->id() : std::string()},
             {"asked_as", call.tool},
             {"arguments", base::blake2b_hex(base::dump_json(call.arguments))},
             {"policy", call.snapshot->policy->version()}};
  if (call.entry == nullptr) return facts;
  facts["definition"] = call.entry->tool->definition_hash;
  facts["effect"] = policies::to_string(call.effect);
  return facts;
}

void add_rule(Json& facts, const Call& call) {
  if (!call.decision.empty()) facts["decision"] = call.decision;
  if (!call.rule) return;
  facts["rule"] = {{"scope", call.rule->scope},
                   {"kind", call.rule->kind},
                   {"pattern", call.rule->pattern},
                   {"file", call.rule->file},
                   {"line", call.rule->line}};
}

// Rates and slots are no spending.
void add_charges(Json& body, const Call& call) {
  if (!call.hold) return;
  Json spent = Json::object();
  for (const policies::ledger::Charge& charge : call.charges) {
    if (!charge.quota->is_budget()) continue;
    if (charge.quota->kind == policies::ledger::Quota::Kind::money) {
      spent[charge.key()] = policies::ledger::money_text(charge.amount);
    } else {
      spent[charge.key()] = charge.amount;
    }
  }
  if (spent.empty()) return;
  body["charged"] = std::move(spent);
  if (call.fate) body["hold"] = policies::ledger::to_string(*call.fate);
}

Json outcome_facts(const Outcome& outcome) {
  Json facts{{"kind", to_string(outcome.kind)}};
  if (!outcome.reason.empty()) facts["reason"] = outcome.reason;
  if (!outcome.detail.empty()) facts["detail"] = outcome.detail;
  if (outcome.error) facts["code"] = outcome.error->code;
  if (outcome.tool_error()) facts["tool_error"] = true;
  if (outcome.bytes > 0) facts["bytes"] = outcome.bytes;
  return facts;
}

}  // namespace

JournalEntry intent_entry(const Call& call) {
  Json body = facts_of(call);
  add_rule(body, call);
  add_charges(body, call);
  return {"intent", call.intent, base::dump_json(body), JournalEntry::Item::opens};
}

JournalEntry outcome_entry(const Call& call, const Outcome& outcome) {
  return {"outcome", call.intent, base::dump_json(outcome_facts(outcome)),
          JournalEntry::Item::closes};
}

JournalEntry audit_entry(const Call& call, const Outcome& outcome) {
  Json body = facts_of(call);
  add_rule(body, call);
  if (!call.intent.empty()) body["intent"] = call.intent;
  add_charges(body, call);
  body["outcome"] = outcome_facts(outcome);
  const auto taken = std::chrono::steady_clock::now() - call.started;
  body["micros"] = std::chrono::duration_cast<std::chrono::microseconds>(taken).count();
  return {"audit", call.request_id, base::dump_json(body), JournalEntry::Item::none};
}

JournalEntry crashed_outcome_entry(const std::string& intent) {
  const Json body{{"kind", to_string(Outcome::Kind::unknown)},
                  {"reason", "gateway_stopped"},
                  {"detail", "the gateway stopped before an answer was recorded"}};
  return {"outcome", intent, base::dump_json(body), JournalEntry::Item::closes};
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::string result(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &parts));
  const std::string fraction = std::to_string(micros % 1'000'000);
  return result.append(6 - fraction.size(), '0').append(fraction).append("Z");
}

}  // namespace gateway::pipeline
