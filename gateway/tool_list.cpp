#include "gateway/tool_list.h"

#include "base/crypto.h"

namespace gateway {
namespace {

constexpr std::size_t owner_length = 16;

std::string cursor_of(const pipeline::Principal& principal, std::string_view tool) {
  std::string text = principal.tenant;
  text.append("\n").append(principal.agent).append("\n").append(principal.view);
  text.append("\n").append(tool);
  return std::string(tool) + "." + base::blake2b_hex(text).substr(0, owner_length);
}

// The same decision that tools/call obeys (invariant 2).
bool is_listed(const pipeline::Snapshot& snapshot, const pipeline::Principal& principal,
               const tools::CatalogEntry& entry) {
  return entry.tool->quarantine.empty() &&
         snapshot.policy
             ->decide({principal.agent, principal.view}, entry.server(), entry.tool->name)
             .listed;
}

// Where the page behind the cursor begins.
std::optional<std::size_t> begin_of(const pipeline::Snapshot& snapshot,
                                    const pipeline::Principal& principal,
                                    std::string_view cursor) {
  if (cursor.empty()) return 0;
  const std::string_view tool = cursor.substr(0, cursor.find('.'));
  const tools::CatalogEntry* last = snapshot.catalog->find(tool);
  if (last == nullptr || !is_listed(snapshot, principal, *last)) return std::nullopt;
  if (cursor != cursor_of(principal, tool)) return std::nullopt;
  return static_cast<std::size_t>(last - snapshot.catalog->entries().data()) + 1;
}

}  // namespace

std::optional<ToolPage> tool_page(const pipeline::Snapshot& snapshot,
                                  const pipeline::Principal& principal, std::string_view cursor,
                                  std::size_t most) {
  const auto begin = begin_of(snapshot, principal, cursor);
  if (!begin) return std::nullopt;
  ToolPage page;
  const tools::CatalogEntry* last = nullptr;
  std::size_t count = 0;
  const auto& entries = snapshot.catalog->entries();
  for (std::size_t i = *begin; i < entries.size(); ++i) {
    if (!is_listed(snapshot, principal, entries[i])) continue;
    if (count++ == most) {
      page.next = cursor_of(principal, last->exported);
      break;
    }
    last = &entries[i];
    if (!page.definitions.empty()) page.definitions.push_back(',');
    page.definitions.append(last->listing);
  }
  return page;
}

}  // namespace gateway
