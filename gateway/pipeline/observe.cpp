#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Observe final : public Stage {
 public:
  Observe(base::Log& log, CallMetrics& metrics) : log_(log), metrics_(metrics) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    Outcome outcome = co_await next(call);
    const auto taken = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - call.started);
    metrics_.count(call.resolved() ? std::string_view(call.server()) : "", outcome, taken);
    const bool server_at_fault =
        (outcome.kind == Outcome::Kind::failed || outcome.kind == Outcome::Kind::unknown) &&
        outcome.reason != "cancelled";
    log_.write(server_at_fault ? base::LogLevel::warn : base::LogLevel::info, "call",
               {{"request", call.request_id},
                {"agent", call.principal.agent},
                {policies::member_of(call.primitive), call.asked},
                {"outcome", to_string(outcome.kind)},
                {"reason", outcome.reason},
                {"detail", outcome.detail},
                {"micros", taken.count()}});
    co_return outcome;
  }

 private:
  base::Log& log_;
  CallMetrics& metrics_;
};

}  // namespace

std::unique_ptr<Stage> observe(base::Log& log, CallMetrics& metrics) {
  return std::make_unique<Observe>(log, metrics);
}

}  // namespace gateway::pipeline::stages
