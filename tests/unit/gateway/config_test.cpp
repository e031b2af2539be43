#include "gateway/config.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/config_error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace config_test {

using gateway::Config;

namespace {

/// A directory with a `sluice.yaml` and one policy file.
class Files {
 public:
  explicit Files(const std::string& config) {
    write("sluice.yaml", config);
    write("p.yaml", "agents: {}\n");
  }

  void write(const std::string& name, const std::string& text) {
    tests::write_file(dir_ / name, text);
  }
  std::filesystem::path operator/(const std::string& name) const { return dir_ / name; }
  Config load() const { return gateway::load_config(dir_ / "sluice.yaml"); }
  std::string directory() const { return dir_.path().string(); }

  /// The error, without the directory before the file's name.
  std::string refusal() const {
    std::string message = tests::config_error([this] { load(); });
    if (message.starts_with(directory() + "/")) message.erase(0, directory().size() + 1);
    return message;
  }

 private:
  tests::TempDir dir_;
};

Config load(const std::string& text) { return Files(text).load(); }
std::string refusal(const std::string& text) { return Files(text).refusal(); }

bool refuses(const std::string& text, const std::string& part) {
  const std::string message = refusal(text);
  INFO(message);
  CHECK(message.find(part) != std::string::npos);
  return message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an almost empty file gives the defaults", "[config]") {
  const Files files("servers: {}\n");
  const Config config = files.load();
  CHECK(config.file == files / "sluice.yaml");
  CHECK(config.listen.host == "127.0.0.1");
  CHECK(config.listen.port == 8080);
  CHECK(config.store == files / "sluice.db");
  CHECK(config.journal == files / "journal.db");
  CHECK(config.admin_socket == files / "sluice.sock");
  CHECK(config.policy_files.empty());
  CHECK(config.hosts.empty());
  CHECK(config.threads == 0);
  CHECK(config.limits.body == 1 << 20);
}

TEST_CASE("listen takes addresses, localhost and port 0", "[config]") {
  CHECK(load("listen: 127.0.0.2:0\n").listen.port == 0);
  CHECK(load("listen: localhost:9000\n").listen.host == "127.0.0.1");
  const auto address = load("listen: '[::1]:8080'\n").listen;
  CHECK(address.host == "::1");
  CHECK(address.port == 8080);
}

TEST_CASE("what is no address is refused", "[config]") {
  CHECK(refusal("listen: 8080\n") ==
        "sluice.yaml:1:9: expected HOST:PORT, HOST an IPv4 address, an IPv6 address in brackets "
        "or localhost; found '8080'");
  for (const char* text :
       {"':8080'", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "::1:8080", "'[127.0.0.1]:80'",
        "'[::1]'", "example.test:80", "127.0.0.1:80x", "'127.0.0.1:'", "'[localhost]:80'"}) {
    refuses(std::string("listen: ") + text + "\n", "expected HOST:PORT");
  }
}

TEST_CASE("without policies only loopback is served", "[config]") {
  CHECK(refusal("listen: 0.0.0.0:80\nhosts: [gw.example]\n") ==
        "sluice.yaml:1:9: without 'policies' Sluice serves loopback only: write 'policies', or "
        "listen on 127.0.0.1");
  refuses("listen: '[::]:80'\nhosts: [a]\n", "serves loopback only");
  refuses("listen: '[::ffff:127.0.0.1]:80'\nhosts: [a]\n", "serves loopback only");
}

TEST_CASE("an address that others reach needs their names for it", "[config]") {
  CHECK(refusal("listen: 0.0.0.0:80\npolicies: [p.yaml]\n") ==
        "sluice.yaml:1:9: others can reach this address: write 'public_url' or 'hosts' with the "
        "names by which they do");
  CHECK(load("listen: 0.0.0.0:80\npolicies: [p.yaml]\nhosts: [gw.example]\n").hosts.size() == 1);
  CHECK(load("listen: 10.0.0.1:80\npolicies: [p.yaml]\npublic_url: https://gw.example\n")
            .hosts.size() == 1);
}

TEST_CASE("hosts and the host of public_url are the names of the gateway", "[config]") {
  const Config config =
      load("public_url: https://GW.example:8443/\nhosts: [b.example, '[fe80::1]']\n");
  CHECK(config.public_url == "https://GW.example:8443");
  CHECK(config.hosts == std::vector<std::string>{"b.example", "[fe80::1]", "gw.example"});
  CHECK(load("public_url: http://a\nhosts: [A]\n").hosts == std::vector<std::string>{"a"});
}

TEST_CASE("public_url is a scheme, a host and a port", "[config]") {
  for (const char* text : {"gw.example", "ftp://gw", "https://", "https://u@gw", "https://gw#f",
                           "https://gw/mcp", "https://gw?x", "https://gw/?x", "https://gw:0"}) {
    refuses(std::string("public_url: '") + text + "'\n", "expected http://HOST[:PORT] or https");
  }
}

TEST_CASE("hosts are names without ports", "[config]") {
  for (const char* text :
       {"gw:80", "'*'", "''", "http://gw", "gw/x", "a b", "u@gw", "gw#f", "'::1'"}) {
    refuses(std::string("hosts: [") + text + "]\n", "expected a host name without a port");
  }
}

TEST_CASE("paths are relative to the file, absolute and normal", "[config]") {
  const Files files("store: sqlite:./state/../data/s.db\njournal: sqlite:j.db\n");
  const Config config = files.load();
  CHECK(config.store == files / "data/s.db");
  CHECK(config.journal == files / "j.db");
  CHECK(config.admin_socket == files / "data/s.sock");
  CHECK(load("store: sqlite:/var/x/s.db\n").journal == "/var/x/journal.db");
}

TEST_CASE("a store is a file or Redis, a journal a file", "[config]") {
  CHECK(refusal("journal: redis://:password@127.0.0.1:6379/0\n") ==
        "sluice.yaml:1:10: 'redis://' is not supported yet: a journal on Redis is not part of this "
        "build");
  refuses("store: rediss://h\n", "'rediss://' is not supported yet");
  const std::string refused = refusal("store: redis://:password@redis:6379/0\n");
  CHECK(refused.find("ADDRESS is an IP address or localhost") != std::string::npos);
  CHECK(refused.find("password@") == std::string::npos);
  refuses("store: redis+unix://run/redis.sock\n", "expected redis+unix:///PATH");
  const std::string url = "approvals: {webhook: {url: 'https://h/x', secret: ";
  for (const std::string secret : {"topsecret", "whsec_c2hvcnQ=", "whsec_%%%%", "''"}) {
    const std::string told = refusal(url + secret + "}}\n");
    CHECK(told.find("expected whsec_ and 24 to 64 bytes in base64") != std::string::npos);
    CHECK(told.find("topsecret") == std::string::npos);
  }
  const std::string good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  refuses(url + good + ", events: [creatd]}}\n", "expected created, escalated or decided");
  refuses(url + good + ", events: []}}\n", "at least one");
  refuses(url + good + ", ca: nosuch.pem}}\n", "nosuch.pem");
  refuses("approvals: {webhook: {url: 'ftp://h/x', secret: " + good + "}}\n", "expected http[s]://");
  refuses("approvals: {webhook: {url: 'http://h/x'}}\n", "a webhook needs 'url' and 'secret'");
  refuses("approvals: {}\n", "expected the key 'webhook'");
  refuses("store_down: {limits: local}\n", "'store_down' is for a store on Redis");
  refuses("store: redis://localhost\nstore_down: {budgets: allow}\n", "expected deny");
  refuses("store: redis://localhost\nstore_down: {approvals: local}\n", "expected deny");
  refuses("store: redis://localhost\nstore_down: {runs: fail}\n", "expected pause");
  for (const std::string keys : {"cached", "cached 15", "cached -1m", "forever", "cached 1m 1s", "cached 500ms"}) {
    refuses("store: redis://localhost\nstore_down: {keys: " + keys + "}\n", "'cached 15m'");
  }
  refuses("store: s.db\n", "expected sqlite:PATH");
  refuses("store: 'sqlite:'\n", "the path names no file");
  refuses("store: sqlite:dir/\n", "the path names no file");
  refuses("store: sqlite:..\n", "the path names no file");
}

TEST_CASE("store and journal are two files", "[config]") {
  refuses("store: sqlite:a.db\njournal: sqlite:./a.db\n", "sluice.yaml:2:10: the store and the");
  refuses("store: sqlite:journal.db\n", "sluice.yaml:1:8: the store and the journal must be two");
}

TEST_CASE("a store whose socket's path would be too long is refused", "[config]") {
  const std::string fits = "/" + std::string(101, 'd') + ".db";  // with .sock: 107 bytes
  CHECK(load("store: 'sqlite:" + fits + "'\n").admin_socket.string().size() == 107);
  refuses("store: 'sqlite:/d" + fits.substr(1) + "'\n",
          "sluice.yaml:1:8: the admin socket's path is 108 bytes long");
}

TEST_CASE("policies are patterns, pattern by pattern and sorted", "[config]") {
  Files files("policies: [z/*.yaml, a.yaml, '*/1.yaml']\n");
  for (const char* name : {"z/2.yaml", "z/1.yaml", "a.yaml", "z/.hidden.yaml", "z/x.txt"}) {
    files.write(name, "");
  }
  CHECK(files.load().policy_files == std::vector<std::filesystem::path>{
                                         files / "z/1.yaml", files / "z/2.yaml", files / "a.yaml"});
}

TEST_CASE("a pattern in a directory with a pattern's characters matches there", "[config]") {
  const tests::TempDir dir;
  tests::write_file(dir / "[a]*/sluice.yaml", "policies: ['*.y*ml']\n");
  CHECK(gateway::load_config(dir / "[a]*/sluice.yaml").policy_files.size() == 1);
}

TEST_CASE("a pattern that matches no file is an error", "[config]") {
  const Files files("policies: [none/*.yaml]\n");
  CHECK(files.refusal() ==
        "sluice.yaml:1:12: the pattern 'none/*.yaml' matches no file in " + files.directory());
  refuses("policies: []\n", "expected at least one pattern; found an empty list");
  refuses("policies: ['']\n", "a pattern must not be empty");
  refuses("policies: [.]\n", "matches the directory");
  refuses("policies: p.yaml\n", "expected a list; found text");
  refuses("include: [none.yaml]\n", "matches no file");
}

TEST_CASE("limits are set by name", "[config]") {
  const auto limits =
      load("limits: {body: 2M, head_timeout: 3s, json_depth: 32, json_key: 128, connections: 5}\n")
          .limits;
  CHECK(limits.body == 2 << 20);
  CHECK(limits.head_timeout.get() == std::chrono::seconds(3));
  CHECK(limits.json.depth == 32);
  CHECK(limits.json.key == 128);
  CHECK(limits.connections == 5);
  CHECK(limits.head == 16 << 10);
}

TEST_CASE("every limit can be set", "[config]") {
  const auto limits = load(R"(limits:
  request_line: 1
  head: 2
  header_fields: 3
  header_field: 4
  body: 5
  head_timeout: 6ms
  body_grace: 7ms
  body_rate: 8
  idle_timeout: 9ms
  write_timeout: 10ms
  connections: 11
  calls_in_flight: 12
  sessions_per_agent: 13
  session_idle: 14ms
  json_depth: 15
  json_values: 16
  json_string: 17
  json_key: 18
  json_number: 19
  result: 20
  upstream_head: 21
  upstream_tools: 22
  upstream_pages: 23
  tool_definition: 24
  upstream_connections: 25
  upstream_prompts: 26
  upstream_resources: 27
  upstream_templates: 28
  listed_definition: 29
)")
                          .limits;
  const auto ms = [](std::chrono::milliseconds time) {
    return static_cast<std::size_t>(time.count());
  };
  const std::vector<std::size_t> values = {limits.request_line,
                                           limits.head,
                                           limits.header_fields,
                                           limits.header_field,
                                           limits.body,
                                           ms(limits.head_timeout),
                                           ms(limits.body_grace),
                                           limits.body_rate,
                                           ms(limits.idle_timeout),
                                           ms(limits.write_timeout),
                                           limits.connections,
                                           limits.calls_in_flight,
                                           limits.sessions_per_agent,
                                           ms(limits.session_idle),
                                           limits.json.depth,
                                           limits.json.values,
                                           limits.json.string,
                                           limits.json.key,
                                           limits.json.number,
                                           limits.result,
                                           limits.upstream_head,
                                           limits.upstream_tools,
                                           limits.upstream_pages,
                                           limits.tool_definition,
                                           limits.upstream_connections,
                                           limits.upstream_prompts,
                                           limits.upstream_resources,
                                           limits.upstream_templates,
                                           limits.listed_definition};
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == i + 1);
}

