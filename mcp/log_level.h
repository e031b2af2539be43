#pragma once

#include <optional>
#include <string_view>

namespace mcp {

/// How serious a log message of a server is (RFC 5424), in rising order.
enum class LogLevel { debug, info, notice, warning, error, critical, alert, emergency };

std::string_view to_string(LogLevel level);
/// nullopt: there is no such level.
std::optional<LogLevel> parse_log_level(std::string_view text);

}  // namespace mcp
