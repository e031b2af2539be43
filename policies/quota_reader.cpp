#include "policies/quota_reader.h"

#include <algorithm>
#include <charconv>

#include "policies/policy_text.h"

namespace policies {
namespace {

using base::YamlKey;
using base::YamlNode;

constexpr std::int64_t most_calls = 1'000'000'000'000;
constexpr std::int64_t most_at_once = 1'000'000;
constexpr std::chrono::nanoseconds longest_refill = std::chrono::hours(24 * 3650);
constexpr std::int64_t longest_rolling_ms = 31LL * 86'400'000;

struct Named {
  std::string_view text;
  Per per;
};
constexpr Named pers[] = {{"agent", Per::agent},
                          {"role", Per::role},
                          {"tool", Per::tool},
                          {"server", Per::server},
                          {"tenant", Per::tenant}};

struct Period {
  std::string_view text;
  std::chrono::nanoseconds length;
};
constexpr Period periods[] = {{"s", std::chrono::seconds(1)},
                              {"min", std::chrono::minutes(1)},
                              {"h", std::chrono::hours(1)},
                              {"day", std::chrono::hours(24)}};

struct CalendarUnit {
  std::string_view text;
  ledger::Window::Unit unit;
};
constexpr CalendarUnit calendar_units[] = {{"hour", ledger::Window::Unit::hour},
                                           {"day", ledger::Window::Unit::day},
                                           {"week", ledger::Window::Unit::week},
                                           {"month", ledger::Window::Unit::month}};

Per read_per(const YamlNode& node, const std::string& scope) {
  const std::string text = node.text();
  for (const Named& named : pers) {
    if (named.text != text) continue;
    if (named.per == Per::role && !scope.starts_with("role ")) {
      node.fail(scope + ": 'per: role' stands under a role alone");
    }
    return named.per;
  }
  node.fail("expected agent, role, tool, server or tenant; found '" + text + "'");
}

// `60/min`.
RateRule read_rate(const YamlNode& node) {
  const std::string text = node.text();
  const std::size_t slash = std::min(text.find('/'), text.size());
  RateRule rate;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + slash, rate.count);
  const bool counted = error == std::errc{} && stop == text.data() + slash && rate.count > 0 &&
                       rate.count <= most_at_once;
  const std::string_view unit = std::string_view(text).substr(std::min(slash + 1, text.size()));
  const auto period = std::find_if(std::begin(periods), std::end(periods),
                                   [&](const Period& known) { return known.text == unit; });
  if (!counted || period == std::end(periods)) {
    node.fail("expected a rate such as 5/s, 60/min, 100/h or 1000/day, at most " +
              std::to_string(most_at_once) + "; found '" + text + "'");
  }
  rate.period = period->length;
  return rate;
}

// A bucket that takes ages to fill is a mistake, and its times would not fit into numbers.
std::int64_t read_burst(const YamlNode& node, const RateRule& rate) {
  const std::int64_t burst = node.integer(1, most_at_once);
  const std::int64_t interval = (rate.period.count() + rate.count - 1) / rate.count;
  if (burst <= longest_refill.count() / interval) return burst;
  node.fail("at this rate a burst of " + std::to_string(burst) +
            " would take more than ten years to come back: at most " +
            std::to_string(longest_refill.count() / interval));
}

ledger::Window read_window(const YamlNode& node) {
  const std::string text = node.text();
  ledger::Window window;
  for (const CalendarUnit& known : calendar_units) {
    if (known.text != text) continue;
    window.unit = known.unit;
    return window;
  }
  if (text.empty() || text.front() < '0' || text.front() > '9') {
    node.fail("expected hour, day, week, month, or a duration that rolls, such as 24h; found '" +
              text + "'");
  }
  const std::int64_t length = node.milliseconds();
  if (length < 60'000 || length > longest_rolling_ms) {
    node.fail("a window that rolls is from 1m to 31d long; found '" + text + "'");
  }
  window.unit = ledger::Window::Unit::rolling;
  window.length = std::chrono::seconds(length / 1000);
  return window;
}

ledger::Nanos read_money(const YamlNode& node) {
  const auto amount = ledger::parse_money(node.text());
  if (!amount) {
    node.fail("expected an amount such as 5.00, at most " + ledger::money_text(ledger::most_money) +
              "; found '" + node.text() + "'");
  }
  return *amount;
}

bool read_on_exceed(const YamlNode& node) {
  const std::string text = node.text();
  if (text != "deny" && text != "ask") node.fail("expected deny or ask; found '" + text + "'");
  return text == "ask";
}

/// What an entry says of people.
struct Asking {
  bool asks = false;
  ApproveRule rule;
  std::optional<YamlNode> first;  ///< of the keys that only belong to one that asks

