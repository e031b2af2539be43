#include "gateway/limits_config.h"

#include <chrono>
#include <cstdint>

namespace gateway {
namespace {

constexpr std::int64_t largest_size = 1 << 30;
constexpr std::int64_t largest_count = 1'000'000;
/// Copying and printing JSON recurse: deeper documents could exhaust a stack (cpp.md §3.4).
constexpr std::int64_t largest_depth = 512;

base::YamlKey size(std::string name, base::Bound<std::size_t>& field) {
  return {std::move(name), [&field](const base::YamlNode& value) {
            const std::int64_t bytes = value.bytes();
            if (bytes > largest_size) value.fail("expected a size of at most 1G");
            field = static_cast<std::size_t>(bytes);
          }};
}

base::YamlKey count(std::string name, base::Bound<std::size_t>& field,
                    std::int64_t highest = largest_count) {
  return {std::move(name), [&field, highest](const base::YamlNode& value) {
            field = static_cast<std::size_t>(value.integer(1, highest));
          }};
}

base::YamlKey time(std::string name, base::Bound<std::chrono::milliseconds>& field) {
  return {std::move(name), [&field](const base::YamlNode& value) {
            field = std::chrono::milliseconds(value.milliseconds());
          }};
}

// Shorter ones have no room for a hash, longer ones are refused by clients.
base::YamlKey name_length(base::Bound<std::size_t>& field) {
  return {"exported_name", [&field](const base::YamlNode& value) {
            field = static_cast<std::size_t>(value.integer(16, 128));
          }};
}

}  // namespace

void read_limits(const base::YamlNode& node, base::Limits& limits) {
  base::read_map(node, {
                           size("request_line", limits.request_line),
                           size("head", limits.head),
                           count("header_fields", limits.header_fields),
                           size("header_field", limits.header_field),
                           size("body", limits.body),
                           time("head_timeout", limits.head_timeout),
                           time("body_grace", limits.body_grace),
                           size("body_rate", limits.body_rate),
                           time("idle_timeout", limits.idle_timeout),
                           time("write_timeout", limits.write_timeout),
                           count("connections", limits.connections),
                           count("calls_in_flight", limits.calls_in_flight),
                           count("sessions_per_agent", limits.sessions_per_agent),
                           time("session_idle", limits.session_idle),
                           count("streams", limits.streams),
                           count("streams_per_agent", limits.streams_per_agent),
                           size("stream_outbox", limits.stream_outbox),
                           time("stream_keep_alive", limits.stream_keep_alive),
                           count("tools_page", limits.tools_page),
                           name_length(limits.exported_name),
                           count("json_depth", limits.json.depth, largest_depth),
                           count("json_values", limits.json.values, 10 * largest_count),
                           size("json_string", limits.json.string),
                           size("json_key", limits.json.key),
                           count("json_number", limits.json.number),
                           size("result", limits.result),
                           size("notification", limits.notification),
                           size("upstream_head", limits.upstream_head),
                           count("upstream_tools", limits.upstream_tools),
                           count("upstream_pages", limits.upstream_pages),
                           size("tool_definition", limits.tool_definition),
                           count("upstream_prompts", limits.upstream_prompts),
                           count("upstream_resources", limits.upstream_resources),
                           count("upstream_templates", limits.upstream_templates),
                           size("listed_definition", limits.listed_definition),
                           count("upstream_connections", limits.upstream_connections),
                           count("instances", limits.instances),
                           time("instance_idle", limits.instance_idle),
                       });
}

}  // namespace gateway
