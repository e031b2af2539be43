#include "gateway/pipeline/client_form.h"

namespace gateway::pipeline {
namespace {

using base::Json;
using Word = ClientPerson::Word;

constexpr std::size_t most_shown = 4'000;  // bytes of arguments
constexpr const char* decision_field = "decision";

base::Error not_offered(const std::string& sentence) {
  return {base::Code::invalid, sentence, {}};
}

}  // namespace

bool fits_form(const policies::approvals::Approval& approval) {
  return approval.ask.arguments.size() <= most_shown;
}

// A client that accepts whatever it is asked has not decided anything: the decision is a field.
Json form_of(const policies::approvals::Approval& approval) {
  const auto& ask = approval.ask;
  std::string text =
      "Agent " + ask.agent + " asks to call " + ask.tool + " with " + ask.arguments + "\n";
  for (const auto& clause : approval.clauses) {
    if (!clause.why.empty()) text += clause.why + "\n";
  }
  text += "It is sent only if you approve (" + approval.id + ").";
  const Json field{{"type", "string"}, {"title", "Decision"}, {"enum", {"approve", "deny"}}};
  return {{"message", text},
          {"requestedSchema",
           {{"type", "object"},
            {"properties", {{decision_field, field}}},
            {"required", Json::array({decision_field})}}}};
}

base::Result<Word> read_form(const Json& result) {
  const std::string* action = base::find_string(result, "action");
  if (action == nullptr) return not_offered("An answer needs an action.");
  if (*action == "decline") return Word::denies;
  if (*action == "cancel") return Word::dismisses;
  if (*action != "accept") return not_offered("The action must be accept, decline or cancel.");
  const Json* content = base::find_member(result, "content");
  const std::string* word =
      content == nullptr ? nullptr : base::find_string(*content, decision_field);
  if (word != nullptr && *word == "approve") return Word::approves;
  if (word != nullptr && *word == "deny") return Word::denies;
  return not_offered("The decision must be approve or deny.");
}

}  // namespace gateway::pipeline
