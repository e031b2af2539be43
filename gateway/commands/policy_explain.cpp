#include <iostream>
#include <memory>

#include "base/json.h"
#include "base/yaml.h"
#include "gateway/commands/load.h"
#include "gateway/commands/policy_commands.h"
#include "policies/policy.h"

namespace gateway::commands {
namespace {

using base::Json;
using policies::Primitive;

struct Question {
  std::string agent, id, arguments, view;
  bool resource = false, prompt = false;

  Primitive primitive() const {
    if (resource) return Primitive::resource;
    return prompt ? Primitive::prompt : Primitive::tool;
  }
};

Exit wrong(const std::string& sentence) {
  std::cerr << sentence << "\n";
  return Exit::usage;
}

// Whom such a call waits for, one line for each rule that asks.
std::vector<std::string> asks(const policies::Policy& policy, const Question& question,
                              const base::Json& arguments) {
  const std::size_t slash = question.id.find('/');
  const auto terms = policy.approval_terms(question.agent, question.id.substr(0, slash),
                                           question.id.substr(slash + 1), arguments);
  std::vector<std::string> lines;
  for (const auto& clause : terms.clauses) lines.push_back(clause.rule + " (" + clause.place + ")");
  return lines;
}

// The same for budgets that ask once they are used up.
std::vector<std::string> overruns(const policies::Policy& policy, const Question& question) {
  const std::size_t slash = question.id.find('/');
  std::vector<std::string> lines;
  for (const auto& charge : policy.charges(question.agent, question.id.substr(0, slash),
                                           question.id.substr(slash + 1))) {
    const auto* terms = policy.overrun_terms(charge.quota->id);
    if (terms == nullptr) continue;
    const auto& clause = terms->clauses.front();
    lines.push_back(clause.rule + " (" + clause.place + ")");
  }
  return lines;
}

// Without arguments: what becomes of calls with some.
void print_access(const policies::Policy& policy, const Question& question) {
  const std::size_t slash = question.id.find('/');
  const std::string access = policy.access_text(question.agent, question.id.substr(0, slash),
                                                question.id.substr(slash + 1));
  if (access != "allowed") std::cout << access << "\n";
}

// The argument of a tool that the gateway fills itself, or "".
std::string key_argument_of(const policies::Policy& policy, const Question& question) {
  if (question.primitive() != Primitive::tool) return {};
  const std::size_t slash = question.id.find('/');
  return std::string(
      policy.key_argument_of(question.id.substr(0, slash), question.id.substr(slash + 1)));
}

// The tool that is asked when the answer of this one is lost, and whether the agent may ask it;
// null when nobody is asked.
Json verification_of(const policies::Policy& policy, const Question& question) {
  if (question.primitive() != Primitive::tool) return nullptr;
  const std::size_t slash = question.id.find('/');
  const auto* verify =
      policy.verification_of(question.id.substr(0, slash), question.id.substr(slash + 1));
  if (verify == nullptr) return nullptr;
  const bool listed = policy.decide(question.agent, verify->server, verify->tool).listed;
  return {{"tool", verify->id()}, {"listed", listed}};
}

void print_verification(const Json& verification, const std::string& agent) {
  std::cout << "when its answer is lost, what became of it is asked of "
            << verification.value("tool", "");
  if (!verification.value("listed", false)) {
    std::cout << ", which " << agent << " may not call: its outcome is unknown then";
  }
  std::cout << "\n";
}

Json facts_of(const Question& question, const policies::Decision& decision, bool depends) {
  Json facts{{"agent", question.agent},         {to_string(question.primitive()), question.id},
             {"listed", decision.listed},       {"allowed", decision.allowed()},
             {"depends_on_arguments", depends}, {"reason", decision.reason}};
  if (!decision.refusal.empty()) facts["refusal"] = decision.refusal;
  if (decision.source) {
    facts["rule"] = {{"scope", decision.source->scope},
                     {"kind", decision.source->kind},
                     {"pattern", decision.source->pattern},
                     {"file", decision.source->file},
                     {"line", decision.source->line}};
  }
  return facts;
}

Exit explain(const Invocation& invocation, const Question& question) {
  const Loaded loaded = load(invocation);
  const policies::Policy policy(loaded.policy);
  if (policy.find_agent(question.agent) == nullptr) {
    const std::string near = base::nearest_name(question.agent, policy.agent_names());
    return wrong("The policy names no agent " + question.agent +
                 (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  if (!question.view.empty() && !policy.has_view(question.view)) {
    return wrong("The policy has no view " + question.view + ".");
  }
  const std::size_t slash = question.id.find('/');
  if (slash == std::string::npos) {
    return wrong("Name a tool as server/tool, a resource as server/URI, a prompt as server/prompt.");
  }
  if (question.resource && question.prompt) return wrong("Ask about a resource or a prompt, not both.");
  const bool given = !question.arguments.empty();
  const auto arguments = base::parse_json(given ? question.arguments : "{}");
  if (!arguments || !arguments->value.is_object() || arguments->inexact) {
    return wrong("The arguments must be one JSON object" +
                 (arguments ? "." : ": " + arguments.error().message));
  }
  const policies::Decision decision =
      policy.decide(policies::Caller{question.agent, question.view}, question.primitive(),
                    question.id.substr(0, slash), question.id.substr(slash + 1),
                    given ? &arguments->value : nullptr);
  const bool depends = decision.listed && !decision.allowed() && !given;
  std::vector<std::string> people, over;
  const bool is_tool = question.primitive() == Primitive::tool;
  if (is_tool && decision.allowed() && given) people = asks(policy, question, arguments->value);
  const std::string key_argument = key_argument_of(policy, question);
  const Json verification = verification_of(policy, question);
  if (is_tool && decision.allowed()) over = overruns(policy, question);
  if (invocation.json) {
    Json facts = facts_of(question, decision, depends);
    facts["asks"] = people;
    facts["asks_over_budget"] = over;
    if (!key_argument.empty()) facts["key_argument"] = key_argument;
    if (!verification.is_null()) facts["verify"] = verification;
    std::cout << base::dump_json(facts) << "\n";
  } else if (depends) {
    std::cout << "listed: " << decision.reason
              << "\nGive arguments to see what becomes of a call.\n";
  } else {
    std::cout << (decision.allowed() ? "allowed: " : "refused: ") << decision.reason << "\n";
    if (!decision.refusal.empty()) std::cout << decision.refusal << "\n";
    for (const std::string& line : people) std::cout << "people are asked first: " << line << "\n";
    for (const std::string& line : over) {
      std::cout << "people are asked once it is used up: " << line << "\n";
    }
    if (is_tool && decision.allowed() && !given) print_access(policy, question);
    if (decision.allowed() && !key_argument.empty()) {
      std::cout << "the gateway makes its idempotency key: " << key_argument << "\n";
    }
    if (decision.allowed() && !verification.is_null()) {
      print_verification(verification, question.agent);
    }
  }
  return decision.allowed() || depends ? Exit::done : Exit::refused;
}

}  // namespace

void add_policy_explain(CLI::App& policy, Invocation& invocation) {
  CLI::App* command = policy.add_subcommand(
      "explain", "Show which rule allows or refuses a call, with file and line");
  auto question = std::make_shared<Question>();
  command->add_option("AGENT", question->agent)->required();
  command->add_option("TOOL", question->id, "server/tool")->required();
  command->add_flag("--resource", question->resource, "TOOL is a resource: server/URI");
  command->add_flag("--prompt", question->prompt, "TOOL is a prompt: server/prompt");
  command->add_option("ARGUMENTS", question->arguments, "A JSON object");
  command->add_option("--view", question->view, "As asked through this view");
  command->footer("Example: sluice policy explain clerk pay/refund '{\"amount\": 250}'");
  command->callback([&invocation, question] {
    invocation.run = [&invocation, question] { return explain(invocation, *question); };
  });
}

}  // namespace gateway::commands
