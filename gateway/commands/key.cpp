#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>

#include "base/json.h"
#include "base/time_text.h"
#include "base/yaml.h"
#include "gateway/commands/load.h"
#include "gateway/key_store.h"

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

/// For whom a key is made; one of the two.
struct Holder {
  std::string agent, person;

  const char* kind() const { return person.empty() ? "agent" : "person"; }
  const std::string& name() const { return person.empty() ? agent : person; }
};

std::vector<std::string> names_of(const policies::PolicyDocument& policy, const Holder& holder) {
  std::vector<std::string> names;
  if (holder.person.empty()) {
    for (const auto& agent : policy.agents) names.push_back(agent.first);
  } else {
    for (const auto& person : policy.people) names.push_back(person.first);
  }
  return names;
}

// Whether the policy names the holder; says so when it does not.
bool is_named(const policies::PolicyDocument& policy, const Holder& holder) {
  const std::vector<std::string> names = names_of(policy, holder);
  if (std::find(names.begin(), names.end(), holder.name()) != names.end()) return true;
  const std::string near = base::nearest_name(holder.name(), names);
  std::cerr << "The policy names no " << holder.kind() << " " << holder.name()
            << (near.empty() ? "" : "; did you mean " + near + "?") << "\n";
  return false;
}

Exit create(const Invocation& invocation, const Holder& holder, int days) {
  if (holder.agent.empty() == holder.person.empty()) {
    std::cerr << "Name the agent, or with --person the person, that the key is for.\n";
    return Exit::usage;
  }
  const Loaded loaded = load(invocation);
  if (loaded.config.policy_files.empty()) {
    std::cerr << "Without policies: no key is needed: loopback is the agent `local`.\n";
    return Exit::usage;
  }
  if (!is_named(loaded.policy, holder)) return Exit::usage;
  auto store = open_key_store(loaded.config);
  if (!store) return fail(store.error());
  const std::chrono::hours lifetime(24 * days);
  auto key = holder.person.empty()
                 ? (*store)->create(holder.agent, lifetime, now_seconds())
                 : (*store)->create_for_person(holder.person, lifetime, now_seconds());
  if (!key) return fail(key.error());
  if (invocation.json) {
    std::cout << base::dump_json({{holder.kind(), holder.name()}, {"key", *key}, {"days", days}})
              << "\n";
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
    const Holder holder{key.agent, key.person};
    rows.push_back({{"id", key.id},
                    {holder.kind(), holder.name()},
                    {"created", date(key.created)},
                    {"expires", date(key.expires)},
                    {"revoked", key.revoked ? Json(date(key.revoked)) : Json()}});
    if (invocation.json) continue;
    std::cout << key.id << "  " << (key.person.empty() ? "" : "person ") << holder.name() << "  "
              << state_of(key) << "\n";
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
  CLI::App* key = app.add_subcommand("key", "Keys of agents and of people");
  key->require_subcommand(1);
  auto holder = std::make_shared<Holder>();
  auto days = std::make_shared<int>(default_days);

  CLI::App* create_key = key->add_subcommand(
      "create", "Make a key for an agent, or for a person, and print it, once");
  create_key->add_option("AGENT", holder->agent, "An agent of the policy, which calls by it");
  create_key->add_option("--person", holder->person,
                         "A person of the policy instead, who administers by it");
  create_key->add_option("--days", *days, "Until it expires")
      ->check(CLI::Range(1, longest_days))
      ->capture_default_str();
  create_key->footer(
      "Example: sluice key create researcher --days 30\n"
      "         sluice key create --person ann");
  create_key->callback([&invocation, holder, days] {
    invocation.run = [&invocation, holder, days] { return create(invocation, *holder, *days); };
  });

  CLI::App* list_keys = key->add_subcommand("list", "List keys, never their secrets");
  list_keys->footer("Example: sluice key list --json");
  list_keys->callback(
      [&invocation] { invocation.run = [&invocation] { return list(invocation); }; });

  auto name = std::make_shared<std::string>();
  auto hours = std::make_shared<int>(default_overlap_hours);
  CLI::App* rotate_key = key->add_subcommand(
      "rotate", "Make a new key for the holder of an old one, and print it, once");
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
