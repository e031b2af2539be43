// A schema and an instance, parted by an empty line: validation ends, and telling agrees with
// deciding.
#include "base/json.h"
#include "tests/fuzz/fuzz.h"
#include "tools/schema/schema.h"

using tools::schema::OutputFormat;
using tools::schema::Schema;
using tools::schema::ValidateLimits;
using tools::schema::Verdict;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t gap = text.find("\n\n");
  if (gap == std::string_view::npos) return 0;
  const auto document = base::parse_json(text.substr(0, gap));
  const auto instance = base::parse_json(text.substr(gap + 2));
  if (!document || !instance) return 0;
  tools::schema::CompileOptions options;
  options.assert_format = true;
  const auto schema = Schema::compile(document->value, options);
  if (!schema) return 0;
  const auto all = schema->validate(instance->value);
  ValidateLimits one;
  one.violations = 1;
  fuzz::require(all.empty() == schema->validate(instance->value, one).empty(),
                "how much is told does not change the verdict");
  const Verdict verdict = schema->decide(instance->value);
  fuzz::require(all.empty() == (verdict == Verdict::valid), "what is told is what was decided");
  for (const auto format : {OutputFormat::flag, OutputFormat::basic, OutputFormat::detailed})
    fuzz::require(schema->output(instance->value, format)["valid"] == (verdict == Verdict::valid),
                  "the outputs say what was decided");
  fuzz::require(all.size() <= ValidateLimits().violations, "no more is told than asked for");
  for (const auto& violation : all)
    fuzz::require(!to_string(violation).empty() && !violation.keyword.empty(), "words are there");
  return 0;
}
