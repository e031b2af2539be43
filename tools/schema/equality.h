#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "base/json.h"
#include "tools/schema/meter.h"

namespace tools::schema {

/// Equality of JSON values (JSON Schema Core §4.2.2): 1 is 1.0, members have no order. False when
/// the meter is exhausted.
bool equal(const base::Json& a, const base::Json& b, Meter& meter, std::size_t depth = 0);

/// Equal values have equal hashes.
std::size_t hash(const base::Json& value, Meter& meter, std::size_t depth = 0);

/// The indices of two equal items of an array. Linear in the size of the array.
std::optional<std::pair<std::size_t, std::size_t>> find_equal_items(const base::Json& array,
                                                                    Meter& meter);

}  // namespace tools::schema
