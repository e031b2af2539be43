#include <algorithm>

#include "base/yaml.h"

namespace base {
namespace {

constexpr std::size_t longest_name = 64;

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        next[j] = std::min(next[j], before[j - 2] + 1);
      }
    }
    std::swap(before, row);
    std::swap(row, next);
  }
  return row[b.size()];
}

[[noreturn]] void fail_unknown(const YamlNode& key, const std::vector<YamlKey>& keys) {
  std::vector<std::string> names;
  for (const YamlKey& known : keys) names.push_back(known.name);
  const std::string nearest = nearest_name(key.text(), names);
  const std::string sentence = "unknown key '" + key.text() + "'; ";
  if (!nearest.empty()) key.fail(sentence + "did you mean '" + nearest + "'?");
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  key.fail(sentence + "expected " + known);
}

void check_key(const YamlNode& key, const std::vector<YamlKey>& keys,
               const std::vector<std::pair<std::string, std::string>>& not_built) {
  const std::string name = key.text();
  const auto is_it = [&](const auto& known) { return known.name == name; };
  if (std::any_of(keys.begin(), keys.end(), is_it)) return;
  for (const auto& [missing, reason] : not_built) {
    if (missing != name) continue;
    key.fail("'" + name + "' is not supported yet" + (reason.empty() ? "" : ": " + reason));
  }
  fail_unknown(key, keys);
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.size() > longest_name) return "";
  std::size_t nearest = std::clamp<std::size_t>(name.size() / 3, 1, 3) + 1;
  std::string result;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > longest_name) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance >= nearest) continue;
    nearest = distance;
    result = candidate;
  }
  return result;
}

void read_map(const YamlNode& map, const std::vector<YamlKey>& keys,
              const std::vector<std::pair<std::string, std::string>>& not_built) {
  const auto entries = map.entries();
  for (const auto& entry : entries) check_key(entry.first, keys, not_built);
  for (const YamlKey& known : keys) {
    for (const auto& [key, value] : entries) {
      if (key.text() == known.name) known.read(value);
    }
  }
}

}  // namespace base
