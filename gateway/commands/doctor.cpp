#include <iostream>

#include "base/yaml.h"
#include "gateway/commands/doctor_checks.h"
#include "gateway/commands/print_list.h"

namespace gateway::commands {
namespace {

using base::Json;

void append(Findings& findings, Findings more) {
  for (Finding& finding : more) findings.push_back(std::move(finding));
}

Findings examine(const Invocation& invocation) {
  Findings findings;
  Loaded loaded;
  try {
    loaded = load(invocation);
  } catch (const base::ConfigError& error) {
    return {{"configuration", error.what(),
             "edit the file at that place, then: sluice check --config " +
                 invocation.config.string()}};
  }
  findings.push_back({"configuration", "", ""});
  const auto running = ask_running(loaded.config);
  append(findings, check_port(loaded.config, running.has_value()));
  append(findings, check_programs(loaded.config));
  append(findings, check_servers(loaded.config, running));
  append(findings, check_keys(loaded));
  append(findings, check_policy(loaded, running));
  append(findings, check_clock(loaded.config));
  append(findings, check_descriptors(loaded.config));
  append(findings, check_permissions(loaded.config));
  append(findings, check_writable(loaded.config));
  append(findings, check_redis(loaded.config));
  return findings;
}

Exit doctor(const Invocation& invocation) {
  const Findings findings = examine(invocation);
  bool well = true;
  Json list = Json::array();
  for (const Finding& finding : findings) {
    if (!finding.problem.empty()) well = false;
    list.push_back({{"check", finding.check},
                    {"ok", finding.problem.empty()},
                    {"problem", finding.problem},
                    {"mend", finding.mend}});
  }
  if (invocation.json) {
    std::cout << base::dump_json({{"well", well}, {"checks", std::move(list)}}) << "\n";
    return well ? Exit::done : Exit::failed;
  }
  for (const Finding& finding : findings) {
    std::cout << (finding.problem.empty() ? "ok       " : "problem  ") << padded(finding.check, 14)
              << finding.problem << "\n";
    if (!finding.mend.empty()) std::cout << padded("", 23) << "mend: " << finding.mend << "\n";
  }
  return well ? Exit::done : Exit::failed;
}

}  // namespace

void add_doctor(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "doctor", "Look for the usual mistakes, and say for each what mends it; ends with 1 for any");
  command->footer("Example: sluice doctor --config sluice.yaml");
  command->callback(
      [&invocation] { invocation.run = [&invocation] { return doctor(invocation); }; });
}

}  // namespace gateway::commands