TEST_CASE("limits have bounds of their own", "[config]") {
  refuses("limits: {json_depth: 513}\n", "expected a whole number from 1 to 512; found '513'");
  refuses("limits: {connections: 0}\n", "expected a whole number from 1 to 1000000");
  refuses("limits: {body: 2G}\n", "expected a size of at most 1G");
  refuses("limits: {bdy: 1}\n", "unknown key 'bdy'; did you mean 'body'?");
}

TEST_CASE("threads are 1 to 64", "[config]") {
  CHECK(load("threads: 64\n").threads == 64);
  refuses("threads: 0\n", "expected a whole number from 1 to 64; found '0'");
  refuses("threads: 65\n", "expected a whole number from 1 to 64; found '65'");
}

TEST_CASE("included files add servers after those of the main file", "[config]") {
  Files files("include: [d/*.yaml]\nservers: {z: {url: 'http://h/z'}}\n");
  files.write("d/b.yaml", "servers: {b: {url: 'http://h/${file:token}'}}\n");
  files.write("d/a.yaml", "servers: {a: {url: 'http://h/a'}}\n");
  files.write("d/token", "secret\n");
  const auto servers = files.load().servers;
  REQUIRE(servers.size() == 3);
  CHECK(servers[0].name == "z");
  CHECK(servers[1].name == "a");
  CHECK(servers[2].url == "http://h/secret");
}

