#include "gateway/client_file.h"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "gateway/client_expand.h"
#include "gateway/server_settings.h"
#include "tests/support/config_error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace client_file_test {

using gateway::ClientFile;
using gateway::ClientReferences;

namespace {

const gateway::ListenAddress gateway_address{"127.0.0.1", 8080};

ClientFile load(const std::string& text, ClientReferences references = ClientReferences::expand) {
  tests::TempDir directory;
  tests::write_file(directory / "mcp.json", text);
  return gateway::load_client_file(directory / "mcp.json", gateway_address, references);
}

gateway::Expanded expand(const std::string& text, bool translate = false) {
  gateway::ClientVariables variables{"/home/x/project", {{"region", "eu"}}, translate};
  return gateway::expand_as_client(base::YamlNode::parse("'" + text + "'", "f"), variables);
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("references expand as in each client", "[client_file]") {
  const Variable variable("SLUICE_TEST_V", "value");
  CHECK(expand("a ${SLUICE_TEST_V} ${env:SLUICE_TEST_V}").text == "a value value");
  CHECK(expand("${SLUICE_TEST_NONE:-x}${env:SLUICE_TEST_NONE:-y}").text == "xy");
  CHECK(expand("${workspaceFolder}${/}${workspaceFolderBasename}${pathSeparator}").text ==
        "/home/x/project/project/");
  CHECK(expand("${SLUICE_TEST_NONE}").missing ==
        "the environment variable SLUICE_TEST_NONE is not set");
  CHECK(expand("${command:pick}").missing == "${command:pick} has no value outside of its client");
  CHECK(expand("$SLUICE_TEST_V").text == "$SLUICE_TEST_V");
}

TEST_CASE("an input is a variable, else its default, else missing", "[client_file]") {
  CHECK(expand("${input:region}").text == "eu");
  CHECK(expand("${input:api-key}").missing ==
        "the input api-key has no value: set SLUICE_INPUT_API_KEY");
  const Variable key("SLUICE_INPUT_API_KEY", "k");
  const Variable region("SLUICE_INPUT_REGION", "us");
  CHECK(expand("${input:api-key}${input:region}").text == "kus");
}

TEST_CASE("references translate to those of sluice.yaml, values are not read", "[client_file]") {
  const Variable variable("SLUICE_TEST_V", "value");
  CHECK(expand("${SLUICE_TEST_V}", true).text == "${env:SLUICE_TEST_V}");
  CHECK(expand("${env:SLUICE_TEST_V:-d}", true).text == "${env:SLUICE_TEST_V:-d}");
  CHECK(expand("${input:region}", true).text == "${env:SLUICE_INPUT_REGION:-eu}");
}

TEST_CASE("comments become blanks outside of strings, and places stay", "[client_file]") {
  CHECK(gateway::blank_comments("{\"a\": \"x//y /* z */ \\\" //\"} // end\n/* 1\n2 */ 3") ==
        "{\"a\": \"x//y /* z */ \\\" //\"}       \n    \n     3");
  CHECK(gateway::blank_comments("/*") == "  ");
  CHECK(gateway::blank_comments("/") == "/");
}

TEST_CASE("both shapes of client files are read, with tabs and trailing commas", "[client_file]") {
  for (const std::string key : {"mcpServers", "servers"}) {
    const ClientFile file = load("{\n\t\"" + key +
                                 "\":{\n\t\t\"a\":{\"command\":\"x\",\"args\":[\"1\",],"
                                 "\n\t\t\"env\":{\"N\":3}},\n\t},\n}\n");
    REQUIRE(file.servers.size() == 1);
    CHECK(file.servers[0].command == std::vector<std::string>{"x", "1"});
    CHECK(file.servers[0].environment[0].second == "3");
  }
}

TEST_CASE("unknown keys are listed and ignored", "[client_file]") {
  const ClientFile file = load(
      R"({"theme": "dark", "mcpServers": {"a": {"command": "x", "alwaysAllow": [], "args": null}}})");
  CHECK(file.ignored == std::vector<std::string>{"theme", "a.alwaysAllow"});
  CHECK(file.servers[0].disabled.empty());
}

TEST_CASE("an entry that cannot be used is off and keeps no other from being served",
          "[client_file]") {
  const ClientFile file = load(R"({"mcpServers": {
    "ftp": {"url": "ftp://h/mcp"}, "old": {"type": "sse", "url": "http://h/sse"}, "none": {},
    "off": {"command": "x", "disabled": true}, "good": {"command": "x"}}})");
  REQUIRE(file.servers.size() == 5);
  for (std::size_t i = 0; i < 4; ++i) {
    INFO(file.servers[i].name);
    CHECK_FALSE(file.servers[i].disabled.empty());
  }
  CHECK(file.servers[4].disabled.empty());
}

TEST_CASE("entries that lead back to the gateway are skipped", "[client_file]") {
  const ClientFile file = load(R"({"mcpServers": {
    "direct": {"url": "http://localhost:8080/mcp"}, "bridge": {"command": "npx", "args": ["mcp-remote", "http://127.0.0.1:8080/mcp/x"]},
    "itself": {"command": "/usr/bin/sluice", "args": ["serve"]}, "other": {"url": "http://127.0.0.1:8081/mcp"}}})");
  REQUIRE(file.servers.size() == 1);
  CHECK(file.servers[0].name == "other");
  CHECK(file.notes.size() == 3);
}

TEST_CASE("names of clients become names of servers, all different", "[client_file]") {
  const ClientFile file =
      load(R"({"mcpServers": {"My Server!": {"command": "x"}, "my__tool": {"command": "x"},
    "My.Server": {"command": "x"}, "a_very_long_name_that_clients_may_well_use": {"command": "x"}, "": {"command": "x"}}})");
  std::vector<std::string> names;
  for (const auto& server : file.servers) names.push_back(server.name);
  CHECK(names == std::vector<std::string>{"My_Server", "my_tool", "My_Server-2",
                                          "a_very_long_name_that_client", "server"});
}

TEST_CASE("a file of a project names the project as its workspace", "[client_file]") {
  tests::TempDir directory;
  for (const std::string place : {".vscode/mcp.json", ".cursor/mcp.json", ".mcp.json"}) {
    tests::write_file(directory / place, R"({"servers": {"a": {"command": "x"}}})");
    const ClientFile file = gateway::load_client_file(directory / place, gateway_address);
    CHECK(file.servers[0].directory == directory.path());
  }
}

TEST_CASE("a file without servers is refused with its place", "[client_file]") {
  const std::string message = tests::config_error([] { load("{\"a\": 1}"); });
  CHECK(message.find(":1:1: expected 'mcpServers' or 'servers'") != std::string::npos);
}

TEST_CASE("a child gets what is configured, and six variables of the gateway's own",
          "[client_file]") {
  const Variable leaked("SLUICE_TEST_SECRET", "x");
  const Variable term("TERM", "dumb");
  const auto environment = gateway::child_environment({{"HOME", "/elsewhere"}, {"A", "1"}});
  for (const std::string& entry : environment)
    CHECK(entry.find("SLUICE_TEST_SECRET") == std::string::npos);
  CHECK(std::count(environment.begin(), environment.end(), "HOME=/elsewhere") == 1);
  CHECK(std::count(environment.begin(), environment.end(), "TERM=dumb") == 1);
  CHECK(std::count(environment.begin(), environment.end(), "A=1") == 1);
}

}  // namespace client_file_test
