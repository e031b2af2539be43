#pragma once

#include "gateway/commands/command.h"

namespace gateway::commands {

/// `audit search` and `audit export`, below `audit`.
void add_audit_search(CLI::App& audit, Invocation& invocation);

/// One line about a call, for people; with --json its whole record.
void print_audit(const Invocation& invocation, const std::string& body);

}  // namespace gateway::commands
