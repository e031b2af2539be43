#pragma once

#include <optional>
#include <string_view>

namespace policies {

/// What sending a tool's call again may do (design §2.7). Set by policy.
enum class Effect { read_only, idempotent, keyed, reconcilable, non_idempotent };

std::string_view to_string(Effect effect);
std::optional<Effect> parse_effect(std::string_view text);

/// Whether an intent must be durable before the first byte leaves.
constexpr bool needs_intent(Effect effect) { return effect != Effect::read_only; }

}  // namespace policies
