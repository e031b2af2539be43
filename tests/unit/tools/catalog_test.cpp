#include "tools/catalog.h"

#include <catch2/catch.hpp>

#include "tests/support/server_tools.h"

namespace catalog_test {

using tests::echo_definition;
using tests::server_tools;
using tools::Catalog;

TEST_CASE("a tool is found by its exported name and by its id", "[catalog]") {
  const Catalog catalog({server_tools("files", {echo_definition("read")})});
  REQUIRE(catalog.find("files__read") != nullptr);
  CHECK(catalog.find("files__read")->id() == "files/read");
  CHECK(catalog.find_id("files", "read") == catalog.find("files__read"));
  CHECK(catalog.find("read") == nullptr);
}

TEST_CASE("a quarantined tool is known by its id but cannot be called", "[catalog]") {
  const Catalog catalog({server_tools("files", {{{"name", "broken"}}})});
  CHECK(catalog.find("files__broken") == nullptr);
  REQUIRE(catalog.find_id("files", "broken") != nullptr);
  CHECK_FALSE(catalog.find_id("files", "broken")->quarantine.empty());
}

TEST_CASE("of two equal bare names the server listed first keeps it", "[catalog]") {
  auto first =
      std::make_shared<tools::ServerTools>(*server_tools("one", {echo_definition("read")}));
  auto second =
      std::make_shared<tools::ServerTools>(*server_tools("two", {echo_definition("read")}));
  first->prefix = second->prefix = "";
  const Catalog catalog({first, second});
  CHECK(catalog.find("read")->server() == "one");
  CHECK(catalog.find("two__read")->server() == "two");
}

TEST_CASE("no name is taken from a tool that has it, whatever it looks like", "[catalog]") {
  // The names that the second server's tool would come out with are tools of the first.
  std::vector<base::Json> taken{echo_definition("read"), echo_definition("two__read")};
  for (unsigned attempt = 0; attempt < 3; ++attempt) {
    taken.push_back(echo_definition(tools::distinct_name("two", "two", "read", 50, attempt)));
  }
  auto first = std::make_shared<tools::ServerTools>(*server_tools("one", taken));
  auto second =
      std::make_shared<tools::ServerTools>(*server_tools("two", {echo_definition("read")}));
  first->prefix = second->prefix = "";
  const Catalog catalog({first, second});
  std::size_t found = 0;
  for (const auto& entry : catalog.entries()) found += catalog.find(entry.exported) == &entry ? 1U : 0U;
  CHECK(found == 6);
}

TEST_CASE("listings keep the vendor's members and order under the exported name", "[catalog]") {
  const auto definition = base::Json::parse(
      R"({"title":"T","name":"read","x-vendor":{"b":1,"a":2},"inputSchema":{"type":"object"}})");
  const Catalog catalog({server_tools("files", {definition})});
  CHECK(
      catalog.find("files__read")->listing ==
      R"({"title":"T","name":"files__read","x-vendor":{"b":1,"a":2},"inputSchema":{"type":"object"}})");
}

TEST_CASE("a tool that is given a key is listed without its argument, under the vendor's hash",
          "[catalog]") {
  const auto server = server_tools("files", {echo_definition("read"), echo_definition("write")});
  const Catalog catalog({server}, tools::usual_exported_name, {{"files/write", "message"}});
  const auto* write = catalog.find("files__write");
  REQUIRE(write != nullptr);
  CHECK(write->key_argument == "message");
  CHECK(write->listing.find("message") == std::string::npos);
  CHECK(write->shown()["inputSchema"].contains("required") == false);
  CHECK(write->tool->definition == echo_definition("write"));
  CHECK(catalog.find("files__read")->listing.find("message") != std::string::npos);
}

TEST_CASE("a tool that cannot be given the key that it is to have is quarantined with the reason",
          "[catalog]") {
  const Catalog catalog({server_tools("files", {echo_definition("write"), {{"name", "broken"}}})},
                        tools::usual_exported_name,
                        {{"files/write", "nothing"}, {"files/broken", "message"}});
  CHECK(catalog.find("files__write") == nullptr);
  REQUIRE(catalog.find_id("files", "write") != nullptr);
  CHECK(catalog.find_id("files", "write")->quarantine ==
        "the policy's key_argument 'nothing' is no property of its inputSchema");
  CHECK(catalog.find_id("files", "broken")->quarantine ==
        "its inputSchema is missing or no object");
}

TEST_CASE("a tool that is withheld is not offered, and its own reason goes before", "[catalog]") {
  const Catalog catalog({server_tools("files", {echo_definition("write"), {{"name", "broken"}}})},
                        tools::usual_exported_name, {},
                        {{"files/write", "nobody can ask"}, {"files/broken", "nobody can ask"}});
  CHECK(catalog.find("files__write") == nullptr);
  CHECK(catalog.find_id("files", "write")->quarantine == "nobody can ask");
  CHECK(catalog.find_id("files", "broken")->quarantine ==
        "its inputSchema is missing or no object");
  CHECK(catalog.withheld().size() == 2);
}

}  // namespace catalog_test
