#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tools/schema/schema.h"

namespace tools::schema {

inline base::Json json(std::string_view text) {
  auto parsed = base::parse_json(text);
  REQUIRE(parsed.ok());
  return std::move(parsed->value);
}

inline Schema compiled(std::string_view text) {
  auto schema = Schema::compile(json(text));
  INFO((schema ? "" : schema.error().message));
  REQUIRE(schema.ok());
  return *std::move(schema);
}

inline bool accepts(std::string_view schema, std::string_view instance) {
  return compiled(schema).validate(json(instance)).empty();
}

inline std::vector<Violation> violations(std::string_view schema, std::string_view instance) {
  return compiled(schema).validate(json(instance));
}

/// Each violation as `KEYWORD POINTER: expected …, found …`.
inline std::vector<std::string> lines(std::string_view schema, std::string_view instance) {
  std::vector<std::string> all;
  for (const Violation& violation : violations(schema, instance))
    all.push_back(violation.keyword + " " + to_string(violation));
  return all;
}

/// The message with which a schema is refused.
inline std::string refusal(std::string_view schema) {
  const auto result = Schema::compile(json(schema));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == base::Code::invalid);
  return result.error().message;
}

}  // namespace tools::schema
