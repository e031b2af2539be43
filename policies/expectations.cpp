#include "policies/expectations.h"

#include <utility>

#include "base/yaml_json.h"

namespace policies {
namespace {

using base::YamlNode;

constexpr const char* no_rule = "no rule";

bool read_expect(const YamlNode& node) {
  const std::string word = node.text();
  if (word != "allow" && word != "deny") node.fail("expected allow or deny; found '" + word + "'");
  return word == "allow";
}

Expectation read_expectation(const YamlNode& item) {
  Expectation one;
  bool has_expect = false;
  one.place = item.file() + ":" + std::to_string(item.line());
  const auto named_by = [&](Primitive primitive, const std::string& form) {
    return base::YamlKey{
        std::string(to_string(primitive)), [&one, primitive, form](const YamlNode& node) {
          const std::string id = node.text();
          const std::size_t slash = id.find('/');
          if (slash == std::string::npos) node.fail("expected " + form + "; found '" + id + "'");
          if (!one.server.empty()) node.fail("an expectation is about one thing");
          one.primitive = primitive;
          one.server = id.substr(0, slash);
          one.name = id.substr(slash + 1);
        }};
  };
  const auto read_arguments = [&](const YamlNode& node) {
    one.arguments = base::to_json(node);
    if (!one.arguments.is_object()) node.fail("arguments are a map");
  };
  base::read_map(item, {{"agent", [&](const YamlNode& node) { one.agent = node.text(); }},
                        named_by(Primitive::tool, "server/tool"),
                        named_by(Primitive::resource, "server/URI"),
                        named_by(Primitive::prompt, "server/prompt"),
                        {"arguments", read_arguments},
                        {"view", [&](const YamlNode& node) { one.view = node.text(); }},
                        {"rule", [&](const YamlNode& node) { one.rule = node.text(); }},
                        {"expect", [&](const YamlNode& node) {
                           one.allowed = read_expect(node);
                           has_expect = true;
                         }}});
  if (one.agent.empty()) item.fail("an expectation needs an 'agent'");
  if (one.server.empty()) item.fail("an expectation needs a 'tool', a 'resource' or a 'prompt'");
  if (!has_expect) item.fail("an expectation needs 'expect': allow or deny");
  return one;
}

}  // namespace

std::vector<Expectation> read_expectations(const YamlNode& list) {
  std::vector<Expectation> expectations;
  for (const YamlNode& item : list.items()) expectations.push_back(read_expectation(item));
  if (expectations.empty()) list.fail("expected at least one expectation; found an empty list");
  return expectations;
}

Finding judge(const Policy& policy, const Expectation& expectation) {
  Finding finding{policy.decide(Caller{expectation.agent, expectation.view}, expectation.primitive,
                                expectation.server, expectation.name, &expectation.arguments),
                  no_rule, false};
  if (const auto& source = finding.decision.source) {
    finding.rule = source->scope + ": " + source->kind + " " + source->pattern;
  }
  finding.as_expected = finding.decision.allowed() == expectation.allowed &&
                        (expectation.rule.empty() || expectation.rule == finding.rule);
  return finding;
}

}  // namespace policies
