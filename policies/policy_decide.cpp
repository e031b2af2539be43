#include <algorithm>
#include <set>
#include <utility>

#include "policies/arguments_refusal.h"
#include "policies/policy.h"
#include "policies/resource_uri.h"
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
  Primitive primitive;
  const CompiledAgent& agent;
  const std::string& agent_name;
  std::string_view server, tool;
  std::string name;              // server/tool: what rules match
  const base::Json* arguments;   // null: none given
  const Rules* allow = nullptr;  // where an allow without a constraint matches
  std::size_t index = 0;         // which of them
};

void Policy::find_allow(Question& question) const {
  for (const std::size_t scope : question.agent.scopes) {
    const Rules& allow = scopes_[scope].allows(question.primitive);
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
  decision.permit = Permit(question.primitive, question.agent_name, std::string(question.server),
                           std::string(question.tool), text);
}

bool Policy::shows(std::string_view view, std::string_view name, Decision& decision) const {
  if (view.empty()) return true;
  const auto found = views_.find(view);
  if (found != views_.end() && found->second.first_match(name)) return true;
  decision.reason = "the view " + std::string(view) + " does not show it";
  return false;
}

const Policy::CompiledAgent* Policy::admit(const Caller& caller, std::string_view server,
                                           std::string_view name, const std::string& id,
                                           Decision& decision) const {
  const auto found = agents_.find(caller.agent);
  if (found == agents_.end()) {
    decision.reason = "the policy has no agent " + std::string(caller.agent);
    return nullptr;
  }
  // With a slash in the server's name, two different tools would have one name in the rules.
  if (server.empty() || name.empty() || server.find('/') != std::string_view::npos) {
    decision.reason = "this is no name of a server and a tool";
    return nullptr;
  }
  if (!shows(caller.view, id, decision)) return nullptr;
  if (denies(found->second, id, decision)) return nullptr;
  return &found->second;
}

void Policy::decide_plain(Question& question, Decision& decision) const {
  find_allow(question);
  if (question.allow != nullptr) {
    permit(question, question.allow->sources[question.index], question.allow->texts[question.index],
           decision);
  }
}

Decision Policy::decide(const Caller& caller, std::string_view server, std::string_view tool,
                        const base::Json* arguments) const {
  Decision decision;
  std::string id = tool_id(server, tool);
  const CompiledAgent* agent = admit(caller, server, tool, id, decision);
  if (agent == nullptr) return decision;
  Question question{Primitive::tool, *agent, agent->agent.name, server, tool, std::move(id),
                    arguments};
  if (agent->constrained) {
    find_allow(question);
    decide_constrained(question, decision);
  } else {
    decide_plain(question, decision);
  }
  if (decision.reason.empty()) {
    decision.reason = "no rule of agent " + agent->agent.name + " allows it";
  }
  return decision;
}

Decision Policy::decide(const Caller& caller, Primitive primitive, std::string_view server,
                        std::string_view name, const base::Json* arguments) const {
  if (primitive == Primitive::tool) return decide(caller, server, name, arguments);
  Decision decision;
  const std::string_view problem = primitive == Primitive::resource ? uri_problem(name) : "";
  if (!problem.empty()) {
    decision.reason = "the URI cannot be judged: " + std::string(problem);
    return decision;
  }
  std::string id = tool_id(server, name);
  const CompiledAgent* agent = admit(caller, server, name, id, decision);
  if (agent == nullptr) return decision;
  Question question{primitive, *agent, agent->agent.name, server, name, std::move(id), nullptr};
  decide_plain(question, decision);
  if (decision.reason.empty()) {
    decision.reason = "no rule of agent " + agent->agent.name + " allows it";
  }
  return decision;
}

bool Policy::lists_template(const Caller& caller, std::string_view server,
                            std::string_view uri_template) const {
  if (!template_problem(uri_template).empty()) return false;
  Decision ignored;
  std::string id = tool_id(server, template_text(uri_template));
  const CompiledAgent* agent = admit(caller, server, uri_template, id, ignored);
  if (agent == nullptr) return false;
  Question question{Primitive::resource, *agent, agent->agent.name, server, uri_template,
                    std::move(id), nullptr};
  find_allow(question);
  return question.allow != nullptr;
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
  Question question{Primitive::tool, found->second, found->first, server, tool,
                    tool_id(server, tool), nullptr};
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

std::string Policy::access_text(std::string_view agent, Primitive primitive,
                                std::string_view server, std::string_view name) const {
  if (primitive == Primitive::tool) return access_text(agent, server, name);
  const bool is_template =
      primitive == Primitive::resource && name.find('{') != std::string_view::npos;
  const bool allowed = is_template ? lists_template(Caller{agent}, server, name)
                                   : decide(Caller{agent}, primitive, server, name).allowed();
  return allowed ? "allowed" : "";
}

bool Policy::may_ask(std::string_view agent) const {
  const auto found = agents_.find(agent);
  return found != agents_.end() && found->second.asks;
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
  return terms;
}

}  // namespace policies
