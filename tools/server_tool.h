#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/limits.h"
#include "mcp/param_headers.h"
#include "tools/schema/schema.h"

namespace tools {

/// One tool of one server, as it was read from its list and compiled. A tool that cannot be checked
/// is quarantined: known, shown to administrators with the reason, never offered and never called.
struct ServerTool {
  std::string name;
  base::Json definition;        ///< members and order exactly as the vendor wrote them
  std::string definition_hash;  ///< of the definition's text; what audit records name
  std::optional<schema::Schema> input;
  std::optional<schema::Schema> output;  ///< of structuredContent, when the vendor describes it
  std::vector<mcp::ParamHeader> param_headers;
  bool read_only_hint = false;  ///< annotations.readOnlyHint: counts only for trusted servers
  std::string quarantine;       ///< the reason, or ""
};

/// Compiles one entry of a tools/list. Never fails: what is wrong with it becomes the quarantine's
/// reason.
ServerTool compile_tool(base::Json definition, const base::Limits& limits);

/// Compiles a whole list. Of two tools of one name, both are quarantined.
std::vector<ServerTool> compile_tools(std::vector<base::Json> definitions,
                                      const base::Limits& limits);

}  // namespace tools
