#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <set>

#include "base/journal_reader.h"
#include "base/json.h"
#include "gateway/commands/load.h"
#include "gateway/commands/print_list.h"

namespace gateway::commands {
namespace {

using base::Json;
using base::JournalReader;

// What one record says.
Json record_body(const base::JournalRecord& record) {
  base::JsonLimits limits;
  limits.string = base::longest_journal_body;
  auto parsed = base::parse_json(record.body, limits);
  return parsed ? std::move(parsed->value) : Json::object();
}

// The request of an intent, which has others of its own when the call was sent again: `int_….r1`.
std::string request_of(const std::string& intent) {
  const std::size_t begin = std::min(intent.size(), intent.find('_') + 1);
  return "req_" + intent.substr(begin, intent.find(".r", begin) - begin);
}

// The story of a call or an approval, gathered from the journal record by record.
class Story {
 public:
  explicit Story(JournalReader& reader) : reader_(reader) {}

  /// What the journal knows of the id; every request that it leads to, in order.
  base::Result<Json> tell(const std::string& id) {
    if (id.starts_with("apr_")) {
      follow_approval(id);
    } else if (id.starts_with("int_")) {
      follow_request(request_of(id));
    } else {
      follow_request(id);
    }
    if (failure_) return *failure_;
    return Json{{"id", id}, {"calls", std::move(calls_)}, {"approvals", std::move(approvals_)}};
  }

 private:
  std::vector<Json> bodies(const char* stream, const std::string& key) {
    std::vector<Json> bodies;
    auto records = reader_.about(stream, key);
    if (!records) {
      failure_ = records.error();
      return bodies;
    }
    for (const auto& record : *records) bodies.push_back(record_body(record));
    return bodies;
  }

  void follow_request(const std::string& request) {
    if (!seen_.insert(request).second) return;
    Json call{{"request", request}};
    const std::string intent = "int_" + request.substr(std::min(request.size(), request.find('_') + 1));
    for (Json& audit : bodies("audit", request)) call["audit"] = std::move(audit);
    for (Json& record : bodies("intent", intent)) call["intent"] = std::move(record);
    for (Json& outcome : bodies("outcome", intent)) call["outcome"] = std::move(outcome);
    if (call.size() == 1) return;
    if (call.contains("intent")) call["intent_id"] = intent;
    const Json facts = call.contains("audit") ? call["audit"] : call["intent"];
    const bool is_reconcilable = facts.value("effect", "") == "reconcilable";
    if (is_reconcilable) add_repeats(intent, call);
    calls_.push_back(std::move(call));
    if (const Json* use = base::find_member(facts, "approval")) {
      follow_approval(use->value("id", ""));
    }
    if (is_reconcilable) follow_questions(request);
    for (const char* other : {"earlier", "verifies"}) {
      if (facts.contains(other)) follow_request(request_of(facts.value(other, "")));
    }
  }

  // Each time that it was sent again has an intent of its own.
  void add_repeats(const std::string& intent, Json& call) {
    for (int repeat = 1;; ++repeat) {
      const std::string id = intent + ".r" + std::to_string(repeat);
      Json one{{"intent_id", id}};
      for (Json& record : bodies("intent", id)) one["intent"] = std::move(record);
      for (Json& outcome : bodies("outcome", id)) one["outcome"] = std::move(outcome);
      if (one.size() == 1) return;
      call["repeats"].push_back(std::move(one));
    }
  }

  void follow_questions(const std::string& request) {
    for (int question = 1;; ++question) {
      const std::size_t before = calls_.size();
      follow_request(request + ".v" + std::to_string(question));
      if (calls_.size() == before) return;
    }
  }

  void follow_approval(const std::string& id) {
    if (!seen_.insert(id).second) return;
    std::vector<Json> events = bodies("approval", id);
    if (events.empty()) return;
    // What happened at another gateway was recorded when the call was sent here.
    std::stable_sort(events.begin(), events.end(), [](const Json& one, const Json& other) {
      return one.value("at", std::int64_t{0}) < other.value("at", std::int64_t{0});
    });
    approvals_.push_back({{"approval", id}, {"events", events}});
    for (const Json& event : events) {
      if (const std::string* request = base::find_string(event, "request")) follow_request(*request);
    }
  }

