#include "tools/schema/schema.h"

#include <algorithm>
#include <utility>

#include "tools/schema/compiler.h"
#include "tools/schema/validator.h"

namespace tools::schema {
namespace {

Violation describe(Exhausted why, const ValidateLimits& limits) {
  switch (why) {
    case Exhausted::hops:
      return {"", "$ref",
              "a value that is checked within " + std::to_string(limits.ref_hops) + " references",
              "more"};
    case Exhausted::depth:
      return {"", "depth", "a value that is nested less deeply", "too many levels"};
    default:
      return {"", "steps",
              "a value that is checked within " + std::to_string(limits.steps) + " steps", "more"};
  }
}

}  // namespace

base::Result<Schema> Schema::compile(const base::Json& document, const CompileOptions& options) {
  auto program = compile_program(document, options);
  if (!program) return program.error();
  return Schema(*std::move(program));
}

std::vector<Violation> Schema::validate(const base::Json& instance,
                                        const ValidateLimits& limits) const {
  return explain(instance, limits, false);
}

Verdict Schema::decide(const base::Json& instance, const ValidateLimits& limits) const {
  Validator validator(limits);
  if (validator.run(program_->nodes.front(), instance)) return Verdict::valid;
  return validator.exhausted() == Exhausted::no ? Verdict::invalid : Verdict::undecided;
}

std::vector<Violation> Schema::explain(const base::Json& instance, const ValidateLimits& limits,
                                       bool located) const {
  const Node& root = program_->nodes.front();
  Validator decides(limits);
  if (decides.run(root, instance)) return {};
  if (decides.exhausted() != Exhausted::no) return {describe(decides.exhausted(), limits)};
  ValidateLimits reporting = limits;
  reporting.violations = std::max<std::size_t>(limits.violations, 1);
  std::vector<Violation> violations;
  Validator tells(reporting, &violations);
  if (located) tells.locate_in(*program_);
  tells.run(root, instance);
  // Telling takes more steps than deciding and may run out of them: what was found until then is
  // told.
  if (violations.empty()) violations.push_back(describe(tells.exhausted(), limits));
  return violations;
}

}  // namespace tools::schema
