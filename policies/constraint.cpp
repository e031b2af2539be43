#include "policies/constraint.h"

#include <utility>

#include "base/yaml_json.h"
#include "policies/constraint_keywords.h"
#include "tools/schema/fragment.h"

namespace policies {

Constraint::Constraint(base::Json json, tools::schema::Schema schema, std::vector<std::string> gaps)
    : json_(std::move(json)),
      text_(base::dump_json(json_)),
      schema_(std::move(schema)),
      gaps_(std::move(gaps)) {}

Constraint Constraint::read(const base::YamlNode& node) {
  check_keywords(node);
  base::Json json = base::to_json(node);
  tools::schema::CompileOptions options;
  options.assert_format = true;
  // Which tools it will meet is not known here: what their own schemas promise does not count.
  auto fragment = tools::schema::compile_fragment(json, base::Json::object(), options);
  if (!fragment) node.fail("this is no JSON Schema: " + fragment.error().message);
  return {std::move(json), std::move(fragment->schema), std::move(fragment->warnings)};
}

std::vector<std::string> Constraint::violations(const base::Json& arguments) const {
  std::vector<std::string> lines;
  for (const auto& violation : schema_.validate(arguments)) lines.push_back(to_string(violation));
  return lines;
}

}  // namespace policies
