#include "gateway/runtime_config.h"

#include <algorithm>
#include <charconv>

#include "gateway/expand.h"
#include "policies/ledger/money.h"
#include "policies/policy_text.h"
#include "runtime/scripted_model.h"

namespace gateway {
namespace {

using base::YamlNode;
using runtime::AgentSettings;
using runtime::ModelSettings;
using runtime::Price;
using runtime::Settings;

constexpr std::int64_t most_steps = 10'000;
constexpr std::int64_t most_tokens = 10'000'000;
constexpr std::int64_t most_answer_tokens = 1'000'000;
constexpr std::int64_t most_per = 1'000'000'000;
constexpr std::size_t longest_key = 4 << 10;

// A number of tokens: `4096`, `32k`, `1M`, in thousands and millions.
std::int64_t read_tokens(const YamlNode& node, std::int64_t highest) {
  const std::string text = node.text();
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::int64_t factor = unit == "M" ? 1'000'000 : unit == "k" ? 1'000 : unit.empty() ? 1 : 0;
  const bool fits = error == std::errc{} && factor > 0 && count > 0 && count <= highest / factor;
  if (!fits) {
    node.fail("expected a number of tokens such as 4096, 32k or 1M, at most " +
              std::to_string(highest) + "; found '" + text + "'");
  }
  return count * factor;
}

runtime::Nanos read_money(const YamlNode& node) {
  const auto amount = policies::ledger::parse_money(node.text());
  if (!amount) node.fail("expected an amount such as 0.50; found '" + node.text() + "'");
  return *amount;
}

std::chrono::milliseconds read_time(const YamlNode& node) {
  return std::chrono::milliseconds(node.milliseconds());
}

Price read_price(const YamlNode& node) {
  Price price;
  std::optional<runtime::Nanos> input, output, cache_read, cache_write;
  base::read_map(node,
                 {{"input", [&](const auto& value) { input = read_money(value); }},
                  {"output", [&](const auto& value) { output = read_money(value); }},
                  {"cache_read", [&](const auto& value) { cache_read = read_money(value); }},
                  {"cache_write", [&](const auto& value) { cache_write = read_money(value); }},
                  {"per", [&](const auto& value) { price.per = read_tokens(value, most_per); }}});
  if (!input || !output) node.fail("a price needs 'input' and 'output'");
  price.input = *input;
  price.output = *output;
  price.cache_read = cache_read.value_or(*input);
  price.cache_write = cache_write.value_or(*input);
  constexpr runtime::Nanos one = 1'000'000'000;
  for (const runtime::Nanos part :
       {price.input, price.output, price.cache_read, price.cache_write}) {
    if (part / price.per > one) node.fail("a token costs at most 1");
  }
  return price;
}

std::string read_key(const YamlNode& node, const std::filesystem::path& directory) {
  const std::string key = expand_or_fail(node, directory);
  const bool plain = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 127; });
  if (!plain || key.size() > longest_key) {
    node.fail("a key is visible ASCII characters without blanks");
  }
  return key;
}

