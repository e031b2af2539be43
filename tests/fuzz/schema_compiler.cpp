// Whatever a schema is, compiling it ends, says why it is refused, and does the same twice.
#include "base/json.h"
#include "tests/fuzz/fuzz.h"
#include "tools/schema/schema.h"

using tools::schema::Schema;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = base::parse_json(fuzz::text_of(data, size));
  if (!document) return 0;
  const auto schema = Schema::compile(document->value);
  const auto again = Schema::compile(document->value);
  fuzz::require(schema.ok() == again.ok(), "compiling is deterministic");
  if (!schema) {
    fuzz::require(!schema.error().message.empty(), "a refusal says why");
    fuzz::require(schema.error().message == again.error().message, "refusals are deterministic");
    return 0;
  }
  // A document is a fine instance: it has the names that its schema speaks of.
  const auto violations = schema->validate(document->value);
  fuzz::require(violations.size() == again->validate(document->value).size(),
                "validation is deterministic");
  return 0;
}
