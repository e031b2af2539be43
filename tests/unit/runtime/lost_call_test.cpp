#include "runtime/lost_call.h"

#include <catch2/catch.hpp>

#include "policies/policy_files.h"

namespace lost_call_test {

using namespace runtime;

namespace {

const policies::Policy prices(policies::parse_policy(
    "currency: EUR\ntools: {pay/refund: {effect: idempotent, price: 0.10}}\n", "p.yaml"));

Called lost(const std::string& intent) {
  base::JournalRecord record;
  record.body = intent;
  return lost_call({"run_0123456789ab", 1, 2, 3}, record, prices);
}

}  // namespace

TEST_CASE("a lost call is what its intent says, whatever the policy says by now") {
  const Called called = lost(R"({"tool":"pay/refund","effect":"keyed","key":"k1"})");
  CHECK(called.kind == Called::Kind::unknown);
  CHECK(called.request == "req_0123456789ab.1.2.3");
  CHECK(called.effect == policies::Effect::keyed);
  CHECK(called.key == "k1");
  CHECK(called.cost == 100'000'000);
}

TEST_CASE("a lost call that can be asked about names its intent, and no other does") {
  CHECK(lost(R"({"tool":"pay/refund","effect":"reconcilable"})").doubt == "int_0123456789ab.1.2.3");
  CHECK(lost(R"({"tool":"pay/refund","effect":"keyed","key":"k1"})").doubt == "");
}

TEST_CASE("a lost call that a person changed cannot be asked about by what the run wanted") {
  const char* intent =
      R"({"tool":"pay/refund","effect":"reconcilable","approval":{"id":"a","asked_arguments":"h"}})";
  CHECK(lost(intent).doubt == "");
  CHECK(lost(R"({"tool":"pay/refund","effect":"reconcilable","approval":{"id":"a"}})").doubt != "");
}

TEST_CASE("an intent that cannot be read may have done anything") {
  for (const std::string body : {"{", "{}", R"({"effect":"gone"})"}) {
    CHECK(lost(body).effect == policies::Effect::non_idempotent);
    CHECK(lost(body).key == "");
  }
}

}  // namespace lost_call_test
