#pragma once

#include "base/json.h"
#include "base/yaml.h"

namespace base {

/// The JSON value that a node stands for: quoted scalars are text; plain ones `true`, `false`, a
/// number as JSON writes it, or else text. Throws ConfigError for what another YAML reader would
/// take for a number or boolean and JSON does not write so (`True`, `0x10`, `.5`), and for numbers
/// that would come out changed.
Json to_json(const YamlNode& node);

}  // namespace base
