#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Resolve final : public Stage {
 public:
  base::Task<Outcome> handle(Call& call, Next next) override {
    call.entry = call.snapshot->catalog->find(call.tool);
    if (call.entry == nullptr) co_return unknown_tool(call.tool, "no server offers it");
    call.effect = call.snapshot->effect_of(*call.entry);
    co_return co_await next(call);
  }
};

}  // namespace

std::unique_ptr<Stage> resolve() { return std::make_unique<Resolve>(); }

}  // namespace gateway::pipeline::stages
