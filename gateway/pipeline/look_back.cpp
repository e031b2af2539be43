#include <utility>

#include "gateway/pipeline/inquiry.h"
#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

using policies::CarriedOut;
using policies::Effect;

class LookBack final : public Stage {
 public:
  explicit LookBack(const policies::ledger::Clock& clock) : clock_(clock) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    const bool is_harmless = call.effect == Effect::read_only || call.effect == Effect::idempotent;
    if (call.earlier.empty() || is_harmless) return next(call);
    return look_back(call, next);
  }

 private:
  base::Task<Outcome> look_back(Call& call, Next next) {
    if (call.verification() == nullptr) {
      // Policy changed meanwhile: nobody can be asked, and it might be carried out twice.
      co_return refused("no_verification",
                        "An earlier attempt of this call may have been carried out, and the policy "
                        "does not say any more how that is found out. Nothing was sent again.");
    }
    Inquiry inquiry = co_await inquire(call, next, clock_);
    if (inquiry.found.answer == CarriedOut::yes) co_return carried_out(call, std::move(inquiry));
    if (inquiry.found.answer == CarriedOut::inconclusive) {
      co_return still_unknown(
          server_failed(Outcome::Kind::unknown, "not_verified",
                        "An earlier attempt of this call may have been carried out. Nothing was "
                        "sent again."),
          inquiry);
    }
    Outcome outcome = co_await next(call);
    if (!outcome.verified) outcome.verified = std::move(inquiry.found);
    co_return outcome;
  }

  const policies::ledger::Clock& clock_;
};

}  // namespace

std::unique_ptr<Stage> look_back(const policies::ledger::Clock& clock) {
  return std::make_unique<LookBack>(clock);
}

}  // namespace gateway::pipeline::stages
