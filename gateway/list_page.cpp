#include "gateway/list_page.h"

#include "base/crypto.h"

namespace gateway {
namespace {

constexpr std::size_t owner_length = 16;

std::string cursor_of(const pipeline::Principal& principal, ListKind kind, std::string_view name) {
  std::string text = principal.tenant;
  text.append("\n").append(principal.agent).append("\n").append(principal.view);
  text.append("\n").append(std::to_string(static_cast<int>(kind))).append("\n").append(name);
  return std::string(name) + "." + base::blake2b_hex(text).substr(0, owner_length);
}

// Where the page behind the cursor begins.
std::optional<std::size_t> begin_of(const VisibleList& list, const pipeline::Principal& principal,
                                    ListKind kind, std::string_view cursor) {
  if (cursor.empty()) return 0;
  const std::string_view name = cursor.substr(0, cursor.rfind('.'));
  const auto last = list.find(name);
  if (!last || !list.shows(*last)) return std::nullopt;
  if (cursor != cursor_of(principal, kind, name)) return std::nullopt;
  return *last + 1;
}

}  // namespace

std::optional<ListPage> list_page(const pipeline::Snapshot& snapshot, ListKind kind,
                                  const pipeline::Principal& principal, std::string_view cursor,
                                  std::size_t most) {
  const VisibleList list(snapshot, {principal.agent, principal.view}, kind);
  const auto begin = begin_of(list, principal, kind, cursor);
  if (!begin) return std::nullopt;
  ListPage page;
  std::size_t last = 0, count = 0;
  for (std::size_t i = *begin; i < list.size(); ++i) {
    if (!list.shows(i)) continue;
    if (count++ == most) {
      page.next = cursor_of(principal, kind, list.exported(last));
      break;
    }
    last = i;
    if (!page.definitions.empty()) page.definitions.push_back(',');
    page.definitions.append(list.listing(i));
  }
  return page;
}

}  // namespace gateway