  std::vector<YamlKey> keys() {
    const auto key = [this](const char* name, auto read) {
      return YamlKey{name, [this, read](const YamlNode& node) {
                       if (!first) first = node;
                       read(node);
                     }};
    };
    return {{"on_exceed", [this](const auto& node) { asks = read_on_exceed(node); }},
            key("by", [this](const auto& node) { rule.by = read_asked(node); }),
            key("wait", [this](const auto& node) { rule.wait = read_wait(node); }),
            key("expires", [this](const auto& node) { rule.expires = read_expiry(node); })};
  }
  void check(const YamlNode& item, const std::string& scope) const {
    if (!asks && first) {
      first->fail(scope + ": 'by', 'wait' and 'expires' of a budget need 'on_exceed: ask'");
    }
    if (asks && rule.by.empty()) {
      item.fail(scope + ": 'on_exceed: ask' needs 'by': who is asked");
    }
  }
};

// What both kinds of entry have.
std::vector<YamlKey> common_keys(QuotaRule& rule, const std::string& scope) {
  return {
      {"name", [&rule](const auto& node) { rule.name = read_name(node, "budget or limit"); }},
      {"was", [&rule](const auto& node) { rule.was = read_name(node, "former"); }},
      {"tools", [&rule](const auto& node) { rule.tools = read_pattern(node); }},
      {"per", [&rule, scope](const auto& node) { rule.per = read_per(node, scope); }},
  };
}

std::string place_of(const QuotaRule& rule) {
  return rule.source.file + ":" + std::to_string(rule.source.line);
}

// What was spent under a former name goes over to one entry: to one that has the name no more.
void check_former(const QuotaRule& entry, const QuotaRule& earlier, const YamlNode& node) {
  if (!entry.was.empty() && entry.was == earlier.was) {
    node.fail("two entries say that they were '" + entry.was +
              "', and its counter can go to one alone; the other is at " + place_of(earlier));
  }
  const bool earlier_was_this = !earlier.was.empty() && earlier.was == entry.name;
  if (!earlier_was_this && (entry.was.empty() || entry.was != earlier.name)) return;
  node.fail("'was: " + (earlier_was_this ? earlier.was : entry.was) +
            "' names an entry that exists, so that nothing was renamed: here and at " +
            place_of(earlier));
}

// A rename needs a name to begin with, and an entry without one is told apart by what it counts.
template <class Entry>
void add_entry(std::vector<Entry>& entries, Entry entry, const YamlNode& node) {
  if (!entry.was.empty() && entry.was == entry.name) {
    node.fail("'was: " + entry.was + "' is the entry's own name: leave it out");
  }
  if (!entry.was.empty() && entry.name.empty()) {
    node.fail("'was' is a name from before a rename: write the new one as 'name'");
  }
  for (const Entry& earlier : entries) {
    check_former(entry, earlier, node);
    const bool same = entry.name.empty() ? earlier.name.empty() && earlier.tools == entry.tools &&
                                               earlier.per == entry.per
                                         : earlier.name == entry.name;
    if (!same) continue;
    const std::string place = place_of(earlier);
    node.fail(entry.name.empty() ? "two entries without a name count the same tools per " +
                                       std::string(to_string(entry.per)) +
                                       ": give them names; the other is at " + place
                                 : "'" + entry.name + "' is defined twice: here and at " + place);
  }
  entries.push_back(std::move(entry));
}

}  // namespace

std::string_view to_string(Per per) {
  for (const Named& named : pers) {
    if (named.per == per) return named.text;
  }
  return "agent";
}

void read_limits(const YamlNode& list, const std::string& scope, Quotas& quotas) {
  for (const YamlNode& item : list.items()) {
    LimitRule limit;
    std::optional<YamlNode> burst;
    std::vector<YamlKey> keys = common_keys(limit, scope);
    keys.push_back({"rate", [&](const auto& node) { limit.rate = read_rate(node); }});
    keys.push_back({"burst", [&](const auto& node) { burst = node; }});
    keys.push_back({"concurrency",
                    [&](const auto& node) { limit.concurrency = node.integer(1, most_at_once); }});
    read_scope(item, scope, keys, {});
    if (!limit.rate && !limit.concurrency) {
      item.fail(scope + ": a limit needs 'rate' or 'concurrency'");
    }
    if (burst && !limit.rate) burst->fail("'burst' belongs to a 'rate'");
    if (limit.rate) limit.rate->burst = burst ? read_burst(*burst, *limit.rate) : limit.rate->count;
    limit.source = {scope, "limit", limit.tools, item.file(), item.line()};
    add_entry(quotas.limits, std::move(limit), item);
  }
}

ApproveEntries read_budgets(const YamlNode& list, const std::string& scope, Quotas& quotas) {
  ApproveEntries asked;
  for (const YamlNode& item : list.items()) {
    BudgetRule budget;
    bool has_window = false;
    std::vector<YamlKey> keys = common_keys(budget, scope);
    keys.push_back({"window", [&](const auto& node) {
                      budget.window = read_window(node);
                      has_window = true;
                    }});
    keys.push_back({"money", [&](const auto& node) { budget.money = read_money(node); }});
    keys.push_back(
        {"calls", [&](const auto& node) { budget.calls = node.integer(0, most_calls); }});
    Asking asking;
    for (YamlKey& key : asking.keys()) keys.push_back(std::move(key));
    read_scope(item, scope, keys, {});
    asking.check(item, scope);
    if (!budget.money && !budget.calls) item.fail(scope + ": a budget needs 'money' or 'calls'");
    if (!has_window) item.fail(scope + ": a budget needs a 'window', such as day or 24h");
    budget.source = {scope, "budget", budget.tools, item.file(), item.line()};
    if (asking.asks) {
      asking.rule.tools = budget.tools;
      asking.rule.source = budget.source;
      budget.ask = asking.rule;
      asked.emplace_back(item, std::move(asking.rule));
    }
    add_entry(quotas.budgets, std::move(budget), item);
  }
  return asked;
}

ledger::Nanos read_price(const YamlNode& node) { return read_money(node); }

bool has_budgets(const PolicyDocument& document) {
  const auto has = [](const auto& scope) { return !scope.second.quotas.budgets.empty(); };
  return !document.default_quotas.budgets.empty() ||
         std::any_of(document.tenants.begin(), document.tenants.end(), has) ||
         std::any_of(document.roles.begin(), document.roles.end(), has);
}

}  // namespace policies
