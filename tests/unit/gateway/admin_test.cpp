#include "gateway/admin_endpoint.h"

#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "tests/support/asks.h"
#include "tests/support/run_task.h"
#include "tests/support/snapshot.h"
#include "tests/support/temp_dir.h"

namespace admin_test {

using base::Json;
using namespace gateway;
using namespace std::chrono_literals;

namespace {

constexpr const char* policy = R"(
people:
  ann: {login: ["unix:ann"], groups: [ops], may: [approve]}
  joe: {login: ["unix:joe"], groups: [ops]}
  pat: {groups: [ops], may: [approve]}
agents: {alice: {roles: [writer]}, pat: {roles: [writer]}}
roles: {writer: {allow: [files/*], approve: [{by: [ops], wait: 0s}]}}
)";

class NoServer final : public pipeline::Dispatcher {
 public:
  base::Task<base::Result<pipeline::ServerAnswer>> send(const policies::Permit&,
                                                        const pipeline::Call&) override {
    co_return base::Error{base::Code::unavailable, "there is none", {}};
  }
};

// The admin listeners without sockets: `peer` is what the transport would have proved.
struct Fixture {
  pipeline::CurrentSnapshot snapshot;
  tests::TempDir directory;
  std::unique_ptr<base::SqliteJournal> kept =
      std::move(*base::SqliteJournal::open(directory / "journal.db"));
  base::SqliteJournal& journal = *kept;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  NoServer dispatcher;
  policies::ledger::SystemClock clock;
  policies::ledger::MemoryLedger ledger{journal, clock};
  policies::approvals::MemoryApprovals approvals{journal, clock};
  pipeline::CallMetrics call_metrics;
  pipeline::Pipeline calls = pipeline::call_pipeline(
      {journal, log, limits, dispatcher, ledger, call_metrics, approvals, clock});
  pipeline::Pipeline dry_runs = pipeline::dry_run_pipeline(ledger);
  base::EventLoops loops{1};
  tools::Upstreams upstreams{{}, loops, limits, log, [] {}};
  Load load;
  Reloader reloader{[] { return LoadedConfig(); }, std::make_shared<const Config>(), {},
                    [](const LoadedConfig&) { return base::Status(); }, log};
  Metrics metrics{{call_metrics, load, upstreams, journal, reloader}};
  std::unique_ptr<runtime::Runtime> no_runtime;
  RunsApi runs{no_runtime, snapshot, limits};
  Admin admin{{snapshot, upstreams, calls, dry_runs, limits, ledger, metrics, reloader, approvals,
               clock, "unix:sluice", runs}};

  std::unique_ptr<KeyStore> keys = std::move(*KeyStore::open(directory / "keys.db"));
  OriginGuard guard{{}};
  Authenticator authenticator{keys.get(), snapshot};
  AdminEndpoint over_tcp{guard, authenticator, snapshot, admin, log};

  Fixture() {
    reloader.start();
    snapshot.set(tests::snapshot_of(
        policy, {tests::server_tools("files", {tests::echo_definition("write")})}));
  }

  HttpResponse send(const std::string& peer, const std::string& method, const std::string& path,
                    const Json& body = Json::object()) {
    RawRequest request;
    request.head = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    request.fields = std::move(*base::parse_head(request.head));
    request.body = base::dump_json(body);
    return tests::run_task(admin.handle(loops.at(0), request, "req_1", peer), loops.at(0).io());
  }
  // Through a listener of its own, so that no failure before counts. `headers` end their lines.
  HttpResponse send_tcp(const std::string& headers, const std::string& method,
                        const std::string& path, const std::string& body = "{}",
                        const std::string& host = "localhost") {
    AdminEndpoint fresh{guard, authenticator, snapshot, admin, log};
    return send_tcp(fresh, headers, method, path, body, host);
  }
  HttpResponse send_tcp(AdminEndpoint& endpoint, const std::string& headers,
                        const std::string& method, const std::string& path,
                        const std::string& body = "{}", const std::string& host = "localhost") {
    RawRequest request;
    request.head = method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n";
    request.fields = std::move(*base::parse_head(request.head));
    request.body = body;
    return tests::run_task(endpoint.handle(loops.at(0), request, "req_1", ""), loops.at(0).io());
  }
  std::string person_key(const std::string& name, std::chrono::seconds lifetime = 1h) {
    return *keys->create_for_person(name, lifetime, seconds_now());
  }
  std::string pending() {
    const auto answer = send("unix:sluice", "POST", "/v1/call",
                             {{"agent", "alice"},
                              {"tool", "files/write"},
                              {"arguments", {{"message", "hi"}}}});
    const Json outcome = Json::parse(answer.body);
    REQUIRE(outcome["reason"] == "approval_pending");
    return outcome["result"]["_meta"]["dev.sluice/approval"]["id"];
  }
  HttpResponse decide(const std::string& peer, const std::string& id, const Json& body) {
    return send(peer, "POST", "/v1/approvals/" + id + "/decision", body);
  }
};

std::string path_of(const AdminRoute& route) {
  std::string path(route.path);
  const std::size_t at = path.find("{id}");
  return at == std::string::npos ? path : path.replace(at, 4, "apr_X");
}

std::string sentence(const HttpResponse& response) {
  return Json::parse(response.body)["error"].get<std::string>();
}

}  // namespace

TEST_CASE("every admin route refuses everybody who lacks its right", "[admin]") {
  Fixture f;
  for (const AdminRoute& route : admin_routes()) {
    const std::string method(route.method), path = path_of(route);
    CAPTURE(method, path);
    for (const char* peer : {"unix:ann", "unix:sluice"}) {
      CHECK(f.send(peer, method, path).status != 500);  // each has a handler
    }
    for (const char* stranger : {"unix:eve", "unix:unknown", "unix:", "", "ann", "unix:ANN",
                                 "unix:ann ", "https://idp.example/|ann"}) {
      CAPTURE(stranger);
      CHECK(f.send(stranger, method, path).status == 403);
    }
    CHECK((f.send("unix:joe", method, path).status == 403) == (route.right != Right::read));
    CHECK((f.send("unix:ann", method, path).status == 403) == (route.right == Right::operate));
    CHECK((f.send("unix:sluice", method, path).status == 403) == (route.right == Right::approve));
    CHECK((f.send("unix:root", method, path).status == 403) == (route.right == Right::approve));
  }
  CHECK(f.send("unix:eve", "GET", "/v1/nothing").status == 403);
  CHECK(f.send("unix:ann", "GET", "/v1/nothing").status == 404);
}

// With a body that nobody may parse before they know whose it is.
TEST_CASE("every admin route refuses every wrong credential over TCP", "[admin]") {
  Fixture f;
  const std::string ann = f.person_key("ann"), joe = f.person_key("joe");
  const std::string expired = *f.keys->create_for_person("ann", 10s, seconds_now() - 11);
  const std::string revoked = f.person_key("ann");
  REQUIRE(f.keys->revoke(revoked.substr(3, 12), seconds_now()).ok());
  std::string other_secret = ann;
  other_secret.back() = ann.back() == 'a' ? 'b' : 'a';
  const std::pair<const char*, std::string> wrong[] = {
      {"none", ""},
      {"no key", "Authorization: Bearer nonsense\r\n"},
      {"another scheme", "Authorization: Basic " + ann + "\r\n"},
      {"unknown", "Authorization: Bearer sl_000000000000_" + std::string(43, 'x') + "\r\n"},
      {"another secret", "Authorization: Bearer " + other_secret + "\r\n"},
      {"expired", "Authorization: Bearer " + expired + "\r\n"},
      {"revoked", "Authorization: Bearer " + revoked + "\r\n"},
      {"an agent's",
       "Authorization: Bearer " + *f.keys->create("alice", 1h, seconds_now()) + "\r\n"},
      {"of an agent with a person's name",
       "Authorization: Bearer " + *f.keys->create("pat", 1h, seconds_now()) + "\r\n"},
      {"of nobody in the policy", "Authorization: Bearer " + f.person_key("eve") + "\r\n"},
  };
  for (const AdminRoute& route : admin_routes()) {
    const std::string method(route.method), path = path_of(route);
    for (const auto& [name, header] : wrong) {
      CAPTURE(method, path, name);
      const HttpResponse refused = f.send_tcp(header, method, path, "{not json");
      CHECK(refused.status == 401);
      CHECK(refused.headers.back().first == "WWW-Authenticate");
    }
    const std::string of_joe = "Authorization: Bearer " + joe + "\r\n";
    const std::string of_ann = "Authorization: Bearer " + ann + "\r\n";
    CAPTURE(method, path);
    CHECK((f.send_tcp(of_joe, method, path).status == 403) == (route.right != Right::read));
    CHECK((f.send_tcp(of_ann, method, path).status == 403) == (route.right == Right::operate));
    CHECK(f.send_tcp(of_ann, method, path).status != 401);
    CHECK(f.send_tcp(of_ann, method, path, "{}", "evil.example").status == 403);
    CHECK(f.send_tcp(of_ann + "Origin: http://evil.example\r\n", method, path).status == 403);
  }
  CHECK(f.send_tcp("", "GET", "/v1/nothing").status == 401);
  CHECK(f.send_tcp("Authorization: Bearer " + ann + "\r\n", "GET", "/v1/nothing").status == 404);
}

TEST_CASE("a person's key decides in the person's name", "[admin]") {
  Fixture f;
  const std::string id = f.pending(), key = f.person_key("pat");
  const HttpResponse approved =
      f.send_tcp("Authorization: Bearer " + key + "\r\n", "POST",
                 "/v1/approvals/" + id + "/decision", R"({"decision": "approve"})");
  CHECK(approved.status == 200);
  const Json vote = Json::parse(approved.body)["votes"][0];
  CHECK(vote["person"] == "pat");
  CHECK(vote["login"] == "key " + key.substr(3, 12));
}

TEST_CASE("strangers who try many keys are held up, people with a key are not", "[admin]") {
  Fixture f;
  const std::string stranger =
      "Authorization: Bearer sl_000000000000_" + std::string(43, 'x') + "\r\n";
  int refused = 0, held_up = 0;
  for (int tried = 0; tried < 3 * FailedLogins::at_once; ++tried) {
    const int status = f.send_tcp(f.over_tcp, stranger, "GET", "/v1/tools").status;
    refused += status == 401 ? 1 : 0;
    held_up += status == 429 ? 1 : 0;
  }
  CHECK(refused >= FailedLogins::at_once);
  CHECK(held_up > 0);
  CHECK(refused + held_up == 3 * FailedLogins::at_once);
  CHECK(f.send_tcp(f.over_tcp, "Authorization: Bearer " + f.person_key("joe") + "\r\n", "GET",
                   "/v1/tools")
            .status == 200);
  CHECK(f.send_tcp(f.over_tcp, "", "GET", "/v1/tools").status == 401);
}

TEST_CASE("failed logins are counted again as time goes by", "[admin]") {
  FailedLogins failed;
  std::chrono::steady_clock::time_point now{1h};
  for (int tried = 0; tried < FailedLogins::at_once; ++tried) CHECK(failed.count(now));
  CHECK_FALSE(failed.count(now));
  now += FailedLogins::between;
  CHECK(failed.count(now));
  CHECK_FALSE(failed.count(now));
}

TEST_CASE("the OpenAPI document describes exactly the routes that there are", "[admin]") {
  std::ifstream file(SLUICE_SOURCE_DIR "/docs/openapi.json");
  const Json document = Json::parse(file);
  std::set<std::string> described, existing;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      described.insert(upper + " " + path + " " + operation["x-right"].get<std::string>());
    }
  }
  for (const AdminRoute& route : admin_routes()) {
    existing.insert(std::string(route.method) + " " + std::string(route.path) + " " +
                    std::string(to_string(route.right)));
  }
  CHECK(described == existing);
}

TEST_CASE("a route's id is one segment and never empty", "[admin]") {
  CHECK(match_admin_route("GET", "/v1/approvals/apr_1")->id == "apr_1");
  CHECK(match_admin_route("POST", "/v1/approvals/apr_1/decision")->id == "apr_1");
  for (const char* path : {"/v1/approvals/", "/v1/approvals//decision", "/v1/approvals/a/b",
                           "/v1/approvals/a/decision"}) {
    CHECK_FALSE(match_admin_route("GET", path));
  }
}

TEST_CASE("people see what waits, and decide it", "[admin]") {
  Fixture f;
  const std::string id = f.pending();
  const Json listed = Json::parse(f.send("unix:joe", "GET", "/v1/approvals").body)["approvals"];
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["approval"] == id);
  CHECK(listed[0]["arguments"] == Json{{"message", "hi"}});
  CHECK(listed[0]["effect"] == "non_idempotent");
  CHECK(listed[0]["rules"][0]["place"] == "policy.yaml:7");
  const HttpResponse approved =
      f.decide("unix:ann", id, {{"decision", "approve"}, {"message", "fine"}});
  CHECK(approved.status == 200);
  const Json vote = Json::parse(approved.body)["votes"][0];
  CHECK(vote["person"] == "ann");
  CHECK(vote["login"] == "unix:ann");
  CHECK(vote["message"] == "fine");
  const HttpResponse second = f.decide("unix:ann", id, {{"decision", "reject"}});
  CHECK(second.status == 409);
  CHECK(sentence(second).find("ann approved " + id) == 0);
}

TEST_CASE("what is no decision decides nothing", "[admin]") {
  Fixture f;
  const std::string id = f.pending();
  for (const Json& body :
       {Json::object(), Json{{"decision", "yes"}}, Json{{"decision", true}}, Json("approve"),
        Json{{"decision", "approve"}, {"message", std::string(3'000, 'x')}},
        Json{{"decision", "approve"}, {"arguments", {{"message", 7}}}},
        Json{{"decision", "approve"}, {"arguments", "x"}},
        Json{{"decision", "reject"}, {"arguments", {{"message", "ho"}}}},
        Json{{"decision", "approve"}, {"remember", {{"for_ms", 0}}}},
        Json{{"decision", "approve"}, {"remember", {{"for_ms", "8h"}}}},
        Json{{"decision", "approve"}, {"remember", {{"for_ms", 1000}, {"arguments", 7}}}}}) {
    CAPTURE(body.dump());
    CHECK(f.decide("unix:ann", id, body).status == 400);
  }
  CHECK(f.decide("unix:ann", "apr_NOSUCH", {{"decision", "approve"}}).status == 404);
  CHECK(Json::parse(f.send("unix:ann", "GET", "/v1/approvals/" + id).body)["state"] == "pending");
}

TEST_CASE("an edit and a memory are kept as they were decided", "[admin]") {
  Fixture f;
  const std::string edited = f.pending();
  CHECK(Json::parse(f.decide("unix:ann", edited,
                             {{"decision", "approve"}, {"arguments", {{"message", "ho"}}}})
                        .body)["edited_arguments"] == Json{{"message", "ho"}});
  const auto other = f.send("unix:root", "POST", "/v1/call",
                            {{"agent", "alice"},
                             {"tool", "files/write"},
                             {"arguments", {{"message", "2"}}}});
  const std::string id =
      Json::parse(other.body)["result"]["_meta"]["dev.sluice/approval"]["id"];
  const Json remembered = Json::parse(
      f.decide("unix:ann", id, {{"decision", "approve"}, {"remember", {{"for_ms", 60'000}}}}).body);
  CHECK(remembered["remembered"]["arguments"] == Json{{"const", {{"message", "2"}}}});
  const auto list = [&] {
    return Json::parse(f.send("unix:joe", "GET", "/v1/approvals?remembered=true").body)["approvals"];
  };
  REQUIRE(list().size() == 1);
  CHECK(list()[0]["approval"] == id);
  const HttpResponse forgotten = f.send("unix:ann", "POST", "/v1/approvals/" + id + "/forget");
  CHECK(forgotten.status == 200);
  CHECK_FALSE(Json::parse(forgotten.body).contains("remembered"));
  CHECK(list().empty());
  const HttpResponse again = f.send("unix:ann", "POST", "/v1/approvals/" + id + "/forget");
  CHECK(again.status == 404);
  CHECK(sentence(again) == "Nothing is remembered of approval " + id + ".");
}

TEST_CASE("who owns the agent now does not decide, whoever owned it when it asked", "[admin]") {
  Fixture f;
  const std::string id = f.pending();
  std::string owned = policy;
  owned.replace(owned.find("{roles: [writer]}"), 17, "{roles: [writer], owner: ann}");
  f.snapshot.set(
      tests::snapshot_of(owned, {tests::server_tools("files", {tests::echo_definition("write")})}));
  const HttpResponse refused = f.decide("unix:ann", id, {{"decision", "approve"}});
  CHECK(refused.status == 403);
  CHECK(sentence(refused) == "ann owns agent alice: somebody else must decide what it may do.");
  CHECK(Json::parse(f.send("unix:ann", "GET", "/v1/approvals/" + id).body)["state"] == "pending");
}

TEST_CASE("what is remembered is described as strictly as in a policy file", "[admin]") {
  Fixture f;
  const std::string id = f.pending();
  const auto remember = [&](const Json& arguments) {
    return f.decide(
        "unix:ann", id,
        {{"decision", "approve"}, {"remember", {{"for_ms", 60'000}, {"arguments", arguments}}}});
  };
  const HttpResponse misspelt = remember({{"propertis", {{"message", {{"const", "hi"}}}}}});
  CHECK(misspelt.status == 400);
  CHECK(sentence(misspelt) ==
        "remember.arguments:1:2: 'propertis' is no keyword of JSON Schema that constrains; did you "
        "mean 'properties'?");
  CHECK(remember({{"properties", {{"message", {{"format", "ipv5"}}}}}}).status == 400);
  CHECK(remember({{"properties", {{"message", {{"const", "\"h\\i\"\u00e9\n"}}}}}}).status == 200);
}

}  // namespace admin_test
