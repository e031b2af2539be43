#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <system_error>

#include "base/json.h"
#include "base/yaml.h"
#include "gateway/commands/access_diff.h"
#include "gateway/commands/load.h"
#include "gateway/commands/policy_commands.h"
#include "gateway/commands/replace_file.h"
#include "policies/policy_warnings.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;

struct ApplyOptions {
  std::vector<fs::path> files;
  bool dry_run = false;
};

/// A file of the configuration and what is to stand there.
struct Replacement {
  fs::path target;
  std::string text;
};

std::string read_text(const fs::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) {
    throw base::ConfigError(file.string() +
                            ": the file cannot be read: " + std::generic_category().message(errno));
  }
  return text;
}

// The policy file of the configuration that has the same name.
fs::path target_of(const Config& config, const fs::path& file) {
  std::vector<fs::path> found;
  std::string names;
  for (const fs::path& known : config.policy_files) {
    if (known.filename() == file.filename()) found.push_back(known);
    names += (names.empty() ? "" : ", ") + known.filename().string();
  }
  if (found.size() == 1) return found.front();
  throw base::ConfigError(
      file.string() + (found.empty()
                           ? ": the configuration has no policy file of this name; it has " + names
                           : ": the configuration has several policy files of this name"));
}

// The policy as it would be: the configuration's files, some with new text. Mistakes are reported
// in the file that was given.
policies::PolicyDocument document_with(const Config& config,
                                       const std::vector<Replacement>& replacements,
                                       const std::vector<fs::path>& given) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const fs::path& known : config.policy_files) {
    const auto replaced = std::find_if(replacements.begin(), replacements.end(),
                                       [&](const Replacement& one) { return one.target == known; });
    if (replaced == replacements.end()) {
      texts.emplace_back(read_text(known), known.string());
    } else {
      texts.emplace_back(replaced->text,
                         given[static_cast<std::size_t>(replaced - replacements.begin())].string());
    }
  }
  return policies::parse_policies(texts);
}

std::vector<Replacement> read_replacements(const Config& config,
                                           const std::vector<fs::path>& files) {
  std::vector<Replacement> replacements;
  for (const fs::path& file : files) {
    Replacement one{target_of(config, file), read_text(file)};
    for (const Replacement& other : replacements) {
      if (other.target == one.target) {
        throw base::ConfigError(file.string() + ": two files are given for " + one.target.string());
      }
    }
    replacements.push_back(std::move(one));
  }
  return replacements;
}

void print(const Invocation& invocation, const AccessDiff& diff,
           const std::vector<std::string>& warnings, const std::vector<Replacement>& replaced) {
  if (invocation.json) {
    base::Json facts = diff_facts(diff);
    facts["warnings"] = warnings;
    facts["replaced"] = base::Json::array();
    for (const Replacement& one : replaced) facts["replaced"].push_back(one.target.string());
    std::cout << base::dump_json(facts) << "\n";
    return;
  }
  for (const std::string& warning : warnings) std::cout << "warning: " << warning << "\n";
  print_diff(diff);
  for (const Replacement& one : replaced) std::cout << "replaced " << one.target.string() << "\n";
}

Exit apply(const Invocation& invocation, const ApplyOptions& options) {
  const Loaded loaded = load(invocation);
  if (loaded.config.policy_files.empty()) {
    std::cerr << loaded.config.file.string() << " has no 'policies'.\n";
    return Exit::usage;
  }
  std::vector<Replacement> replacements = read_replacements(loaded.config, options.files);
  const auto document = document_with(loaded.config, replacements, options.files);
  std::vector<std::string> servers;
  for (const ServerConfig& server : loaded.config.servers) servers.push_back(server.name);
  const AccessDiff diff = diff_access(invocation, loaded.policy, document);
  if (options.dry_run) replacements.clear();
  for (const Replacement& one : replacements) {
    if (auto status = replace_file(one.target, one.text); !status) return fail(status.error());
  }
  print(invocation, diff, policies::policy_warnings(document, servers), replacements);
  return Exit::done;
}

}  // namespace

void add_policy_apply(CLI::App& policy, Invocation& invocation) {
  CLI::App* command = policy.add_subcommand(
      "apply", "Check new policy files, show whose access changes, and put them in place");
  auto options = std::make_shared<ApplyOptions>();
  command
      ->add_option("FILE", options->files,
                   "Each takes the place of the configuration's policy file of the same name")
      ->required();
  command->add_flag("--dry-run", options->dry_run, "Only check and show");
  command->footer("Example: sluice policy apply ../review/main.yaml");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return apply(invocation, *options); };
  });
}

}  // namespace gateway::commands
