#include "gateway/commands/load.h"

#include "base/yaml.h"
#include "gateway/address_config.h"
#include "gateway/client_file.h"
#include "gateway/runtime_config.h"
#include "policies/local_policy.h"

namespace gateway::commands {
namespace {

constexpr std::size_t most_named_keys = 20;

ListenAddress listen_option(const std::string& text) {
  return parse_listen(base::YamlNode::parse("'" + text + "'", "--listen"), text);
}

Config from_client_file(const Invocation& invocation, std::vector<std::string>* notes) {
  const ListenAddress listen =
      invocation.listen.empty() ? ListenAddress{} : listen_option(invocation.listen);
  if (!is_loopback(listen)) {
    throw base::ConfigError("--listen: without policies Sluice serves loopback only");
  }
  ClientFile client = load_client_file(invocation.client_file, listen);
  if (notes != nullptr) {
    *notes = client.notes;
    std::string keys;
    for (std::size_t i = 0; i < client.ignored.size() && i < most_named_keys; ++i) {
      keys += (i == 0 ? "" : ", ") + client.ignored[i];
    }
    if (client.ignored.size() > most_named_keys) keys += ", …";
    if (!keys.empty()) notes->push_back("ignored in " + invocation.client_file.string() + ": " + keys);
  }
  return client_config(invocation.client_file, listen, std::move(client));
}

}  // namespace

Config load_chosen_config(const Invocation& invocation, std::vector<std::string>* notes) {
  if (!invocation.admin.empty()) {
    throw base::ConfigError("--admin: this command works on the files of this machine");
  }
  if (!invocation.client_file.empty()) return from_client_file(invocation, notes);
  Config config = load_config(invocation.config);
  if (!invocation.listen.empty()) {
    config.listen = listen_option(invocation.listen);
    if (!is_loopback(config.listen) && (config.policy_files.empty() || config.hosts.empty())) {
      throw base::ConfigError(
          "--listen: others can reach this address, which needs 'policies', and 'hosts' or "
          "'public_url', in " + config.file.string());
    }
  }
  return config;
}

Loaded load(const Invocation& invocation) {
  std::vector<std::string> notes;
  Config config = load_chosen_config(invocation, &notes);
  policies::PolicyDocument policy = config.policy_files.empty()
                                        ? policies::local_policy()
                                        : policies::load_policy_files(config.policy_files);
  check_runtime_agents(config.runtime, policy);
  return {std::move(config), std::move(notes), std::move(policy)};
}

}  // namespace gateway::commands
