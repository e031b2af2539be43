#include <iostream>
#include <memory>

#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"

namespace gateway::commands {
namespace {

using base::Json;

struct CallOptions {
  std::string tool;
  std::string arguments = "{}";
  std::string agent;
  bool dry_run = false;
};

void print_texts(const Json& answer) {
  const Json* error = base::find_member(answer, "error");
  if (error != nullptr) {
    std::cout << error->value("message", "") << "\n";
    return;
  }
  const Json& result = answer["result"];
  const Json* content = base::find_member(result, "content");
  if (content == nullptr || !content->is_array()) return;
  for (const Json& item : *content) {
    const std::string* text = base::find_string(item, "text");
    std::cout << (text ? *text : base::dump_json(item)) << "\n";
  }
}

Exit exit_of(const Json& answer) {
  const std::string outcome = answer.value("outcome", "");
  if (outcome == "refused") {
    return answer.value("reason", "") == "approval_pending" ? Exit::waiting : Exit::refused;
  }
  if (outcome == "unknown") return Exit::unknown;
  if (outcome == "failed" || answer.contains("error")) return Exit::failed;
  const Json* flag = base::find_member(answer["result"], "isError");
  return flag != nullptr && *flag == true ? Exit::failed : Exit::done;
}

void print_how_to_decide(const Json& answer) {
  const Json* extras = base::find_member(answer["result"], "_meta");
  const Json* approval = extras ? base::find_member(*extras, "dev.sluice/approval") : nullptr;
  if (approval == nullptr) return;
  std::cerr << "Whoever is asked decides with: sluice approvals approve "
            << approval->value("id", "") << "\n";
}

// The answer is what the agent is told. Whoever calls from here may know the rule as well.
void print_why(const Json& answer, bool dry_run) {
  const std::string decision = answer.value("decision", "");
  if (!decision.empty() && !decision.starts_with("allowed")) std::cerr << decision << "\n";
  if (!dry_run) std::cerr << "More about it: sluice why " << answer.value("request", "") << "\n";
}

Exit call(const Invocation& invocation, const CallOptions& options) {
  const GatewayAddress gateway = chosen_gateway(invocation);
  auto arguments = base::parse_json(options.arguments);
  if (!arguments || !arguments->value.is_object() || arguments->inexact) {
    std::cerr << "The arguments must be one JSON object"
              << (arguments ? "" : ": " + arguments.error().message) << "\n";
    return Exit::usage;
  }
  Json body{{"tool", options.tool}, {"arguments", arguments->value}, {"dry_run", options.dry_run}};
  if (!options.agent.empty()) body["agent"] = options.agent;
  auto answer = ask_gateway(gateway, "/v1/call", body);
  if (!answer) {
    std::cerr << answer.error().message << "\n";
    return answer.error().code == base::Code::unavailable ? Exit::unreachable : Exit::usage;
  }
  if (invocation.json) {
    std::cout << base::dump_json(*answer) << "\n";
  } else {
    print_texts(*answer);
  }
  const Exit exit = exit_of(*answer);
  if (exit == Exit::waiting) print_how_to_decide(*answer);
  if (exit == Exit::refused) print_why(*answer, options.dry_run);
  return exit;
}

}  // namespace

void add_call(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("call", "Call a tool as an agent, through every check");
  auto options = std::make_shared<CallOptions>();
  command->add_option("TOOL", options->tool, "server/tool, or the exported name")->required();
  command->add_option("ARGUMENTS", options->arguments, "A JSON object")->capture_default_str();
  command->add_option("--agent", options->agent,
                      "The agent that calls; needed when the policy names several");
  command->add_flag("--dry-run", options->dry_run, "Show the decision and send nothing");
  command->footer("Example: sluice call everything/echo '{\"message\": \"hello\"}' --agent demo");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return call(invocation, *options); };
  });
}

}  // namespace gateway::commands
