#pragma once

#include <string_view>

namespace base {

/// The version of this build, as peers and people are told it.
inline constexpr std::string_view version = "0.1.0";

}  // namespace base
