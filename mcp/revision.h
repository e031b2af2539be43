#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace mcp {

/// A protocol revision, oldest first. Differences between them are the questions below, asked nowhere else.
enum class Revision { r2024_11_05, r2025_03_26, r2025_06_18, r2025_11_25, r2026_07_28 };

/// How one hop talks: with a handshake and a session (legacy, up to 2025-11-25) or stateless (modern).
enum class Era { legacy, modern };

inline constexpr Revision latest_modern = Revision::r2026_07_28;
inline constexpr Revision latest_legacy = Revision::r2025_11_25;

/// The revisions that clients may use with Sluice, newest first.
inline constexpr std::array served_revisions{Revision::r2026_07_28, Revision::r2025_11_25,
                                             Revision::r2025_06_18};

std::string_view to_string(Revision revision);
std::optional<Revision> parse_revision(std::string_view text);

constexpr Era era_of(Revision revision) {
  return revision >= Revision::r2026_07_28 ? Era::modern : Era::legacy;
}
/// Results carry `resultType`, lists carry `ttlMs` and `cacheScope` (2026-07-28, basic and caching pages).
constexpr bool has_result_type(Revision revision) { return era_of(revision) == Era::modern; }
/// Every request after `initialize` carries the MCP-Protocol-Version header.
constexpr bool has_version_header(Revision revision) { return revision >= Revision::r2025_06_18; }

}  // namespace mcp
