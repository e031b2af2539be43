#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Authorize final : public Stage {
 public:
  base::Task<Outcome> handle(Call& call, Next next) override {
    policies::Decision decision = call.snapshot->policy->decide(
        call.principal.agent, call.entry->server(), call.entry->tool->name);
    call.decision = std::move(decision.reason);
    call.rule = std::move(decision.source);
    call.permit = std::move(decision.permit);
    if (!call.permit) co_return unknown_tool(call.tool, call.decision);
    co_return co_await next(call);
  }
};

}  // namespace

std::unique_ptr<Stage> authorize() { return std::make_unique<Authorize>(); }

}  // namespace gateway::pipeline::stages
