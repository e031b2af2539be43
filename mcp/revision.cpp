#include "mcp/revision.h"

namespace mcp {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 5> names{"2024-11-05", "2025-03-26", "2025-06-18",
                                                "2025-11-25", "2026-07-28"};

}  // namespace

std::string_view to_string(Revision revision) { return names[static_cast<std::size_t>(revision)]; }

std::optional<Revision> parse_revision(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<Revision>(i);
  }
  return std::nullopt;
}

}  // namespace mcp
