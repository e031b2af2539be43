#include "policies/verify_reader.h"

#include <utility>

#include "base/yaml_json.h"
#include "policies/policy_text.h"

namespace policies {
namespace {

using base::YamlNode;

constexpr std::int64_t longest_within_ms = 3'600'000;

// One tool, and no pattern: what it answers is compared with one pair of schemas.
std::string read_tool_id(const YamlNode& node, const std::string& scope) {
  const std::string id = read_pattern(node);
  const std::size_t slash = id.find('/');
  const bool is_one = id.find('*') == std::string::npos && slash != 0 && slash + 1 < id.size();
  if (!is_one) {
    node.fail(scope + ": expected one tool as server/tool, without a star; found '" + id + "'");
  }
  return id;
}

VerifyArgument read_constant(const std::string& name, const YamlNode& node,
                             const std::string& scope) {
  VerifyArgument argument;
  argument.name = name;
  bool found = false;
  base::read_map(node, {{"const", [&](const YamlNode& value) {
                           argument.constant = base::to_json(value);
                           found = true;
                         }}});
  if (!found) node.fail(scope + ": a map under 'arguments' needs 'const': the value itself");
  return argument;
}

VerifyArgument read_argument(const YamlNode& key, const YamlNode& node, const std::string& scope) {
  const std::string name = key.text();
  if (name.empty()) key.fail(scope + ": expected the name of an argument; found ''");
  if (node.is_map()) return read_constant(name, node, scope);
  VerifyArgument argument;
  argument.name = name;
  argument.pointer = node.text();
  const std::string_view problem = pointer_problem(argument.pointer);
  if (!problem.empty()) {
    node.fail(scope + ": expected a JSON Pointer into the arguments of the call, such as /" + name +
              ", or {const: …}; found '" + argument.pointer + "': " + std::string(problem));
  }
  return argument;
}

std::vector<VerifyArgument> read_arguments(const YamlNode& node, const std::string& scope) {
  std::vector<VerifyArgument> arguments;
  for (const auto& [key, value] : node.entries()) {
    arguments.push_back(read_argument(key, value, scope));
  }
  return arguments;
}

std::chrono::milliseconds read_time(const YamlNode& node, const std::string& scope) {
  const std::int64_t time = node.milliseconds();
  if (time > longest_within_ms)
    node.fail(scope + ": expected at most 1h; found '" + node.text() + "'");
  return std::chrono::milliseconds(time);
}

// What a result satisfies by lacking something would be taken for an answer that nobody gave, and a
// call be lost or sent twice for it. So this is refused, and not only warned of.
Constraint read_schema(const YamlNode& node, const std::string& scope, const std::string& key) {
  Constraint schema = Constraint::read(node);
  if (schema.verdict(base::Json::object()) != tools::schema::Verdict::invalid) {
    node.fail(scope + ": '" + key +
              "' fits a result that says nothing: list under 'required' what it must hold");
  }
  if (schema.gaps().empty()) return schema;
  const std::string gap = schema.gaps().front();
  const std::string_view of_calls = "A call ";
  node.fail(scope + ": '" + key + "' fits results that do not say so. " +
            (gap.starts_with(of_calls) ? "A result " + gap.substr(of_calls.size()) : gap));
}

/// What `verify` holds, as far as it was read, and where.
struct Parts {
  std::optional<YamlNode> tool, within;
  std::vector<VerifyArgument> arguments;
  std::optional<Constraint> done, not_done;
};

void check(const Parts& parts, const Verification& verification, const YamlNode& node,
           const std::string& scope) {
  if (verification.arguments.empty()) {
    node.fail(scope + ": it needs 'arguments': what of the call the verify tool is asked with");
  }
  // Equal schemas would make every answer inconclusive.
  if (parts.not_done && parts.not_done->text() == parts.done->text()) {
    node.fail(scope + ": 'done' and 'not_done' are the same: no answer could tell");
  }
  if (verification.settle >= verification.within) {
    parts.within.value_or(node).fail(
        scope + ": 'within' must be longer than 'settle', before which no 'not_done' is believed");
  }
}

}  // namespace

ReadVerification read_verification(const YamlNode& node, const std::string& tool_scope) {
  const std::string scope = tool_scope + ": verify";
  Parts parts;
  std::chrono::milliseconds settle{10'000}, within{45'000};
  read_scope(
      node, scope,
      {
          {"tool", [&](const YamlNode& value) { parts.tool = value; }},
          {"arguments",
           [&](const YamlNode& value) { parts.arguments = read_arguments(value, scope); }},
          {"done", [&](const YamlNode& value) { parts.done = read_schema(value, scope, "done"); }},
          {"not_done",
           [&](const YamlNode& value) { parts.not_done = read_schema(value, scope, "not_done"); }},
          {"settle", [&](const YamlNode& value) { settle = read_time(value, scope); }},
          {"within",
           [&](const YamlNode& value) {
             within = read_time(value, scope);
             parts.within = value;
           }},
      },
      {});
  if (!parts.tool) node.fail(scope + ": it needs 'tool': which tool is asked, as server/tool");
  const std::string id = read_tool_id(*parts.tool, scope);
  if (!parts.done) {
    node.fail(scope +
              ": it needs 'done': what the tool's result is like when the call was carried out");
  }
  const std::size_t slash = id.find('/');
  Verification verification{id.substr(0, slash),
                            id.substr(slash + 1),
                            std::move(parts.arguments),
                            *parts.done,
                            parts.not_done,
                            settle,
                            within,
                            node.file() + ":" + std::to_string(node.line())};
  check(parts, verification, node, scope);
  return {std::move(verification), *parts.tool};
}

}  // namespace policies
