#include <utility>

#include "gateway/pipeline/checks.h"
#include "gateway/pipeline/idempotency_key.h"
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

// Before the others: a key that the caller chose could make one call pass for another.
void refuse_key(const Call& call, std::vector<tools::schema::Violation>& violations) {
  const std::string& argument = call.entry->key_argument;
  if (base::find_member(call.arguments.value(), argument) == nullptr) return;
  std::string pointer;
  base::append_pointer(pointer, argument);
  violations.insert(violations.begin(),
                    {std::move(pointer), "key_argument",
                     "nothing, because the gateway makes this key itself", "a value"});
}

// The arguments as they would be sent, the key among them. Callers are not shown that there is one.
std::vector<tools::schema::Violation> find_violations(const Call& call) {
  const tools::schema::Schema& schema = *call.entry->tool->input;
  if (!call.is_keyed()) return schema.validate(call.arguments.value());
  tools::schema::ValidateLimits limits;
  limits.untold = call.entry->key_argument;
  auto violations = schema.validate(keyed_arguments(call), limits);
  refuse_key(call, violations);
  return violations;
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
  // Policy changed meanwhile: without its key the call might be carried out twice.
  if (!call.key.empty() && !call.is_keyed()) {
    return refused("no_key_argument",
                   "An earlier attempt of this call may have been carried out, and the policy does "
                   "not give the tool a key any more. Nothing was sent again.");
  }
  // Resolve finds only tools that are not in quarantine, and these have a schema.
  const auto violations = find_violations(call);
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
