#include "policies/approvals/approval_events.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/time_text.h"

namespace policies::approvals {
namespace {

using base::Json;

std::int64_t milliseconds_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

WallTime time_of(const Json& milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds.get<std::int64_t>()));
}

Json begin(const char* name, WallTime now) {
  return {{"event", name}, {"time", base::rfc3339(now, 3)}, {"at", milliseconds_of(now)}};
}

Json clauses_json(const std::vector<Clause>& clauses) {
  Json list = Json::array();
  for (const Clause& clause : clauses) {
    list.push_back({{"rule", clause.rule},
                    {"by", clause.by},
                    {"quorum", clause.quorum},
                    {"escalate_to", clause.escalate_to},
                    {"place", clause.place}});
    if (clause.client) list.back()["client"] = true;
    if (clause.budget.empty()) continue;
    list.back()["budget"] = clause.budget;
    list.back()["why"] = clause.why;
  }
  return list;
}

std::vector<Clause> read_clauses(const Json& list) {
  std::vector<Clause> clauses;
  for (const Json& item : list) {
    clauses.push_back({item.at("rule"), item.at("by"), item.at("quorum"), item.at("escalate_to"),
                       item.at("place"), item.value("client", false), item.value("budget", ""),
                       item.value("why", "")});
  }
  return clauses;
}

void apply_asked(Approval& approval, const Json& event) {
  Ask& ask = approval.ask;
  ask.tenant = event.at("tenant");
  ask.agent = event.at("agent");
  ask.owner = event.at("owner");
  ask.request = event.at("request");
  ask.tool = event.at("tool");
  ask.definition = event.at("definition");
  ask.arguments = event.at("arguments");
  ask.allowed_by = event.at("allowed_by");
  ask.terms.clauses = read_clauses(event.at("clauses"));
  ask.terms.expires = std::chrono::milliseconds(event.at("expires_ms").get<std::int64_t>());
  approval.clauses = ask.terms.clauses;
  approval.asked = time_of(event.at("at"));
  approval.until = approval.asked + ask.terms.expires;
}

// An edit is another call: what others agreed to before does not count for it. Rules that ask for
// more with the new arguments are added.
void apply_edit(Approval& approval, const Json& edit) {
  approval.edited = edit.at("arguments").get<std::string>();
  approval.edited_print = edit.at("fingerprint");
  approval.votes.clear();
  for (Clause& added : read_clauses(edit.at("clauses"))) {
    const auto same = [&](const Clause& known) { return known.rule == added.rule; };
    if (std::none_of(approval.clauses.begin(), approval.clauses.end(), same)) {
      approval.clauses.push_back(std::move(added));
    }
  }
}

void apply_vote(Approval& approval, const Json& event) {
  if (event.contains("edit")) apply_edit(approval, event.at("edit"));
  Vote vote{{event.at("person"), event.at("login"), event.at("groups"),
             event.value("at_client", false)},
            event.at("approves"),
            event.at("message"),
            time_of(event.at("at"))};
  const bool denies = !vote.approves;
  approval.votes.push_back(std::move(vote));
  if (event.contains("remember")) {
    const Json& remember = event.at("remember");
    approval.remembered = {time_of(remember.at("until")), remember.at("arguments")};
  }
  if (!denies && !approval.met()) return;
  approval.state = denies ? State::denied : State::approved;
  // The answer stands for its call as long as the question stood for people.
  approval.until = time_of(event.at("at")) + approval.ask.terms.expires;
  if (approval.remembered) approval.until = std::max(approval.until, approval.remembered->until);
}

void apply_escalated(Approval& approval, const Json& event) {
  for (Clause& clause : approval.clauses) {
    clause.by.insert(clause.by.end(), clause.escalate_to.begin(), clause.escalate_to.end());
  }
  approval.escalated = true;
  approval.until = time_of(event.at("at")) + approval.ask.terms.expires;
}

// What was decided of its own call stands for as long as without it.
void apply_forgotten(Approval& approval) {
  approval.remembered.reset();
  if (approval.votes.empty()) throw std::invalid_argument("nobody decided");
  approval.until =
      std::min(approval.until, approval.votes.back().time + approval.ask.terms.expires);
}

