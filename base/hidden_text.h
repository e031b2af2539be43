#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace base {

/// `text` with `***` for every one of `hidden` that has six characters or more; shorter ones stand
/// in ordinary words. The beginning of one at the very end is hidden as well: the text may have
/// been cut there.
std::string hide_values(std::string_view text, const std::vector<std::string>& hidden);

}  // namespace base
