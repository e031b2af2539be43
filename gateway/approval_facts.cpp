#include "gateway/approval_facts.h"

#include "base/time_text.h"
#include "policies/ledger/money.h"

namespace gateway {
namespace {

using base::Json;
using policies::approvals::Approval;

// Numbers in it may have more digits than a double: then it is shown as text.
Json arguments_json(const std::string& text) {
  auto parsed = base::parse_json(text);
  if (!parsed || parsed->inexact) return text;
  return std::move(parsed->value);
}

Json clauses_json(const Approval& approval) {
  Json clauses = Json::array();
  for (const auto& clause : approval.clauses) {
    Json facts{{"rule", clause.rule},
               {"place", clause.place},
               {"by", clause.by},
               {"quorum", clause.quorum}};
    if (!clause.escalate_to.empty()) facts["escalate_to"] = clause.escalate_to;
    if (clause.client) facts["ask"] = "client";
    if (!clause.why.empty()) facts["why"] = clause.why;
    clauses.push_back(std::move(facts));
  }
  return clauses;
}

Json votes_json(const Approval& approval) {
  Json votes = Json::array();
  for (const auto& vote : approval.votes) {
    votes.push_back({{"person", vote.decider.person},
                     {"login", vote.decider.login},
                     {"approves", vote.approves},
                     {"message", vote.message},
                     {"time", base::rfc3339(vote.time, 0)}});
    if (vote.decider.at_client) votes.back()["at_client"] = true;
  }
  return votes;
}

// What the call would do now: the tool may have changed since it was asked.
void add_tool(Json& facts, const Approval& approval, const pipeline::Snapshot& snapshot) {
  const std::string& id = approval.ask.tool;
  const std::size_t slash = id.find('/');
  const std::string server = id.substr(0, slash), tool = id.substr(slash + 1);
  const tools::CatalogEntry* entry = snapshot.catalog->find_id(server, tool);
  if (entry == nullptr) return;
  facts["effect"] = policies::to_string(snapshot.effect_of(*entry));
  facts["definition_changed"] = entry->tool->definition_hash != approval.ask.definition;
  const auto price = snapshot.policy->price_of(server, tool);
  if (price > 0) {
    facts["price"] = policies::ledger::money_text(price) + " " + snapshot.policy->currency();
  }
}

}  // namespace

Json approval_facts(const Approval& approval, const pipeline::Snapshot& snapshot) {
  const auto& ask = approval.ask;
  Json facts{{"approval", approval.id},
             {"state", to_string(approval.state)},
             {"waits_for", approval.waits_for()},
             {"asked", base::rfc3339(approval.asked, 0)},
             {"until", base::rfc3339(approval.until, 0)},
             {"escalated", approval.escalated},
             {"agent", ask.agent},
             {"tenant", ask.tenant},
             {"owner", ask.owner},
             {"request", ask.request},
             {"tool", ask.tool}};
  add_tool(facts, approval, snapshot);
  facts["arguments"] = arguments_json(ask.arguments);
  if (approval.edited) facts["edited_arguments"] = arguments_json(*approval.edited);
  facts["allowed_by"] = ask.allowed_by;
  facts["rules"] = clauses_json(approval);
  facts["votes"] = votes_json(approval);
  if (approval.remembered) {
    facts["remembered"] = {{"until", base::rfc3339(approval.remembered->until, 0)},
                           {"arguments", arguments_json(approval.remembered->arguments)}};
  }
  if (!approval.redeemed_by.empty()) facts["redeemed_by"] = approval.redeemed_by;
  return facts;
}

}  // namespace gateway
