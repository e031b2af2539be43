// What the parser accepts survives writing and parsing again, unchanged.
#include "base/json.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = base::parse_json(fuzz::text_of(data, size));
  if (!parsed) {
    fuzz::require(!parsed.error().message.empty(), "a refusal says why");
    return 0;
  }
  const std::string written = base::dump_json(parsed->value);
  const auto again = base::parse_json(written);
  fuzz::require(again.ok(), "what was written is JSON");
  fuzz::require(again->value == parsed->value, "what was written is what was parsed");
  fuzz::require(base::dump_json(again->value) == written, "writing is stable");
  fuzz::require(parsed->inexact || !again->inexact, "an exact number stays exact");
  return 0;
}