ModelSettings::Api read_api(const YamlNode& node) {
  const std::string text = node.text();
  if (text == "scripted") return ModelSettings::Api::scripted;
  if (text == "openai") return ModelSettings::Api::openai;
  if (text == "anthropic") return ModelSettings::Api::anthropic;
  const std::string nearest = base::nearest_name(text, {"scripted", "openai", "anthropic"});
  node.fail("expected openai, anthropic or scripted; found '" + text + "'" +
            (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
}

base::Url read_base_url(const YamlNode& node, const std::filesystem::path& directory) {
  auto url = base::parse_url(expand_or_fail(node, directory));
  if (!url) node.fail("this is no base URL: " + url.error().message);
  while (url->target.ends_with('/') && url->target.size() > 1) url->target.pop_back();
  if (url->target.find('?') != std::string::npos) node.fail("a base URL has no query");
  return *std::move(url);
}

void read_model(const YamlNode& node, const std::filesystem::path& directory,
                ModelSettings& model) {
  bool has_api = false, has_url = false;
  base::read_map(
      node,
      {{"api",
        [&](const auto& value) {
          model.api = read_api(value);
          has_api = true;
        }},
       {"script",
        [&](const auto& value) {
          model.script = (directory / expand_or_fail(value, directory)).lexically_normal();
          if (auto script = runtime::load_script(model.script); !script) {
            value.fail(script.error().message);
          }
        }},
       {"base_url",
        [&](const auto& value) {
          model.url = read_base_url(value, directory);
          has_url = true;
        }},
       {"model", [&](const auto& value) { model.model = expand_or_fail(value, directory); }},
       {"api_key", [&](const auto& value) { model.api_key = read_key(value, directory); }},
       {"price", [&](const auto& value) { model.price = read_price(value); }},
       {"max_tokens",
        [&](const auto& value) { model.max_tokens = read_tokens(value, most_answer_tokens); }},
       {"timeout", [&](const auto& value) { model.timeout = read_time(value); }}});
  if (!has_api) node.fail("a model needs an 'api': openai, anthropic or scripted");
  if (model.api == ModelSettings::Api::scripted) {
    if (model.script.empty()) node.fail("a scripted model needs a 'script'");
    if (has_url || !model.model.empty() || !model.api_key.empty()) {
      node.fail("a scripted model has a 'script', and no 'base_url', 'model' or 'api_key'");
    }
    if (!model.price) model.price = Price();
    return;
  }
  if (!model.script.empty()) node.fail("'script' belongs to a scripted model");
  if (!has_url || model.model.empty()) node.fail("a model needs 'base_url' and 'model'");
}

runtime::ContextSettings::OnExpiry read_on_expiry(const YamlNode& node) {
  using OnExpiry = runtime::ContextSettings::OnExpiry;
  const std::string text = node.text();
  std::vector<std::string> names;
  for (const auto way : {OnExpiry::rebuild, OnExpiry::summarise, OnExpiry::forget}) {
    if (text == to_string(way)) return way;
    names.emplace_back(to_string(way));
  }
  const std::string nearest = base::nearest_name(text, names);
  node.fail("expected rebuild, summarise or forget; found '" + text + "'" +
            (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
}

void read_context(const YamlNode& node, runtime::ContextSettings& context) {
  base::read_map(
      node,
      {{"ttl", [&](const auto& value) { context.ttl = read_time(value); }},
       {"window", [&](const auto& value) { context.window = read_tokens(value, most_tokens); }},
       {"on_expiry", [&](const auto& value) { context.on_expiry = read_on_expiry(value); }}});
}

void read_stop(const YamlNode& node, runtime::StopConditions& stop) {
  base::read_map(node,
                 {{"steps", [&](const auto& value) { stop.steps = value.integer(1, most_steps); }},
                  {"money", [&](const auto& value) { stop.money = read_money(value); }},
                  {"active_time", [&](const auto& value) { stop.active_time = read_time(value); }},
                  {"deadline", [&](const auto& value) { stop.deadline = read_time(value); }}});
}

void read_agent(const YamlNode& node, const Settings& settings, AgentSettings& agent) {
  base::read_map(node,
                 {{"model",
                   [&](const auto& value) {
                     agent.model = value.text();
                     if (settings.models.contains(agent.model)) return;
                     std::vector<std::string> names;
                     for (const auto& [name, model] : settings.models) names.push_back(name);
                     const std::string nearest = base::nearest_name(agent.model, names);
                     value.fail("there is no model '" + agent.model + "' under runtime.models" +
                                (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
                   }},
                  {"instructions", [&](const auto& value) { agent.instructions = value.text(); }},
                  {"stop", [&](const auto& value) { read_stop(value, agent.stop); }},
                  {"context", [&](const auto& value) { read_context(value, agent.context); }}});
  if (agent.model.empty()) node.fail("an agent needs a 'model'");
  const ModelSettings& model = settings.models.at(agent.model);
  if (agent.stop.money >= 0 && !model.price) {
    node.fail("'money' bounds this agent, but its model '" + agent.model + "' has no 'price'");
  }
  if (agent.context.window <= model.max_tokens) {
    node.fail("the window of " + std::to_string(agent.context.window) +
              " tokens leaves nothing beside an answer of " + std::to_string(model.max_tokens) +
              " ('max_tokens' of model '" + agent.model + "')");
  }
}

}  // namespace

runtime::Settings read_runtime(const base::YamlNode& node, const std::filesystem::path& directory) {
  Settings settings;
  // Models first, whatever stands first: agents name them.
  base::read_map(node, {{"models",
                         [&](const auto& models) {
                           for (const auto& [key, value] : models.entries()) {
                             const std::string name = policies::read_name(key, "model");
                             read_model(value, directory, settings.models[name]);
                           }
                         }},
                        {"agents", [&](const auto& agents) {
                           for (const auto& [key, value] : agents.entries()) {
                             const std::string name = policies::read_name(key, "agent");
                             read_agent(value, settings, settings.agents[name]);
                           }
                         }}});
  return settings;
}

void check_runtime_agents(const runtime::Settings& settings,
                          const policies::PolicyDocument& policy) {
  for (const auto& [name, agent] : settings.agents) {
    if (policy.agents.contains(name)) continue;
    throw base::ConfigError("runtime.agents: the policy names no agent '" + name +
                            "', which is where its rights come from");
  }
}

}  // namespace gateway
