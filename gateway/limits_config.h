#pragma once

#include "base/limits.h"
#include "base/yaml.h"

namespace gateway {

/// Reads the map `limits:`; a key is a field of base::Limits, those of its JSON bounds with `json_`
/// before them.
void read_limits(const base::YamlNode& node, base::Limits& limits);

}  // namespace gateway
