#include "gateway/pipeline/checks.h"
#include "gateway/pipeline/stages.h"

namespace gateway::pipeline {
namespace {

Outcome invalid_arguments(const std::vector<tools::schema::Violation>& violations) {
  std::string text;
  for (const auto& violation : violations) {
    if (!text.empty()) text.push_back('\n');
    text.append(to_string(violation));
  }
  return refused("invalid_arguments", std::move(text), violations.front().keyword);
}

}  // namespace

std::optional<Outcome> validate_call(const Call& call) {
  // Arguments that leave are the arguments that were checked: a number that would come out
  // changed is refused.
  if (call.inexact) {
    return refused("inexact_number",
                   *call.inexact +
                       ": expected a number that a 64-bit integer or a double holds exactly, "
                       "found one with more digits");
  }
  // Resolve finds only tools that are not in quarantine, and these have a schema.
  const auto violations = call.entry->tool->input->validate(call.arguments.value());
  if (!violations.empty()) return invalid_arguments(violations);
  return std::nullopt;
}

namespace stages {
namespace {

class Validate final : public Stage {
 public:
  base::Task<Outcome> handle(Call& call, Next next) override {
    if (call.is_tool()) {  // nothing else has a schema
      if (auto refusal = validate_call(call)) return base::done(*std::move(refusal));
    }
    return next(call);
  }
};

}  // namespace

std::unique_ptr<Stage> validate() { return std::make_unique<Validate>(); }

}  // namespace stages
}  // namespace gateway::pipeline
