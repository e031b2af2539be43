#include <algorithm>
#include <set>
#include <utility>

#include "policies/arguments_refusal.h"
#include "policies/policy.h"
#include "policies/tool_id.h"

namespace policies {

bool Policy::denies(const CompiledAgent& agent, std::string_view name, Decision& decision) const {
  for (const std::size_t scope : agent.scopes) {
    const Rules& deny = scopes_[scope].deny;
    const auto match = deny.globs.first_match(name);
    if (!match) continue;
    decision.source = deny.sources[*match];
    decision.reason = "denied by " + deny.texts[*match];
    return true;
  }
  return false;
}

struct Policy::Question {
  const CompiledAgent& agent;
  const std::string& agent_name;
  std::string_view server, tool;
  std::string name;              // server/tool
  const base::Json* arguments;   // null: none given
  const Rules* allow = nullptr;  // where an allow without a constraint matches
  std::size_t index = 0;         // which of them
};

void Policy::find_allow(Question& question) const {
  for (const std::size_t scope : question.agent.scopes) {
    const Rules& allow = scopes_[scope].allow;
    const auto match = allow.globs.first_match(question.name);
    if (!match) continue;
    question.allow = &allow;
    question.index = *match;
    return;
  }
}

void Policy::permit(const Question& question, const RuleSource& source, const std::string& text,
                    Decision& decision) {
  decision.source = source;
  decision.reason = "allowed by " + text;
  decision.listed = true;
  decision.permit =
      Permit(question.agent_name, std::string(question.server), std::string(question.tool), text);
}

bool Policy::shows(std::string_view view, std::string_view name, Decision& decision) const {
  if (view.empty()) return true;
  const auto found = views_.find(view);
  if (found != views_.end() && found->second.first_match(name)) return true;
  decision.reason = "the view " + std::string(view) + " does not show it";
  return false;
}

Decision Policy::decide(const Caller& caller, std::string_view server, std::string_view tool,
                        const base::Json* arguments) const {
  Decision decision;
  const auto found = agents_.find(caller.agent);
  if (found == agents_.end()) {
    decision.reason = "the policy has no agent " + std::string(caller.agent);
    return decision;
  }
  // With a slash in the server's name, two different tools would have one name in the rules.
  if (server.empty() || tool.empty() || server.find('/') != std::string_view::npos) {
    decision.reason = "this is no name of a server and a tool";
    return decision;
  }
  Question question{found->second, found->first, server, tool, tool_id(server, tool), arguments};
  if (!shows(caller.view, question.name, decision)) return decision;
  if (denies(question.agent, question.name, decision)) return decision;
  find_allow(question);
  if (question.agent.constrained) {
    decide_constrained(question, decision);
  } else if (question.allow != nullptr) {
    permit(question, question.allow->sources[question.index], question.allow->texts[question.index],
           decision);
  }
  if (decision.reason.empty()) decision.reason = "no rule of agent " + found->first + " allows it";
  return decision;
}

void Policy::find_constrained(const Question& question, std::vector<const ConstrainedRule*>& allows,
                              std::vector<const ConstrainedRule*>& denies) const {
  for (const std::size_t scope : question.agent.scopes) {
    scopes_[scope].allow.constrained.find(question.name, allows);
    scopes_[scope].deny.constrained.find(question.name, denies);
  }
  // What is allowed and denied in the same words is never allowed, and must not be listed for it.
  std::erase_if(allows, [&](const ConstrainedRule* allow) {
    return std::any_of(denies.begin(), denies.end(), [&](const ConstrainedRule* deny) {
      return deny->arguments.text() == allow->arguments.text();
    });
  });
}

// What could not be decided refuses: a deny holds unless it certainly does not, an allow only when
// it certainly does.
void Policy::decide_constrained(const Question& question, Decision& decision) const {
  using tools::schema::Verdict;
  std::vector<const ConstrainedRule*> allows, denies;
  find_constrained(question, allows, denies);
  if (question.allow == nullptr && allows.empty()) return;
  decision.listed = true;
  const bool free = question.allow != nullptr && denies.empty();
  if (question.arguments == nullptr && !free) {
    const ConstrainedRule& first = denies.empty() ? *allows.front() : *denies.front();
    decision.source = first.source;
    decision.reason = "depends on the arguments: " + first.text;
    return;
  }
  for (const ConstrainedRule* deny : denies) {
    if (deny->arguments.verdict(*question.arguments) == Verdict::invalid) continue;
    decision.source = deny->source;
    decision.reason = "denied by " + deny->text;
    decision.refusal = denied_arguments_text(question.name, *deny);
    return;
  }
  if (question.allow != nullptr) {
    permit(question, question.allow->sources[question.index], question.allow->texts[question.index],
           decision);
    return;
  }
  for (const ConstrainedRule* allow : allows) {
    if (allow->arguments.verdict(*question.arguments) != Verdict::valid) continue;
    permit(question, allow->source, allow->text, decision);
    return;
  }
  decision.source = allows.front()->source;
  decision.reason = "the arguments do not satisfy " + allows.front()->text;
  decision.refusal = unmet_arguments_text(question.name, allows, *question.arguments);
}

std::string Policy::access_text(std::string_view agent, std::string_view server,
                                std::string_view tool) const {
  if (!decide(agent, server, tool).listed) return "";
  const auto found = agents_.find(agent);
  Question question{found->second, found->first, server, tool, tool_id(server, tool), nullptr};
  find_allow(question);
  std::vector<const ConstrainedRule*> allows, denies;
  find_constrained(question, allows, denies);
  // In whichever order the rules are written, they say the same.
  std::set<std::string> allowed, denied, asked;
  for (const ConstrainedRule* allow : allows) allowed.insert(allow->arguments.text());
  for (const ConstrainedRule* deny : denies) denied.insert(deny->arguments.text());
  for (const std::size_t scope : question.agent.scopes) {
    scopes_[scope].approve.find_texts(question.name, asked);
  }
  std::string text = "allowed";
  const auto append = [&text](const std::set<std::string>& parts, const char* first,
                              const char* next) {
    const char* between = first;
    for (const std::string& part : parts) text += std::exchange(between, next) + part;
  };
  if (question.allow == nullptr) append(allowed, " with ", " or ");
  append(denied, " except with ", " or ");
  append(asked, ", once people agree: ", "; ");
  return text;
}

approvals::Terms Policy::approval_terms(std::string_view agent, std::string_view server,
                                        std::string_view tool, const base::Json& arguments) const {
  approvals::Terms terms;
  const auto found = agents_.find(agent);
  if (found == agents_.end() || !found->second.asks) return terms;
  const std::string name = tool_id(server, tool);
  for (const std::size_t scope : found->second.scopes) {
    scopes_[scope].approve.find(name, arguments, terms);
  }
  // In whichever order roles are written, it is the same question.
  std::sort(terms.clauses.begin(), terms.clauses.end(),
            [](const auto& one, const auto& other) { return one.rule < other.rule; });
  return terms;
}

}  // namespace policies
