#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "base/json.h"
#include "tools/schema/schema.h"

namespace tools::schema {
namespace {

using base::Json;

const std::filesystem::path suite =
    SLUICE_SOURCE_DIR "/conformance/data/json-schema-test-suite/tests";

// Groups, by file, whose schema must be refused.
using Refused = std::map<std::string, std::set<std::string>>;

// What the drafts have in common: references to other documents, the metaschema among them.
const Refused remote_documents = {
    {"ref", {"remote ref, containing refs itself"}},
    {"refRemote",
     {"Location-independent identifier in remote ref", "base URI change",
      "base URI change - change folder", "base URI change - change folder in subschema",
      "fragment within remote ref", "ref within remote ref", "remote ref",
      "retrieved nested refs resolve relative to their URI not $id", "root ref in remote ref"}},
};

const std::set<std::string> custom_metaschemas = {
    "ignore unrecognized optional vocabulary",
    "schema that uses custom metaschema with with no validation vocabulary"};

Json read(const std::filesystem::path& path) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto parsed = base::parse_json(text);
  INFO(path);
  REQUIRE(parsed.ok());
  return std::move(parsed->value);
}

// The files of older drafts do not say their draft in every schema; a tool that uses one has to.
Json with_dialect(const Json& schema, const std::string& dialect) {
  if (!schema.is_object() || schema.contains("$schema")) return schema;
  Json named = schema;
  named["$schema"] = dialect;
  return named;
}

std::size_t run_group(const Json& group, const std::string& dialect, bool refused) {
  INFO(base::dump_json(group["schema"]));
  const auto schema = Schema::compile(with_dialect(group["schema"], dialect));
  INFO((schema ? "" : schema.error().message));
  CHECK(schema.ok() != refused);
  if (!schema) return 0;
  for (const Json& test : group["tests"]) {
    INFO(*base::find_string(test, "description"));
    INFO(base::dump_json(test["data"]));
    const bool valid = schema->validate(test["data"]).empty();
    CHECK(valid == (test["valid"] == true));
  }
  return group["tests"].size();
}

std::size_t run_draft(const std::string& draft, const std::string& dialect,
                      const Refused& refused) {
  std::size_t tests = 0;
  for (const auto& entry : std::filesystem::directory_iterator(suite / draft)) {
    if (entry.path().extension() != ".json") continue;
    const std::string file = entry.path().stem();
    for (const Json& group : read(entry.path())) {
      const std::string description = *base::find_string(group, "description");
      INFO(file << ": " << description);
      const auto listed = refused.find(file);
      const bool expected = listed != refused.end() && listed->second.count(description) > 0;
      tests += run_group(group, dialect, expected);
    }
  }
  return tests;
}

}  // namespace

TEST_CASE("every required test of draft 2020-12 is answered as the official suite says",
          "[schema]") {
  Refused refused = remote_documents;
  refused["refRemote"].insert(
      {"$ref to $ref finds detached $anchor", "anchor within remote ref",
       "remote HTTP ref with different $id", "remote HTTP ref with different URN $id",
       "remote HTTP ref with nested absolute ref", "remote ref with ref to defs"});
  refused["defs"] = {"validate definition against metaschema"};
  refused["vocabulary"] = custom_metaschemas;
  refused["dynamicRef"] = {"$ref and $dynamicAnchor are independent of order - $defs first",
                           "$ref and $dynamicAnchor are independent of order - $ref first",
                           "$ref to $dynamicRef finds detached $dynamicAnchor",
                           "strict-tree schema, guards against misspelled properties",
                           "tests for implementation dynamic anchor and reference link"};
  CHECK(run_draft("draft2020-12", "https://json-schema.org/draft/2020-12/schema", refused) == 1246);
}

TEST_CASE("every required test of draft 2019-09 is answered as the official suite says",
          "[schema]") {
  Refused refused = remote_documents;
  refused["refRemote"].insert(
      {"$ref to $ref finds detached $anchor", "anchor within remote ref",
       "remote HTTP ref with different $id", "remote HTTP ref with different URN $id",
       "remote HTTP ref with nested absolute ref", "remote ref with ref to defs"});
  refused["defs"] = {"validate definition against metaschema"};
  refused["vocabulary"] = custom_metaschemas;
  CHECK(run_draft("draft2019-09", "https://json-schema.org/draft/2019-09/schema", refused) == 1219);
}

TEST_CASE("every required test of draft 7 is answered as the official suite says", "[schema]") {
  Refused refused = remote_documents;
  refused["refRemote"].insert(
      {"$ref to $ref finds location-independent $id", "remote ref with ref to definitions"});
  refused["definitions"] = {"validate definition against metaschema"};
  CHECK(run_draft("draft7", "http://json-schema.org/draft-07/schema#", refused) == 900);
}

}  // namespace tools::schema
