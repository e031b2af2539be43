// Runs JSONTestSuite (Seriot) and texts that were made to hurt.
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/json.h"

namespace json_suite_test {

using base::Code;
using base::parse_json;

namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::filesystem::path> suite_files(char kind) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path root =
      SLUICE_SOURCE_DIR "/conformance/data/json-parsing/test_parsing";
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.path().filename().string().front() == kind) files.push_back(entry.path());
  }
  return files;
}

// Bounds wide enough that only the grammar decides.
constexpr base::JsonLimits wide{.depth = 1000, .number = 1000};

struct Timed {
  base::Result<base::ParsedJson> result;
  double milliseconds;
};

// Processor time, so that a busy machine fails no test; the bounds leave room for sanitizers.
Timed timed_parse(const std::string& text) {
  const std::clock_t start = std::clock();
  auto result = parse_json(text, {.values = 1'000'000});
  return {std::move(result), 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC};
}

}  // namespace

TEST_CASE("what the suite calls valid is accepted, except duplicate names", "[json][suite]") {
  const auto files = suite_files('y');
  REQUIRE(files.size() == 95);
  for (const auto& file : files) {
    INFO(file.filename());
    // Allowed by the grammar, refused here: RFC 8259 §4 leaves duplicates to the implementation.
    const bool duplicate = file.filename().string().starts_with("y_object_duplicated_key");
    CHECK(parse_json(read_file(file), wide).ok() != duplicate);
  }
}

TEST_CASE("what the suite calls invalid is refused", "[json][suite]") {
  const auto files = suite_files('n');
  REQUIRE(files.size() == 188);
  for (const auto& file : files) {
    INFO(file.filename());
    CHECK_FALSE(parse_json(read_file(file), wide));
  }
}

TEST_CASE("what the suite leaves open gets an answer and survives writing", "[json][suite]") {
  const auto files = suite_files('i');
  REQUIRE(files.size() == 35);
  for (const auto& file : files) {
    INFO(file.filename());
    const auto parsed = parse_json(read_file(file), wide);
    if (parsed) CHECK(parse_json(base::dump_json(parsed->value), wide)->value == parsed->value);
  }
}

TEST_CASE("a million opening brackets are refused at the bound", "[json][hostile]") {
  const auto refused = parse_json(std::string(1'000'000, '['));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::limit);
}

TEST_CASE("many nested objects are refused at the bound", "[json][hostile]") {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "{\"\":";
  const auto refused = parse_json(text);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::limit);
}

TEST_CASE("a long number costs time in proportion to its length only", "[json][hostile]") {
  CHECK(timed_parse("0." + std::string(300'000, '7')).milliseconds < 500);
  CHECK(timed_parse(std::string(300'000, '7')).milliseconds < 500);
  CHECK(timed_parse("1e" + std::string(300'000, '7')).milliseconds < 500);
}

TEST_CASE("thirty thousand distinct names are not quadratic", "[json][hostile]") {
  std::string text = "{";
  for (int i = 0; i < 30'000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  text.back() = '}';
  const Timed parsed = timed_parse(text);
  CHECK(parsed.result->value.size() == 30'000);
  CHECK(parsed.milliseconds < 1000);  // quadratic takes several seconds
}

TEST_CASE("thirty thousand equal names are refused in little time", "[json][hostile]") {
  std::string text = "{";
  for (int i = 0; i < 30'000; ++i) text += "\"same\":0,";
  text.back() = '}';
  const Timed refused = timed_parse(text);
  CHECK_FALSE(refused.result);
  CHECK(refused.milliseconds < 1000);
}

TEST_CASE("growing objects on every level do not multiply the work", "[json][hostile]") {
  // Each object grows after a deep member was placed: copying values on growth would repeat the
  // deep part.
  std::string text;
  for (int i = 0; i < 60; ++i) text += "{\"deep\":";
  text += "[0";
  for (int i = 0; i < 20'000; ++i) text += ",[]";
  text += "]";
  for (int i = 0; i < 60; ++i) text += R"(,"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8})";
  const Timed parsed = timed_parse(text);
  CHECK(parsed.result);
  CHECK(parsed.milliseconds < 1000);
}

}  // namespace json_suite_test
