#include <algorithm>
#include <iostream>
#include <memory>

#include "base/json.h"
#include "base/yaml.h"
#include "gateway/commands/load.h"
#include "gateway/commands/policy_commands.h"
#include "policies/expectations.h"

namespace gateway::commands {
namespace {

using base::Json;
using policies::Expectation;
using policies::Finding;

std::string call_text(const Expectation& expected) {
  const std::string id = expected.server + "/" + expected.name;
  const std::string what = expected.primitive == policies::Primitive::tool
                               ? " calls " + id + " " + base::dump_json(expected.arguments)
                               : " asks for " + std::string(to_string(expected.primitive)) + " " + id;
  return expected.agent + what +
         (expected.view.empty() ? "" : " through view " + expected.view);
}

std::string verdict_text(bool allowed, const std::string& rule) {
  return std::string(allowed ? "allow" : "deny") + (rule.empty() ? "" : " by " + rule);
}

void print(const Expectation& expected, const Finding& found) {
  std::cout << expected.place << ": " << call_text(expected) << "\n"
            << "  expected: " << verdict_text(expected.allowed, expected.rule) << "\n"
            << "  found:    " << verdict_text(found.decision.allowed(), found.rule) << " ("
            << found.decision.reason << ")\n";
}

Json facts_of(const Expectation& expected, const Finding& found) {
  return {{"place", expected.place},
          {"agent", expected.agent},
          {to_string(expected.primitive), expected.server + "/" + expected.name},
          {"arguments", expected.arguments},
          {"expected", verdict_text(expected.allowed, expected.rule)},
          {"found", verdict_text(found.decision.allowed(), found.rule)},
          {"reason", found.decision.reason},
          {"as_expected", found.as_expected}};
}

Exit test(const Invocation& invocation, const std::string& file) {
  const Loaded loaded = load(invocation);
  const policies::Policy policy(loaded.policy);
  const auto expectations = policies::read_expectations(base::YamlNode::load(file));
  Json results = Json::array();
  std::size_t failed = 0;
  for (const Expectation& expected : expectations) {
    const Finding found = policies::judge(policy, expected);
    failed += found.as_expected ? 0 : 1;
    if (invocation.json) {
      results.push_back(facts_of(expected, found));
    } else if (!found.as_expected) {
      print(expected, found);
    }
  }
  const std::size_t passed = expectations.size() - failed;
  if (invocation.json) {
    std::cout << base::dump_json({{"passed", passed}, {"failed", failed}, {"results", results}})
              << "\n";
  } else {
    std::cout << passed << " as expected, " << failed << " not\n";
  }
  return failed == 0 ? Exit::done : Exit::failed;
}

}  // namespace

void add_policy_test(CLI::App& policy, Invocation& invocation) {
  CLI::App* command =
      policy.add_subcommand("test", "Check that the policy decides as a file of expectations says");
  auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file, "A list of {agent, tool | resource | prompt, arguments, expect, rule}")
      ->required();
  command->footer("Example: sluice policy test expected.yaml");
  command->callback([&invocation, file] {
    invocation.run = [&invocation, file] { return test(invocation, *file); };
  });
}

}  // namespace gateway::commands
