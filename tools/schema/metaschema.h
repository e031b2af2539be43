#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace tools::schema {

/// The published schema of a draft, or a part of it, by its identifier without fragment; null when
/// there is none. They are part of the program, as json-schema.org publishes them: nothing is
/// fetched. Thread-safe.
const base::Json* find_metaschema(std::string_view uri);

/// All of them as text.
std::span<const std::string_view> metaschema_texts();

}  // namespace tools::schema