TEST_CASE("a pattern of included files may match none yet", "[config]") {
  CHECK(load("include: [servers.d/*.yaml]\n").servers.empty());
}

TEST_CASE("an included file holds servers alone", "[config]") {
  Files files("include: [i.yaml]\n");
  files.write("i.yaml", "listen: 127.0.0.1:1\n");
  CHECK(files.refusal() == "i.yaml:1:1: an included file holds 'servers' alone; found 'listen'");
}

TEST_CASE("a server defined in two files is refused with both places", "[config]") {
  Files files("include: [i.yaml]\nservers:\n  a: {url: 'http://h/'}\n");
  files.write("i.yaml", "servers: {a: {url: 'http://h/'}}\n");
  CHECK(files.refusal() == "i.yaml:1:11: the server 'a' is defined twice: here and at " +
                               (files / "sluice.yaml").string() + ":3:3");
}

TEST_CASE("unknown keys are refused with the nearest one", "[config]") {
  CHECK(refusal("polices: []\n") ==
        "sluice.yaml:1:1: unknown key 'polices'; did you mean 'policies'?");
  refuses("listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", "the key 'listen' is written twice");
}

TEST_CASE("what is not built is refused by name, never ignored", "[config]") {
  for (const std::string key :
       {"issuers", "views", "mcpServers", "inputs"}) {
    refuses(key + ": {}\n", "sluice.yaml:1:1: '" + key + "' is not supported yet: ");
  }
}

