#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Observe final : public Stage {
 public:
  explicit Observe(base::Log& log) : log_(log) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    Outcome outcome = co_await next(call);
    const auto taken = std::chrono::steady_clock::now() - call.started;
    const bool server_at_fault =
        outcome.kind == Outcome::Kind::failed || outcome.kind == Outcome::Kind::unknown;
    log_.write(server_at_fault ? base::LogLevel::warn : base::LogLevel::info, "call",
               {{"request", call.request_id},
                {"agent", call.principal.agent},
                {"tool", call.tool},
                {"outcome", to_string(outcome.kind)},
                {"reason", outcome.reason},
                {"detail", outcome.detail},
                {"micros", std::chrono::duration_cast<std::chrono::microseconds>(taken).count()}});
    co_return outcome;
  }

 private:
  base::Log& log_;
};

}  // namespace

std::unique_ptr<Stage> observe(base::Log& log) { return std::make_unique<Observe>(log); }

}  // namespace gateway::pipeline::stages
