// Runs the official JSON-Schema-Test-Suite and prints, per draft, how many tests are answered as it
// says. Ends with 1 when a required test or one of a claimed format is not; other optional tests
// are counted only. Nothing is fetched: the suite's remotes are given to the compiler as documents.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/json.h"
#include "tools/schema/schema.h"

namespace {

using base::Json;
using tools::schema::CompileOptions;
using tools::schema::Documents;
using tools::schema::Schema;
namespace fs = std::filesystem;

struct Draft {
  const char* directory;
  const char* schema;
  bool must_be_there;
};

constexpr Draft drafts[] = {
    {"draft2020-12", "https://json-schema.org/draft/2020-12/schema", true},
    {"draft2019-09", "https://json-schema.org/draft/2019-09/schema", true},
    {"draft7", "http://json-schema.org/draft-07/schema#", true},
    {"draft6", "http://json-schema.org/draft-06/schema#", false},
    {"draft4", "http://json-schema.org/draft-04/schema#", false},
};

struct Count {
  std::size_t passed = 0;
  std::size_t all = 0;
  bool complete() const { return passed == all; }
};

// Strings in the suite may be large; its files are trusted.
Json read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto parsed = base::parse_json(text);
  if (parsed) return std::move(parsed->value);
  std::fprintf(stderr, "%s: %s\n", path.c_str(), parsed.error().message.c_str());
  std::exit(2);
}

std::vector<fs::path> json_files(const fs::path& directory) {
  std::vector<fs::path> files;
  if (!fs::is_directory(directory)) return files;
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// The suite's README: remotes are known under this URL.
Documents read_remotes(const fs::path& directory) {
  Documents documents;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.path().extension() == ".json")
      documents.add(
          "http://localhost:1234/" + fs::relative(entry.path(), directory).generic_string(),
          read(entry.path()));
  return documents;
}

// The files of older drafts do not say their draft in every schema; a tool that uses one has to.
Json with_draft(const Json& schema, const char* draft) {
  if (!schema.is_object() || schema.contains("$schema")) return schema;
  Json named = schema;
  named["$schema"] = draft;
  return named;
}

class Runner {
 public:
  Runner(const Draft& draft, const Documents& documents) : draft_(draft), documents_(documents) {}

  Count run(const fs::path& file, bool assert_format, bool tells) const {
    Count count;
    CompileOptions options;
    options.assert_format = assert_format;
    options.documents = &documents_;
    for (const Json& group : read(file)) {
      const auto schema = Schema::compile(with_draft(group["schema"], draft_.schema), options);
      const std::string place = std::string(draft_.directory) + "/" + file.filename().string() +
                                ": " + *base::find_string(group, "description");
      if (!schema && tells)
        std::printf("  %s: refused: %s\n", place.c_str(), schema.error().message.c_str());
      for (const Json& test : group["tests"]) {
        ++count.all;
        if (schema && schema->validate(test["data"]).empty() == (test["valid"] == true)) {
          ++count.passed;
        } else if (tells) {
          std::printf("  %s: %s\n", place.c_str(), base::find_string(test, "description")->c_str());
        }
      }
    }
    return count;
  }

  Count run_all(const fs::path& directory, bool assert_format, bool tells) const {
    Count sum;
    for (const fs::path& file : json_files(directory)) {
      const Count count = run(file, assert_format, tells);
      sum.passed += count.passed;
      sum.all += count.all;
    }
    return sum;
  }

 private:
  const Draft& draft_;
  const Documents& documents_;
};

int complain_of(const fs::path& suite) {
  std::fprintf(stderr,
               "There is no JSON-Schema-Test-Suite at %s.\n"
               "Give its directory, the one that holds tests/ and remotes/:\n"
               "    conformance/json-schema DIRECTORY\n"
               "It is published at https://github.com/json-schema-org/JSON-Schema-Test-Suite.\n",
               suite.c_str());
  return 2;
}

}  // namespace

int main(int count, char** arguments) {
  const fs::path suite = count > 1 ? arguments[1] : "";
  if (!fs::is_directory(suite / "tests") || !fs::is_directory(suite / "remotes"))
    return complain_of(suite);
  const Documents documents = read_remotes(suite / "remotes");
  bool good = true;
  for (const Draft& draft : drafts) {
    const fs::path directory = suite / "tests" / draft.directory;
    if (!fs::is_directory(directory)) {
      if (draft.must_be_there) return complain_of(directory);
      std::printf("%-13s not in this copy of the suite\n", draft.directory);
      continue;
    }
    const Runner runner(draft, documents);
    const Count required = runner.run_all(directory, false, true);
    const Count formats = runner.run_all(directory / "optional" / "format", true, true);
    const Count others = runner.run_all(directory / "optional", false, false);
    std::printf("%-13s required %zu of %zu, formats %zu of %zu, other optional %zu of %zu\n",
                draft.directory, required.passed, required.all, formats.passed, formats.all,
                others.passed, others.all);
    good = good && required.complete() && formats.complete() && required.all > 0;
  }
  std::printf(good ? "Every required test and every format is answered as the suite says.\n"
                   : "Some are not: see above.\n");
  return good ? 0 : 1;
}
