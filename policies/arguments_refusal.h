#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policies/constrained_rules.h"

namespace policies {

/// What the caller of a listed tool is told when these arguments match a deny. It names what the
/// constraint wants, so that a model can change its call.
std::string denied_arguments_text(std::string_view tool_id, const ConstrainedRule& deny);

/// The same when the arguments satisfy none of the rules that could have allowed the call.
std::string unmet_arguments_text(std::string_view tool_id,
                                 const std::vector<const ConstrainedRule*>& allows,
                                 const base::Json& arguments);

}  // namespace policies
