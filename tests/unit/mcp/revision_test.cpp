#include "mcp/revision.h"

#include <catch2/catch.hpp>

namespace revision_test {

using mcp::Revision;

TEST_CASE("every revision is read from the text it is written as", "[revision]") {
  for (const Revision revision :
       {Revision::r2024_11_05, Revision::r2025_03_26, Revision::r2025_06_18, Revision::r2025_11_25,
        Revision::r2026_07_28}) {
    CHECK(mcp::parse_revision(mcp::to_string(revision)) == revision);
  }
  CHECK(mcp::to_string(Revision::r2024_11_05) == "2024-11-05");
  CHECK(mcp::to_string(Revision::r2025_11_25) == "2025-11-25");
  CHECK(mcp::to_string(Revision::r2026_07_28) == "2026-07-28");
}

TEST_CASE("an unknown revision is none", "[revision]") {
  CHECK_FALSE(mcp::parse_revision(""));
  CHECK_FALSE(mcp::parse_revision("2026-07-29"));
  CHECK_FALSE(mcp::parse_revision("2026-07-28 "));
  CHECK_FALSE(mcp::parse_revision("DRAFT-2026-v1"));
}

TEST_CASE("only the stateless revision is modern and types its results", "[revision]") {
  CHECK(mcp::era_of(Revision::r2026_07_28) == mcp::Era::modern);
  CHECK(mcp::era_of(Revision::r2025_11_25) == mcp::Era::legacy);
  CHECK(mcp::has_result_type(Revision::r2026_07_28));
  CHECK_FALSE(mcp::has_result_type(Revision::r2025_11_25));
}

TEST_CASE("the version header exists since 2025-06-18", "[revision]") {
  CHECK(mcp::has_version_header(Revision::r2025_06_18));
  CHECK_FALSE(mcp::has_version_header(Revision::r2025_03_26));
}

}  // namespace revision_test
