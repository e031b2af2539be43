#include "base/hidden_text.h"

#include <algorithm>

namespace base {
namespace {

constexpr std::size_t shortest_hidden = 6;

// How much of `rest`, from its beginning, is hidden.
std::size_t hidden_at(std::string_view rest, const std::vector<std::string>& hidden) {
  std::size_t length = 0;
  for (const std::string& value : hidden) {
    if (value.size() < shortest_hidden) continue;
    if (rest.starts_with(value)) length = std::max(length, value.size());
    if (rest.size() >= shortest_hidden && value.starts_with(rest)) return rest.size();
  }
  return length;
}

}  // namespace

std::string hide_values(std::string_view text, const std::vector<std::string>& hidden) {
  std::string seen;
  seen.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = hidden_at(text, hidden);
    seen += length > 0 ? std::string_view("***") : text.substr(0, 1);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return seen;
}

}  // namespace base
