#include "mcp/server.h"

#include <catch2/catch.hpp>

namespace server_test {

using mcp::Era;
using mcp::MethodTable;
using mcp::Served;

TEST_CASE("a method exists only in its eras and under its exact name", "[server]") {
  const MethodTable<int> table({{"server/discover", Served::modern_only, nullptr},
                                {"ping", Served::legacy_only, nullptr},
                                {"tools/list", Served::always, nullptr}});
  CHECK(table.find(Era::modern, "server/discover") != nullptr);
  CHECK(table.find(Era::legacy, "server/discover") == nullptr);
  CHECK(table.find(Era::modern, "ping") == nullptr);
  CHECK(table.find(Era::legacy, "ping") != nullptr);
  CHECK(table.find(Era::modern, "tools/list") != nullptr);
  CHECK(table.find(Era::legacy, "tools/list") != nullptr);
  CHECK(table.find(Era::legacy, "Tools/list") == nullptr);
}

TEST_CASE("an unknown method is HTTP 404 for modern clients and in band for legacy ones",
          "[server]") {
  const mcp::Request request{std::string("a"), "nope", {}};
  CHECK(mcp::method_not_found(Era::modern, request).http_status == 404);
  CHECK(mcp::method_not_found(Era::legacy, request).http_status == 200);
  CHECK(mcp::method_not_found(Era::legacy, request).body.find("-32601") != std::string::npos);
}

}  // namespace server_test
