#include <utility>

#include "gateway/pipeline/checks.h"
#include "gateway/pipeline/stages.h"

namespace gateway::pipeline {
namespace {

// The caller knows the tool: it learns what the rules want of the arguments, and from `_meta`
// which rule, as with limits. Files and lines are for the audit alone.
Outcome arguments_refused(const Call& call, std::string text) {
  Outcome outcome = refused("arguments_not_allowed", std::move(text), call.decision);
  const policies::RuleSource& rule = *call.rule;
  outcome.result["_meta"] = {
      {refusal_key, {{"rule", rule.scope + ": " + rule.kind + " " + rule.pattern}}}};
  return outcome;
}

}  // namespace

std::optional<Outcome> authorize_call(Call& call) {
  policies::Decision decision = call.snapshot->policy->decide(
      {call.principal.agent, call.principal.view}, call.primitive, call.server(), call.name(),
      &call.arguments.value());
  call.decision = std::move(decision.reason);
  call.rule = std::move(decision.source);
  call.permit = std::move(decision.permit);
  if (!call.permit && decision.listed) return arguments_refused(call, decision.refusal);
  if (!call.permit) return unknown(call.primitive, call.asked, call.decision);
  return std::nullopt;
}

namespace stages {
namespace {

class Authorize final : public Stage {
 public:
  base::Task<Outcome> handle(Call& call, Next next) override {
    if (auto refusal = authorize_call(call)) return base::done(*std::move(refusal));
    return next(call);
  }
};

}  // namespace

std::unique_ptr<Stage> authorize() { return std::make_unique<Authorize>(); }

}  // namespace stages
}  // namespace gateway::pipeline
