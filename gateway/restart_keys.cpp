#include "gateway/restart_keys.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

namespace gateway {
namespace {

constexpr std::string_view live_keys[] = {"servers", "include", "policies", "limits",
                                          "store_down"};

bool is_live(std::string_view key) {
  return std::find(std::begin(live_keys), std::end(live_keys), key) != std::end(live_keys);
}

std::string written(const Config& config, const std::string& key) {
  const auto found = config.written.find(key);
  return found == config.written.end() ? std::string() : found->second.text;
}

// What a key says may lie in another file, or be its default: both are compared, the text and what
// came of it.
std::set<std::string> changed_keys(const Config& running, const Config& next) {
  std::set<std::string> changed;
  for (const Config* config : {&running, &next}) {
    for (const auto& entry : config->written) {
      const std::string& key = entry.first;
      if (!is_live(key) && written(running, key) != written(next, key)) changed.insert(key);
    }
  }
  if (running.listen != next.listen) changed.insert("listen");
  if (running.admin != next.admin) changed.insert("admin");
  if (running.public_url != next.public_url) changed.insert("public_url");
  if (running.hosts != next.hosts && !changed.contains("public_url")) changed.insert("hosts");
  if (running.store != next.store || running.redis != next.redis) changed.insert("store");
  if (running.journal != next.journal) changed.insert("journal");
  return changed;
}

std::string place_of(const Config& config, const std::string& key) {
  const auto found = config.written.find(key);
  return found == config.written.end() ? config.file.string() + ":1:1" : found->second.place;
}

base::Error refused(const std::string& sentence) { return {base::Code::refused, sentence, {}}; }

}  // namespace

base::Status check_live(const Config& running, const Config& next) {
  const bool had_policies = !running.policy_files.empty();
  if (had_policies && next.policy_files.empty()) {
    return refused(next.file.string() +
                   ":1:1: 'policies' is gone; a running gateway never goes on without one");
  }
  if (!had_policies && !next.policy_files.empty()) {
    return refused(place_of(next, "policies") +
                   ": 'policies' is new, which needs a restart: until then the agent `local` may "
                   "call everything");
  }
  const std::set<std::string> changed = changed_keys(running, next);
  if (changed.empty()) return {};
  std::string names;
  for (const std::string& key : changed) names += (names.empty() ? "'" : ", '") + key + "'";
  return refused(place_of(next, *changed.begin()) + ": " + names +
                 (changed.size() == 1 ? " has" : " have") +
                 " changed, which needs a restart; until then nothing of these files is taken up");
}

}  // namespace gateway
