#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/pipeline/principal.h"
#include "gateway/visible_list.h"

namespace gateway {

/// A page of what an agent may call, get or read: definitions as text, with commas between them, and
/// the cursor of the next page, "" behind the last.
struct ListPage {
  std::string definitions;
  std::string next;
};

/// The page behind `cursor`, or the first for "". A cursor names the last entry of the page before
/// it, the list and whose it is (agent and view), so that any gateway can go on from it; nullopt for
/// one that this agent was not given, or whose entry it can no longer see.
std::optional<ListPage> list_page(const pipeline::Snapshot& snapshot, ListKind kind,
                                  const pipeline::Principal& principal, std::string_view cursor,
                                  std::size_t most);

}  // namespace gateway
