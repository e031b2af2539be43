#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/pipeline/principal.h"
#include "gateway/pipeline/snapshot.h"

namespace gateway {

/// A page of what an agent may call: definitions as text, with commas between them, and the cursor
/// of the next page, "" behind the last.
struct ToolPage {
  std::string definitions;
  std::string next;
};

/// The page behind `cursor`, or the first for "". A cursor names the last tool of the page before it
/// and whose it is (agent and view), so that any gateway can go on from it; nullopt for one that this
/// agent was not given, or whose tool it can no longer call.
std::optional<ToolPage> tool_page(const pipeline::Snapshot& snapshot,
                                  const pipeline::Principal& principal, std::string_view cursor,
                                  std::size_t most);

}  // namespace gateway
