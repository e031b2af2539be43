#include <utility>

#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Authorize final : public Stage {
 public:
  base::Task<Outcome> handle(Call& call, Next next) override {
    policies::Decision decision = call.snapshot->policy->decide(
        {call.principal.agent, call.principal.view}, call.entry->server(), call.entry->tool->name,
        &call.arguments.value());
    call.decision = std::move(decision.reason);
    call.rule = std::move(decision.source);
    call.permit = std::move(decision.permit);
    if (!call.permit && decision.listed) co_return arguments_refused(call, decision.refusal);
    if (!call.permit) co_return unknown_tool(call.tool, call.decision);
    co_return co_await next(call);
  }

 private:
  // The caller knows the tool: it learns what the rules want of the arguments, and from `_meta`
  // which rule, as with limits. Files and lines are for the audit alone.
  static Outcome arguments_refused(const Call& call, std::string text) {
    Outcome outcome = refused("arguments_not_allowed", std::move(text), call.decision);
    const policies::RuleSource& rule = *call.rule;
    outcome.result["_meta"] = {
        {refusal_key, {{"rule", rule.scope + ": " + rule.kind + " " + rule.pattern}}}};
    return outcome;
  }
};

}  // namespace

std::unique_ptr<Stage> authorize() { return std::make_unique<Authorize>(); }

}  // namespace gateway::pipeline::stages
