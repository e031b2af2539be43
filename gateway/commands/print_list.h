#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "gateway/commands/command.h"

namespace gateway::commands {

/// Asks the running gateway for a list and prints it: as it is with --json, else a line for each
/// entry of its member `key`, and what `also` adds to that. An empty list is said on standard
/// error.
Exit print_list(const Invocation& invocation, const std::string& route, const char* key,
                const std::function<std::string(const base::Json&)>& line_of,
                const std::function<void(const base::Json& answer)>& also = {});

/// `text`, filled up with blanks.
std::string padded(std::string text, std::size_t width);

}  // namespace gateway::commands
