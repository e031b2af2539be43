#include "gateway/server_config.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/support/config_error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace server_config_test {

using gateway::EraChoice;
using gateway::ServerConfig;

namespace {

std::vector<ServerConfig> servers(const std::string& text) {
  gateway::ServerList list;
  list.read(base::YamlNode::parse(text, "f"), "/");
  return list.take();
}

/// One server `s` with these keys beside its URL.
ServerConfig server(const std::string& keys) {
  return servers("s:\n  url: http://h:1/mcp\n" + keys).at(0);
}

std::string refusal(const std::string& text) {
  return tests::config_error([&] { servers(text); });
}
std::string key_refusal(const std::string& keys) {
  return tests::config_error([&] { server(keys); });
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a server needs a URL and has defaults for the rest", "[config]") {
  const ServerConfig config = server("");
  CHECK(config.name == "s");
  CHECK(config.url == "http://h:1/mcp");
  CHECK(config.era == EraChoice::automatic);
  CHECK_FALSE(config.trusted);
  CHECK_FALSE(config.prefix);
  CHECK(config.timeout == std::chrono::minutes(5));
  CHECK(config.disabled.empty());
  CHECK(refusal("s: {}\n") == "f:1:4: server s: expected the key 'url' or 'command'");
}

TEST_CASE("every key of a server is read", "[config]") {
  const ServerConfig config = server(
      "  headers: {Authorization: Bearer x, X-A: ''}\n  era: legacy\n  trusted: true\n"
      "  timeout: 1s\n  max_timeout: 2s\n  start_timeout: 3s\n  prefix: gh\n");
  REQUIRE(config.headers.size() == 2);
  CHECK(config.headers[0].first == "Authorization");
  CHECK(config.headers[0].second == "Bearer x");
  CHECK(config.era == EraChoice::legacy);
  CHECK(config.trusted);
  CHECK(config.timeout == std::chrono::seconds(1));
  CHECK(config.max_timeout == std::chrono::seconds(2));
  CHECK(config.start_timeout == std::chrono::seconds(3));
  CHECK(config.prefix == "gh");
  CHECK(server("  era: modern\n").era == EraChoice::modern);
  CHECK(server("  era: auto\n").era == EraChoice::automatic);
}

TEST_CASE("an empty prefix is one, for bare names", "[config]") {
  CHECK(server("  prefix: ''\n").prefix == "");
}

TEST_CASE("servers keep the order of the file", "[config]") {
  const auto list = servers("b: {url: 'http://h/'}\na: {url: 'http://h/'}\n");
  CHECK(list[0].name == "b");
  CHECK(list[1].name == "a");
}

TEST_CASE("names of servers fit into names of tools", "[config]") {
  CHECK(refusal("a__b: {url: 'http://h/'}\n") ==
        "f:1:1: the name of a server is 1 to 32 letters, digits, '_' and '-' without '__'; "
        "found 'a__b'");
  for (const std::string& name : {std::string("''"), std::string("a/b"), std::string("a.b"),
                                  std::string("'a b'"), std::string(33, 'a')}) {
    CHECK(has(refusal(name + ": {url: 'http://h/'}\n"), "the name of a server is 1 to 32"));
  }
  CHECK(refusal(std::string(32, 'a') + ": {url: 'http://h/'}\n").empty());
}

TEST_CASE("prefixes fit into names of tools", "[config]") {
  CHECK(has(key_refusal("  prefix: a__b\n"), "a prefix is empty, or 1 to 32 letters"));
  CHECK(has(key_refusal("  prefix: a/b\n"), "a prefix is empty, or 1 to 32 letters"));
}

TEST_CASE("only http and https URLs are accepted, and refusals do not show them", "[config]") {
  CHECK(refusal("s: {url: 'https://h/mcp'}\n").empty());
  for (const char* url :
       {"h:1/mcp", "ftp://h/", "http://", "http://u:sesame@h/", "http://h/#f", "http://h:0/",
        "http://h:99999/", "http://h /", "\"http://h/\\r\\nX: y\""}) {
    INFO(url);
    const std::string text = *url == '"' ? url : "'" + std::string(url) + "'";
    const std::string message = refusal("s: {url: " + text + "}\n");
    CHECK(has(message, "f:1:10: expected http[s]://HOST[:PORT]/PATH: "));
    CHECK_FALSE(has(message, "sesame"));
  }
}

TEST_CASE("authorities belong to https and must be readable", "[config]") {
  CHECK(has(refusal("s: {url: 'https://h/', ca: none.pem}\n"),
            "no certificates of authorities can be read from "));
  CHECK(has(refusal("s: {command: x, ca: none.pem}\n"), "'ca' goes with 'url'"));
}

TEST_CASE("what arguments take from elsewhere counts as secret", "[config]") {
  setenv("SLUICE_TEST_SECRET", "sesame", 1);
  const auto server =
      servers("s: {command: x, args: ['--token=${env:SLUICE_TEST_SECRET}', plain, '${env:SLUICE_TEST_NONE:-usual}']}\n")
          .at(0);
  CHECK(server.command == std::vector<std::string>{"x", "--token=sesame", "plain", "usual"});
  CHECK(server.secrets == std::vector<std::string>{"sesame"});
}

TEST_CASE("header names are tokens", "[config]") {
  CHECK(key_refusal("  headers: {'a b': x}\n") == "f:3:13: 'a b' is no header name");
  CHECK(has(key_refusal("  headers: {'': x}\n"), "is no header name"));
  CHECK(has(key_refusal("  headers: {'a:': x}\n"), "is no header name"));
}

TEST_CASE("header values hold no control characters, and refusals do not show them", "[config]") {
  CHECK(key_refusal("  headers: {A: \"sesame\\r\\nB: c\"}\n") ==
        "f:3:16: the value of the header 'A' holds a control character");
  CHECK(has(key_refusal("  headers: {A: \"x\\ny\"}\n"), "holds a control character"));
  CHECK(key_refusal("  headers: {A: \"x\\ty ü\"}\n").empty());
}

TEST_CASE("headers that the gateway writes are refused", "[config]") {
  for (const std::string name :
       {"Host", "content-length", "Transfer-Encoding", "Connection", "Content-Type", "ACCEPT",
        "Accept-Encoding", "Mcp-Session-Id", "MCP-Protocol-Version", "Last-Event-ID", "TE",
        "Trailer", "Upgrade", "Keep-Alive", "Expect", "Proxy-Connection"}) {
    CHECK(has(key_refusal("  headers: {" + name + ": x}\n"),
              "the header '" + name + "' is set by the gateway alone"));
  }
}

TEST_CASE("a header set twice in different case is refused", "[config]") {
  CHECK(has(key_refusal("  headers: {X-A: a, x-a: b}\n"), "the header 'x-a' is set twice"));
}

TEST_CASE("an era is one of three words", "[config]") {
  CHECK(key_refusal("  era: sse\n") == "f:3:8: expected auto, modern or legacy; found 'sse'");
}

TEST_CASE("every key of a server over stdio is read", "[config]") {
  tests::TempDir directory;
  tests::write_file(directory / ".env", "# no variable\nexport A=1\nB='two words'\nC=\nnonsense\n");
  gateway::ServerList list;
  list.read(base::YamlNode::parse("s:\n  command: npx\n  args: [-y, pkg]\n  env: {B: over, D: 4}\n"
                                  "  envFile: .env\n  cwd: sub/../x\n  instances: session\n",
                                  "f"),
            directory.path());
  const ServerConfig config = list.take().at(0);
  CHECK(config.is_stdio());
  CHECK(config.command == std::vector<std::string>{"npx", "-y", "pkg"});
  using Variables = std::vector<std::pair<std::string, std::string>>;
  CHECK(config.environment == Variables{{"A", "1"}, {"B", "over"}, {"C", ""}, {"D", "4"}});
  CHECK(config.directory == directory / "x");
  CHECK(config.instances == tools::Instances::session);
  CHECK(config.disabled.empty());
}

TEST_CASE("a server over stdio starts beside its file, shared, unless it says otherwise", "[config]") {
  const ServerConfig config = servers("s: {command: npx}\n").at(0);
  CHECK(config.directory == "/");
  CHECK(config.instances == tools::Instances::shared);
  CHECK(servers("s: {command: npx, instances: agent}\n").at(0).instances == tools::Instances::agent);
}

TEST_CASE("keys of one kind of server are refused for the other", "[config]") {
  CHECK(refusal("s: {url: 'http://h/', command: npx}\n") ==
        "f:1:4: server s: expected either 'url' or 'command', not both");
  for (const std::string key : {"args: []", "env: {}", "envFile: x", "cwd: x", "instances: shared"}) {
    CHECK(has(key_refusal("  " + key + "\n"), "goes with 'command', which server s does not have"));
  }
  CHECK(has(refusal("s: {command: npx, headers: {A: b}}\n"), "'headers' goes with 'url'"));
}

TEST_CASE("mistakes in a server over stdio are refused", "[config]") {
  CHECK(has(refusal("s: {command: ''}\n"), "the command is empty"));
  CHECK(has(refusal("s: {command: x, instances: many}\n"), "expected shared, agent or session; found 'many'"));
  CHECK(has(refusal("s: {command: x, env: {'A=B': c}}\n"), "'A=B' is no name of an environment variable"));
  CHECK(has(refusal("s: {command: x, args: [" + std::string(100'000, 'a') + "]}\n"), "longer than 96k"));
}

TEST_CASE("an envFile that cannot be read turns off its server alone", "[config]") {
  CHECK(has(servers("s: {command: x, envFile: /nonexistent}\n").at(0).disabled,
            "the file /nonexistent cannot be read"));
}

TEST_CASE("a missing value turns off its server alone", "[config]") {
  const auto list = servers(
      "a: {url: 'http://h/', headers: {K: '${env:SLUICE_TEST_NONE}'}}\n"
      "b: {url: 'http://h/'}\n"
      "c: {url: '${file:/nonexistent/url}'}\n");
  CHECK(list[0].disabled == "the environment variable SLUICE_TEST_NONE is not set (f:1:36)");
  CHECK(list[1].disabled.empty());
  CHECK(list[2].disabled ==
        "the file /nonexistent/url cannot be read: No such file or directory (f:3:10)");
}

TEST_CASE("a server that is turned off is still checked", "[config]") {
  CHECK(has(refusal("a: {url: '${env:SLUICE_TEST_NONE}', timeout: soon}\n"), "a duration"));
}

}  // namespace server_config_test
