#include "policies/tool_reader.h"

#include <utility>

#include "policies/policy_text.h"
#include "policies/quota_reader.h"
#include "policies/verify_reader.h"

namespace policies {
namespace {

const NotBuilt tool_not_built = {
    {"redact", "redaction is not part of this build"},
};

BrokenResult read_broken_result(const base::YamlNode& value, const std::string& scope) {
  const std::string word = value.text();
  if (word == "withhold") return BrokenResult::withhold;
  if (word == "warn") return BrokenResult::warn;
  value.fail(scope +
             ": expected what becomes of a result that breaks the outputSchema: withhold or "
             "warn; found '" +
             word + "'");
}

Effect read_effect(const base::YamlNode& node, const std::string& scope) {
  const std::string text = node.text();
  const auto effect = parse_effect(text);
  if (!effect) {
    const std::string nearest = base::nearest_name(
        text, {"read_only", "idempotent", "keyed", "reconcilable", "non_idempotent"});
    node.fail(scope +
              ": expected an effect: read_only, idempotent, keyed, reconcilable or non_idempotent; "
              "found '" +
              text + "'" + (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
  }
  return *effect;
}

std::string read_key_argument(const base::YamlNode& node, const std::string& scope) {
  std::string name = node.text();
  if (name.empty()) node.fail(scope + ": expected the name of an argument; found ''");
  return name;
}

/// Where the keys stand that need each other.
struct Places {
  std::optional<base::YamlNode> effect, key_argument, verify;
};

// Without its argument nothing would be keyed, and without the effect nothing would be repeated.
void check_key(const ToolSettings& tool, const Places& places, const std::string& scope) {
  const bool is_keyed = tool.effect == Effect::keyed;
  if (is_keyed && tool.key_argument.empty()) {
    places.effect->fail(scope +
                        ": the effect 'keyed' needs 'key_argument' beside it: the argument in "
                        "which the tool takes its idempotency key");
  }
  if (!is_keyed && !tool.key_argument.empty()) {
    places.key_argument->fail(scope + ": 'key_argument' needs 'effect: keyed' beside it");
  }
}

// The same of a tool that can be asked.
void check_verify(const ToolSettings& tool, const Places& places, const std::string& scope) {
  const bool is_reconcilable = tool.effect == Effect::reconcilable;
  if (is_reconcilable && !tool.verify) {
    places.effect->fail(scope +
                        ": the effect 'reconcilable' needs 'verify' beside it: which tool is asked "
                        "what became of a call");
  }
  if (!is_reconcilable && tool.verify) {
    places.verify->fail(scope + ": 'verify' needs 'effect: reconcilable' beside it");
  }
}

}  // namespace

ReadTool read_tool(const std::string& pattern, const base::YamlNode& node) {
  ReadTool read;
  ToolSettings& tool = read.settings;
  tool.pattern = pattern;
  const std::string scope = "tool " + pattern;
  Places places;
  read_scope(node, scope,
             {{"effect",
               [&](const base::YamlNode& value) {
                 tool.effect = read_effect(value, scope);
                 places.effect = value;
               }},
              {"key_argument",
               [&](const base::YamlNode& value) {
                 tool.key_argument = read_key_argument(value, scope);
                 places.key_argument = value;
               }},
              {"verify",
               [&](const base::YamlNode& value) {
                 ReadVerification verify = read_verification(value, scope);
                 tool.verify = std::move(verify.verification);
                 read.verify_tool = std::move(verify.tool);
                 places.verify = value;
               }},
              {"price", [&](const base::YamlNode& value) { tool.price = read_price(value); }},
              {"output",
               [&](const base::YamlNode& value) {
                 tool.broken_result = read_broken_result(value, scope);
               }}},
             tool_not_built);
  check_key(tool, places, scope);
  check_verify(tool, places, scope);
  if (!tool.effect && !tool.price && !tool.broken_result) {
    node.fail(scope + ": expected the keys 'effect', 'price' or 'output'; found an empty map");
  }
  return read;
}

}  // namespace policies
