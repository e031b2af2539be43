#include "tools/schema/fragment.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "tools/schema/words.h"

namespace tools::schema {
namespace {

using base::Json;

bool requires_member(const Json& schema, std::string_view name) {
  const Json* required = base::find_member(schema, "required");
  return required != nullptr && required->is_array() &&
         std::any_of(required->begin(), required->end(),
                     [name](const Json& one) { return one == name; });
}

const Json* property(const Json& schema, std::string_view name) {
  const Json* properties = base::find_member(schema, "properties");
  return properties == nullptr ? nullptr : base::find_member(*properties, name);
}

// `type`, `const` and `enum` hold for values of every type; all else is silent about other types.
bool settles_type(const Json* schema) {
  if (schema == nullptr) return false;
  if (schema->is_boolean()) return true;
  for (const std::string_view keyword : {"type", "const", "enum"})
    if (base::find_member(*schema, keyword) != nullptr) return true;
  return false;
}

}  // namespace

base::Result<Fragment> compile_fragment(const Json& fragment, const Json& input,
                                        const CompileOptions& options) {
  auto schema = Schema::compile(fragment, options);
  if (!schema) return schema.error();
  Fragment result{*std::move(schema), {}};
  const Json* properties = base::find_member(fragment, "properties");
  const auto* members =
      properties == nullptr ? nullptr : properties->get_ptr<const Json::object_t*>();
  if (members == nullptr) return result;
  for (const auto& [name, rules] : *members) {
    if (rules == true) continue;
    const std::string quoted = in_quotes(name);
    if (rules != false && !requires_member(fragment, name) && !requires_member(input, name))
      result.warnings.push_back("A call without " + quoted +
                                " passes: add it to `required` if it must be there.");
    if (!settles_type(&rules) && !settles_type(property(input, name)))
      result.warnings.push_back("A value of " + quoted +
                                " that is of another type passes: say its `type`.");
  }
  return result;
}

}  // namespace tools::schema
