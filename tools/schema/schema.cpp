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
  const Node* root = &(*program)->nodes.front();
  return Schema(std::shared_ptr<const Node>(*std::move(program), root));
}

std::vector<Violation> Schema::validate(const base::Json& instance,
                                        const ValidateLimits& limits) const {
  Validator decide(limits);
  if (decide.run(*root_, instance)) return {};
  if (decide.exhausted() != Exhausted::no) return {describe(decide.exhausted(), limits)};
  ValidateLimits reporting = limits;
  reporting.violations = std::max<std::size_t>(limits.violations, 1);
  std::vector<Violation> violations;
  Validator explain(reporting, &violations);
  explain.run(*root_, instance);
  // Telling takes more steps than deciding and may run out of them: what was found until then is
  // told.
  if (violations.empty()) violations.push_back(describe(explain.exhausted(), limits));
  return violations;
}

}  // namespace tools::schema