  JournalReader& reader_;
  std::set<std::string> seen_;
  std::optional<base::Error> failure_;
  Json calls_ = Json::array(), approvals_ = Json::array();
};

void line(const std::string& name, const std::string& text) {
  if (!text.empty()) std::cout << "  " << padded(name, 11) << text << "\n";
}

// What the tool said that was asked about the call, and where that is recorded.
std::string verified_text(const Json& outcome) {
  const Json* verified = base::find_member(outcome, "verified");
  if (verified == nullptr) return {};
  const std::string request = verified->value("request", "");
  const std::string why = verified->value("why", "");
  return verified->value("answer", "") + ", by " + verified->value("tool", "") +
         (request.empty() ? "" : ", call " + request) + (why.empty() ? "" : ": " + why);
}

std::string outcome_text(const Json& outcome) {
  std::string text = outcome.value("kind", "");
  for (const char* part : {"reason", "detail"}) {
    const std::string more = outcome.value(part, "");
    if (!more.empty()) text += (std::string(part) == "reason" ? " " : ": ") + more;
  }
  return text;
}

void print_call(const Json& call) {
  const Json& facts = call.contains("audit") ? call["audit"] : call["intent"];
  std::cout << "call " << call.value("request", "") << " at " << facts.value("time", "") << "\n";
  const std::string tenant = facts.value("tenant", "");
  line("agent", facts.value("agent", "") + (tenant.empty() ? "" : ", tenant " + tenant) + ", by " +
                    facts.value("credential", ""));
  for (const char* what : {"tool", "resource", "prompt"}) {
    if (!facts.contains(what)) continue;
    line(what, facts.value(what, "") + ", asked as " + facts.value("asked_as", "") +
                   (facts.contains("effect") ? ", " + facts.value("effect", "") : ""));
  }
  line("decision", facts.value("decision", ""));
  if (const Json* use = base::find_member(facts, "approval")) {
    const std::string person = use->value("person", "");
    const std::string budgets = use->value("over_budgets", "");
    line("approval",
         use->value("id", "") +
             (person.empty() ? ", which nobody had decided" : ", decided by " + person) +
             (use->contains("remembered") ? ", remembered" : "") +
             (use->contains("asked_arguments") ? ", with other arguments" : "") +
             (budgets.empty() ? "" : ", about going over " + budgets));
  }
  if (call.contains("intent_id")) {
    line("intent", call.value("intent_id", "") + ", recorded before anything was sent");
    line("key", call["intent"].value("key", ""));
  }
  for (const Json& repeat : call.value("repeats", Json::array())) {
    line("sent again", repeat.value("intent_id", "") + ", recorded before that");
  }
  line("asks about", facts.value("verifies", ""));
  const std::string earlier = facts.value("earlier", "");
  line("after", earlier.empty() ? "" : earlier + ", which may have been carried out");
  if (call.contains("audit")) {
    line("verified", verified_text(facts["outcome"]));
    line("outcome", outcome_text(facts["outcome"]));
  } else if (call.contains("outcome")) {
    line("outcome", outcome_text(call["outcome"]));
  } else {
    line("outcome", "none yet: it is in flight, or the gateway stopped");
  }
}

std::string event_text(const Json& event) {
  const std::string name = event.value("event", "");
  if (name == "asked") return "asked by call " + event.value("request", "");
  if (name == "redeemed") return "used by call " + event.value("request", "");
  if (name == "expired") return "expired: no person decided in time, the clock did";
  if (name == "escalated") return "escalated: nobody had decided, more people were asked";
  if (name == "ended") return "ended: " + event.value("reason", "");
  if (name == "forgotten") return "not remembered any more, says " + event.value("person", "");
  if (name == "released") return "not used after all: it stands again";
  if (name == "void") {
    return "the word of " + event.value("person", "") + ": " + event.value("reason", "");
  }
  const std::string message = event.value("message", "");
  return std::string(event.value("approves", false) ? "approved" : "denied") + " by " +
         event.value("person", "") + " (" + event.value("login", "") + ")" +
         (event.contains("edit") ? ", with other arguments" : "") +
         (event.contains("remember") ? ", to be remembered" : "") +
         (message.empty() ? "" : ": " + message);
}

void print_approval_story(const Json& approval) {
  std::cout << "approval " << approval.value("approval", "") << "\n";
  for (const Json& event : approval["events"]) {
    if (event.contains("clauses")) {
      for (const Json& clause : event["clauses"]) {
        line("rule", clause.value("rule", "") + " (" + clause.value("place", "") + ")");
        line("budget", clause.value("why", ""));
      }
      line("arguments", event.value("arguments", ""));
    }
    std::cout << "  " << event.value("time", "") << "  " << event_text(event) << "\n";
    if (event.contains("edit")) line("edited to", event["edit"].value("arguments", ""));
  }
}

Exit why(const Invocation& invocation, const std::string& id) {
  auto reader = JournalReader::open(load_chosen_config(invocation).journal);
  if (!reader) return fail(reader.error());
  const auto story = Story(*reader).tell(id);
  if (!story) return fail(story.error());
  if ((*story)["calls"].empty() && (*story)["approvals"].empty()) {
    std::cerr << "The journal knows nothing of " << id
              << ": give the id of a request, an approval or an intent, such as "
                 "`sluice audit tail` shows.\n";
    return Exit::failed;
  }
  if (invocation.json) {
    std::cout << base::dump_json(*story) << "\n";
    return Exit::done;
  }
  for (const Json& call : (*story)["calls"]) print_call(call);
  for (const Json& approval : (*story)["approvals"]) print_approval_story(approval);
  return Exit::done;
}

}  // namespace

void add_why(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "why", "What became of a call and why: agent, rule with file and line, person, outcome");
  auto id = std::make_shared<std::string>();
  command->add_option("ID", *id, "Of a request, an approval or an intent")->required();
  command->footer("Example: sluice why req_0j2m8f6s1c9k4b7t");
  command->callback([&invocation, id] {
    invocation.run = [&invocation, id] { return why(invocation, *id); };
  });
}

}  // namespace gateway::commands
