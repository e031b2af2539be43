#include "policies/effect.h"

namespace policies {
namespace {

struct Name {
  Effect effect;
  std::string_view text;
};

constexpr Name names[] = {
    {Effect::read_only, "read_only"},
    {Effect::idempotent, "idempotent"},
    {Effect::keyed, "keyed"},
    {Effect::reconcilable, "reconcilable"},
    {Effect::non_idempotent, "non_idempotent"},
};

}  // namespace

std::string_view to_string(Effect effect) {
  for (const Name& name : names) {
    if (name.effect == effect) return name.text;
  }
  return "non_idempotent";
}

std::optional<Effect> parse_effect(std::string_view text) {
  for (const Name& name : names) {
    if (name.text == text) return name.effect;
  }
  return std::nullopt;
}

}  // namespace policies
