#include "policies/effect.h"

#include <catch2/catch.hpp>

namespace effect_test {

using policies::Effect;
using policies::parse_effect;

TEST_CASE("every effect is read as it is written", "[policies]") {
  for (const Effect effect : {Effect::read_only, Effect::idempotent, Effect::keyed,
                              Effect::reconcilable, Effect::non_idempotent}) {
    CHECK(parse_effect(to_string(effect)) == effect);
  }
}

TEST_CASE("other words are no effects", "[policies]") {
  CHECK_FALSE(parse_effect("readonly"));
  CHECK_FALSE(parse_effect(""));
}

TEST_CASE("only read_only needs no intent", "[policies]") {
  CHECK_FALSE(needs_intent(Effect::read_only));
  CHECK(needs_intent(Effect::idempotent));
  CHECK(needs_intent(Effect::non_idempotent));
}

}  // namespace effect_test
