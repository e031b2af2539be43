#pragma once

#include <string>

#include "base/json.h"

namespace base {

/// Writes a JSON value as YAML for people: maps and lists that fit on a line in one, text without
/// quotes where every reader takes it for text. to_json() of what is written is `value` again.
std::string to_yaml(const Json& value);

}  // namespace base