void apply_known(Approval& approval, const Json& event) {
  const std::string name = event.at("event");
  if (name == "asked") {
    apply_asked(approval, event);
  } else if (name == "vote") {
    apply_vote(approval, event);
  } else if (name == "escalated") {
    apply_escalated(approval, event);
  } else if (name == "expired") {
    approval.state = State::expired;
    approval.until = time_of(event.at("at")) + approval.ask.terms.expires;
  } else if (name == "redeemed") {
    approval.state = State::redeemed;
    approval.redeemed_by = event.at("request");
    if (approval.remembered) approval.until = approval.remembered->until;
  } else if (name == "forgotten") {
    apply_forgotten(approval);
  } else if (name == "released") {
    approval.state = State::approved;
    approval.redeemed_by.clear();
    approval.until = time_of(event.at("until"));
  } else if (name != "ended") {
    throw std::invalid_argument("unknown event");
  }
}

}  // namespace

Json asked_event(const Approval& approval) {
  const Ask& ask = approval.ask;
  Json event = begin("asked", approval.asked);
  event["tenant"] = ask.tenant;
  event["agent"] = ask.agent;
  event["owner"] = ask.owner;
  event["request"] = ask.request;
  event["tool"] = ask.tool;
  event["definition"] = ask.definition;
  event["arguments"] = ask.arguments;
  event["allowed_by"] = ask.allowed_by;
  event["clauses"] = clauses_json(ask.terms.clauses);
  event["expires_ms"] = ask.terms.expires.count();
  return event;
}

Json vote_event(const Decision& decision, WallTime now) {
  Json event = begin("vote", now);
  event["person"] = decision.decider.person;
  event["login"] = decision.decider.login;
  event["groups"] = decision.decider.groups;
  if (decision.decider.at_client) event["at_client"] = true;
  event["approves"] = decision.approves;
  event["message"] = decision.message;
  if (decision.edit) {
    event["edit"] = {{"arguments", decision.edit->arguments},
                     {"fingerprint", fingerprint(*decision.edit)},
                     {"clauses", clauses_json(decision.edit->terms.clauses)}};
  }
  if (decision.remember) {
    event["remember"] = {{"until", milliseconds_of(decision.remember->until)},
                         {"arguments", decision.remember->arguments}};
  }
  return event;
}

Json clock_event(const Approval& approval, WallTime now) {
  if (approval.state != State::pending) return ended_event("its time has passed", now);
  const auto escalates = [](const Clause& clause) { return !clause.escalate_to.empty(); };
  const bool passes_on =
      !approval.escalated &&
      std::any_of(approval.clauses.begin(), approval.clauses.end(), escalates);
  return begin(passes_on ? "escalated" : "expired", now);
}

Json redeemed_event(const std::string& request, const std::string& intent, WallTime now) {
  Json event = begin("redeemed", now);
  event["request"] = request;
  event["intent"] = intent;
  return event;
}

Json forgotten_event(const Decider& decider, WallTime now) {
  Json event = begin("forgotten", now);
  event["person"] = decider.person;
  event["login"] = decider.login;
  return event;
}

Json released_event(WallTime until, WallTime now) {
  Json event = begin("released", now);
  event["until"] = milliseconds_of(until);
  return event;
}

Json void_event(const std::string& person, const std::string& reason, WallTime now) {
  Json event = begin("void", now);
  event["person"] = person;
  event["reason"] = reason;
  return event;
}

Json ended_event(const std::string& reason, WallTime now) {
  Json event = begin("ended", now);
  event["reason"] = reason;
  return event;
}

base::Status apply_event(Approval& approval, const Json& event) {
  try {
    apply_known(approval, event);
  } catch (const std::exception& wrong) {
    return base::Error{base::Code::broken, "A record of an approval is not what one holds.",
                       wrong.what()};
  }
  return {};
}

// The same bounds as for a body that holds the text of a whole request.
base::Result<Json> read_event(std::string_view text) {
  base::JsonLimits limits;
  limits.string = std::size_t{16} << 20;
  auto parsed = base::parse_json(text, limits);
  if (!parsed) return parsed.error();
  return std::move(parsed->value);
}

base::JournalEntry entry_of(const Approval& after, Json event) {
  event["state"] = to_string(after.state);
  const bool used_up = after.state == State::redeemed && !after.remembered;
  if (used_up || event.at("event") == "ended") event["left"] = "nothing";
  return {approval_stream, after.id, base::dump_json(event), base::JournalEntry::Item::none};
}

}  // namespace policies::approvals
