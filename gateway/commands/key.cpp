#include <chrono>
#include <iostream>
#include <memory>

#include "base/json.h"
#include "base/time_text.h"
#include "base/yaml.h"
#include "gateway/commands/load.h"
#include "gateway/key_store.h"
#include "policies/policy.h"

namespace gateway::commands {
namespace {

using base::Json;

constexpr int default_days = 90;
constexpr int longest_days = 3650;
constexpr int default_overlap_hours = 24;
constexpr int longest_overlap_hours = 24 * 90;

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string date(std::int64_t seconds) {
  return base::rfc3339(std::chrono::system_clock::time_point(std::chrono::seconds(seconds)), 0);
}

std::string state_of(const KeyRecord& key) {
  if (key.revoked != 0) return "revoked " + date(key.revoked);
  return (key.expires <= now_seconds() ? "expired " : "valid until ") + date(key.expires);
}

Exit create(const Invocation& invocation, const std::string& agent, int days) {
  const Loaded loaded = load(invocation);
  const policies::Policy policy(loaded.policy);
  if (loaded.config.policy_files.empty()) {
    std::cerr << "Without policies: no key is needed: loopback is the agent `local`.\n";
    return Exit::usage;
  }
  if (policy.find_agent(agent) == nullptr) {
    const std::string near = base::nearest_name(agent, policy.agent_names());
    std::cerr << "The policy names no agent " << agent
              << (near.empty() ? "" : "; did you mean " + near + "?") << "\n";
    return Exit::usage;
  }
  auto store = open_key_store(loaded.config);
  if (!store) return fail(store.error());
  auto key = (*store)->create(agent, std::chrono::hours(24 * days), now_seconds());
  if (!key) return fail(key.error());
  if (invocation.json) {
    std::cout << base::dump_json({{"agent", agent}, {"key", *key}, {"days", days}}) << "\n";
  } else {
    std::cerr << "This key is shown once. It expires in " << days << " days.\n";
    std::cout << *key << "\n";
  }
  return Exit::done;
}

Exit rotate(const Invocation& invocation, const std::string& id, int hours) {
  auto store = open_key_store(load_chosen_config(invocation));
  if (!store) return fail(store.error());
  auto key = (*store)->rotate(id, std::chrono::hours(hours), now_seconds());
  if (!key) return fail(key.error());
  if (invocation.json) {
    std::cout << base::dump_json({{"id", id}, {"key", *key}, {"overlap_hours", hours}}) << "\n";
  } else {
    std::cerr << "This key is shown once. The old one is valid for " << hours
              << " hours more, unless it expires before.\n";
    std::cout << *key << "\n";
  }
  return Exit::done;
}

Exit list(const Invocation& invocation) {
  auto store = open_key_store(load_chosen_config(invocation));
  if (!store) return fail(store.error());
  auto keys = (*store)->list();
  if (!keys) return fail(keys.error());
  Json rows = Json::array();
  for (const KeyRecord& key : *keys) {
    rows.push_back({{"id", key.id},
                    {"agent", key.agent},
                    {"created", date(key.created)},
                    {"expires", date(key.expires)},
                    {"revoked", key.revoked ? Json(date(key.revoked)) : Json()}});
    if (!invocation.json) std::cout << key.id << "  " << key.agent << "  " << state_of(key) << "\n";
  }
  if (invocation.json) std::cout << base::dump_json({{"keys", std::move(rows)}}) << "\n";
  return Exit::done;
}

Exit revoke(const Invocation& invocation, const std::string& id) {
  auto store = open_key_store(load_chosen_config(invocation));
  if (!store) return fail(store.error());
  if (auto status = (*store)->revoke(id, now_seconds()); !status) return fail(status.error());
  if (invocation.json) {
    std::cout << base::dump_json({{"id", id}, {"revoked", true}}) << "\n";
  } else {
    std::cout << "Key " << id << " is revoked; running gateways refuse it within a second.\n";
  }
  return Exit::done;
}

}  // namespace

void add_key(CLI::App& app, Invocation& invocation) {
  CLI::App* key = app.add_subcommand("key", "Agents' keys");
  key->require_subcommand(1);
  auto name = std::make_shared<std::string>();
  auto days = std::make_shared<int>(default_days);

  CLI::App* create_key =
      key->add_subcommand("create", "Make a key for an agent and print it, once");
  create_key->add_option("AGENT", *name, "An agent of the policy")->required();
  create_key->add_option("--days", *days, "Until it expires")
      ->check(CLI::Range(1, longest_days))
      ->capture_default_str();
  create_key->footer("Example: sluice key create researcher --days 30");
  create_key->callback([&invocation, name, days] {
    invocation.run = [&invocation, name, days] { return create(invocation, *name, *days); };
  });

  CLI::App* list_keys = key->add_subcommand("list", "List keys, never their secrets");
  list_keys->footer("Example: sluice key list --json");
  list_keys->callback(
      [&invocation] { invocation.run = [&invocation] { return list(invocation); }; });

  auto hours = std::make_shared<int>(default_overlap_hours);
  CLI::App* rotate_key = key->add_subcommand(
      "rotate", "Make a new key for the agent of an old one, and print it, once");
  rotate_key->add_option("ID", *name, "The id of the old key, as `key list` shows it")->required();
  rotate_key->add_option("--overlap", *hours, "Hours for which the old key stays valid")
      ->check(CLI::Range(0, longest_overlap_hours))
      ->capture_default_str();
  rotate_key->footer("Example: sluice key rotate 3f9k2m0q8zx1 --overlap 1");
  rotate_key->callback([&invocation, name, hours] {
    invocation.run = [&invocation, name, hours] { return rotate(invocation, *name, *hours); };
  });

  CLI::App* revoke_key = key->add_subcommand("revoke", "Revoke a key by its id");
  revoke_key->add_option("ID", *name, "The id that `key list` shows")->required();
  revoke_key->footer("Example: sluice key revoke 3f9k2m0q8zx1");
  revoke_key->callback([&invocation, name] {
    invocation.run = [&invocation, name] { return revoke(invocation, *name); };
  });
}

}  // namespace gateway::commands
