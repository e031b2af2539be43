#include <algorithm>
#include <iostream>
#include <memory>

#include "base/json.h"
#include "gateway/commands/access_diff.h"
#include "gateway/commands/policy_commands.h"
#include "policies/policy_files.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;

// A policy file, or a directory of them.
policies::PolicyDocument load_policy(const fs::path& path) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(path, none)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".yaml" || extension == ".yml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (none) files = {path};
  return policies::load_policy_files(files);
}

Exit diff(const Invocation& invocation, const fs::path& before, const fs::path& after) {
  const AccessDiff found = diff_access(invocation, load_policy(before), load_policy(after));
  if (invocation.json) {
    std::cout << base::dump_json(diff_facts(found)) << "\n";
  } else {
    print_diff(found);
  }
  return Exit::done;
}

}  // namespace

void add_policy_diff(CLI::App& policy, Invocation& invocation) {
  CLI::App* command =
      policy.add_subcommand("diff", "Show whose access differs between two policies, tool by tool");
  auto before = std::make_shared<fs::path>();
  auto after = std::make_shared<fs::path>();
  command->add_option("OLD", *before, "A policy file, or a directory of them")->required();
  command->add_option("NEW", *after, "The same")->required();
  command->footer("Example: sluice policy diff policies/ ../review/policies/");
  command->callback([&invocation, before, after] {
    invocation.run = [&invocation, before, after] { return diff(invocation, *before, *after); };
  });
}

}  // namespace gateway::commands
