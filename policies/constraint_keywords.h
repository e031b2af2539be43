#pragma once

#include "base/yaml.h"

namespace policies {

/// Fails for what JSON Schema would pass over in silence: unknown keywords and formats, keywords
/// that have no effect where they stand, and a schema that constrains nothing. `node` is the schema
/// under `arguments:` or `when:`; drafts other than 2020-12 are not spoken there.
void check_keywords(const base::YamlNode& node);

}  // namespace policies
