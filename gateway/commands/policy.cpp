#include <iostream>
#include <memory>

#include "base/json.h"
#include "base/yaml.h"
#include "gateway/commands/load.h"
#include "policies/policy.h"

namespace gateway::commands {
namespace {

struct Question {
  std::string agent;
  std::string tool;
};

Exit explain(const Invocation& invocation, const Question& question) {
  const Loaded loaded = load(invocation);
  const policies::Policy policy(loaded.policy);
  if (policy.find_agent(question.agent) == nullptr) {
    const std::string near = base::nearest_name(question.agent, policy.agent_names());
    std::cerr << "The policy names no agent " << question.agent
              << (near.empty() ? "" : "; did you mean " + near + "?") << "\n";
    return Exit::usage;
  }
  const std::size_t slash = question.tool.find('/');
  if (slash == std::string::npos) {
    std::cerr << "Name the tool as server/tool.\n";
    return Exit::usage;
  }
  const std::string server = question.tool.substr(0, slash);
  const std::string tool = question.tool.substr(slash + 1);
  const policies::Decision decision = policy.decide(question.agent, server, tool);
  if (invocation.json) {
    base::Json answer{{"agent", question.agent},
                      {"tool", question.tool},
                      {"allowed", decision.allowed()},
                      {"reason", decision.reason}};
    if (decision.source) {
      answer["rule"] = {{"scope", decision.source->scope},
                        {"kind", decision.source->kind},
                        {"pattern", decision.source->pattern},
                        {"file", decision.source->file},
                        {"line", decision.source->line}};
    }
    std::cout << base::dump_json(answer) << "\n";
  } else {
    std::cout << (decision.allowed() ? "allowed: " : "refused: ") << decision.reason << "\n";
  }
  return decision.allowed() ? Exit::done : Exit::refused;
}

}  // namespace

void add_policy(CLI::App& app, Invocation& invocation) {
  CLI::App* policy = app.add_subcommand("policy", "What the policy files say");
  policy->require_subcommand(1);
  CLI::App* command = policy->add_subcommand(
      "explain", "Show which rule allows or refuses a call, with file and line");
  auto question = std::make_shared<Question>();
  command->add_option("AGENT", question->agent)->required();
  command->add_option("TOOL", question->tool, "server/tool")->required();
  command->footer("Example: sluice policy explain researcher files/read_file");
  command->callback([&invocation, question] {
    invocation.run = [&invocation, question] { return explain(invocation, *question); };
  });
}

}  // namespace gateway::commands
