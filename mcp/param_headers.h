#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace mcp {

/// One property of a tool's inputSchema that is annotated with `x-mcp-header` (2026-07-28, tools).
struct ParamHeader {
  std::string name;               ///< the part behind `Mcp-Param-`
  std::vector<std::string> path;  ///< property names from the root of the arguments
};

/// Finds the annotations of an inputSchema. Code::invalid when one breaks a rule (not a token, used twice
/// case-insensitively, on a type other than string, integer or boolean, or not reachable through `properties` alone):
/// a client must then drop the tool.
base::Result<std::vector<ParamHeader>> find_param_headers(const base::Json& input_schema);

/// The `Mcp-Param-*` fields (full name, encoded value) for a call with `arguments`; null and absent ones are left out.
std::vector<std::pair<std::string, std::string>> param_header_fields(
    const std::vector<ParamHeader>& headers, const base::Json& arguments);

/// Looks up one received field by its full name, case-insensitively; nullopt when it was not sent.
/// More than one field of the name never reaches this point (the request reader refuses it).
using FieldLookup = std::optional<std::string_view> (*)(const void* fields, std::string_view name);

/// The first disagreement between the received `Mcp-Param-*` fields and `arguments`, as a sentence; nullopt when
/// they agree. Integers compare numerically (42.0 equals 42). A value without its header is a disagreement, and so is
/// a header without a value.
std::optional<std::string> param_header_mismatch(const std::vector<ParamHeader>& headers,
                                                 const base::Json& arguments, FieldLookup lookup,
                                                 const void* fields);

}  // namespace mcp