TEST_CASE("the admin listener on TCP needs people, and over a network TLS and a name", "[config]") {
  const std::string policies = "policies: [p.yaml]\n";
  CHECK_FALSE(load(policies).admin);
  CHECK(load(policies + "admin: 127.0.0.1:9443\n").admin->port == 9443);
  CHECK(refusal("admin: 127.0.0.1:9443\n") ==
        "sluice.yaml:1:8: without 'policies' there are no people who could come with a key; use the "
        "socket");
  for (const std::string address : {"0.0.0.0:9443", "10.0.0.1:9443", "'[::]:9443'"}) {
    CHECK(refusal(policies + "admin: " + address + "\nhosts: [gw.example]\n") ==
          "sluice.yaml:2:8: others can reach this address, and keys of people must not cross a "
          "network in the clear: write 'tls', or listen on 127.0.0.1");
  }
}

TEST_CASE("outside of servers a missing value is an error", "[config]") {
  CHECK(refusal("listen: '${env:SLUICE_TEST_NONE}'\n") ==
        "sluice.yaml:1:9: the environment variable SLUICE_TEST_NONE is not set");
  CHECK(load("listen: '${env:SLUICE_TEST_NONE:-127.0.0.1:9}'\n").listen.port == 9);
  refuses("store: 'sqlite:${file:none}'\n", "cannot be read: No such file");
}

}  // namespace config_test
