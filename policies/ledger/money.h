#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace policies::ledger {

/// Money in billionths of the policy's currency.
using Nanos = std::int64_t;

/// The most that a price or a budget may be: every sum of this size is exact in Redis's scripts as
/// well, whose numbers are doubles (2^53 nano-units are 9,007,199 units).
inline constexpr Nanos most_money = 9'000'000'000'000'000;

/// What a decimal such as `5`, `5.00` or `0.005` stands for, exactly; digits beyond the ninth place
/// round up. Nullopt when it is no such number, negative or more than most_money.
std::optional<Nanos> parse_money(std::string_view text);

/// With at least two places and no more than it needs: `5.00`, `0.005`.
std::string money_text(Nanos amount);

}  // namespace policies::ledger
