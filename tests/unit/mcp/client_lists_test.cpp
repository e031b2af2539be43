#include <map>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "mcp/client.h"
#include "tests/support/run_task.h"

namespace client_lists_test {

using base::Code;
using base::Json;
using mcp::Offers;

namespace {

class OneAnswer final : public mcp::Exchange {
 public:
  explicit OneAnswer(mcp::Response response) : response_(std::move(response)) {}
  base::Task<base::Result<mcp::Message>> next() override {
    co_return mcp::Message(std::move(response_));
  }
  std::size_t size() const override { return 0; }

 private:
  mcp::Response response_;
};

/// A server whose answers are by method and cursor; what it does not know it refuses.
class FakeServer final : public mcp::Transport {
 public:
  bool has_headers() const override { return false; }
  base::Task<base::Result<std::unique_ptr<mcp::Exchange>>> request(
      mcp::OutgoingRequest request) override {
    const Json asked = Json::parse(request.body);
    const Json* cursor = base::find_member(asked["params"], "cursor");
    const std::string method = asked["method"].get<std::string>() +
                               (cursor == nullptr ? "" : " " + cursor->get<std::string>());
    this->asked.push_back(method);
    mcp::Response response{request.id, {}, {}};
    if (const auto found = answers.find(method); found != answers.end()) {
      response.result = found->second;
    } else {
      response.error = mcp::RpcError{-32601, "no such method", {}};
    }
    co_return std::unique_ptr<mcp::Exchange>(std::make_unique<OneAnswer>(std::move(response)));
  }
  base::Task<base::Status> notify(std::string, mcp::Headers, base::SteadyTime) override {
    co_return base::Status{};
  }

  std::map<std::string, Json> answers;
  std::vector<std::string> asked;
};

struct Fixture {
  FakeServer server;
  std::atomic<std::int64_t> ids{0};
  base::Limits limits;
  mcp::Handshake handshake;

  Fixture() {
    handshake.capabilities = {{"tools", Json::object()},
                              {"prompts", Json::object()},
                              {"resources", Json::object()}};
    server.answers["tools/list"] = {{"tools", Json::array({{{"name", "t"}}})}};
    server.answers["prompts/list"] = {{"prompts", Json::array({{{"name", "p"}}})}};
    server.answers["resources/list"] = {{"resources", Json::array({{{"uri", "x:1"}}})},
                                        {"nextCursor", "2"}};
    server.answers["resources/list 2"] = {{"resources", Json::array({{{"uri", "x:2"}}})}};
    server.answers["resources/templates/list"] = {
        {"resourceTemplates", Json::array({{{"uriTemplate", "x:{a}"}}})}};
  }
  base::Result<Offers> list() {
    mcp::Client client(server, ids);
    return tests::run_task(client.list_offers(handshake, limits, base::SteadyTime::max()));
  }
};

}  // namespace

TEST_CASE("all pages of all lists are read", "[client]") {
  Fixture f;
  const auto offers = f.list();
  REQUIRE(offers.ok());
  CHECK(offers->tools.size() == 1);
  CHECK(offers->prompts.size() == 1);
  REQUIRE(offers->resources.size() == 2);
  CHECK(offers->resources[1]["uri"] == "x:2");
  CHECK(offers->templates.size() == 1);
  CHECK(offers->complaints.empty());
}

TEST_CASE("a server is not asked for lists of which it declares nothing", "[client]") {
  Fixture f;
  f.handshake.capabilities = {{"tools", Json::object()}};
  CHECK(f.list()->prompts.empty());
  CHECK(f.server.asked == std::vector<std::string>{"tools/list"});
  f.server.asked.clear();
  f.handshake.capabilities = {{"prompts", Json::object()}};
  CHECK(f.list()->tools.empty());
  CHECK(f.server.asked == std::vector<std::string>{"prompts/list"});
}

TEST_CASE("a list that a server does not give costs it no tool", "[client]") {
  Fixture f;
  f.server.answers.erase("prompts/list");
  f.server.answers["resources/templates/list"] = {{"resourceTemplates", 7}};
  const auto offers = f.list();
  REQUIRE(offers.ok());
  CHECK(offers->tools.size() == 1);
  CHECK(offers->prompts.empty());
  CHECK(offers->resources.size() == 2);
  CHECK(offers->complaints ==
        std::vector<std::string>{"it refused prompts/list with JSON-RPC error -32601",
                                 "its answer to resources/templates/list is not a list"});
}

TEST_CASE("of a list that is too long the beginning is taken, and people are told", "[client]") {
  Fixture f;
  f.limits.upstream_resources = 1;
  auto offers = f.list();
  REQUIRE(offers.ok());
  CHECK(offers->resources.size() == 1);
  REQUIRE(offers->complaints.size() == 1);
  CHECK(offers->complaints[0] ==
        "resources/list goes on after 1 entries: the rest is not offered");
  f.server.answers["resources/list 2"]["nextCursor"] = "2";
  f.limits.upstream_resources = 1000;
  f.limits.upstream_pages = 5;
  offers = f.list();
  CHECK(offers->resources.size() == 5);
  CHECK(offers->complaints.size() == 1);
}

TEST_CASE("an entry that is too long is left out", "[client]") {
  Fixture f;
  f.limits.listed_definition = 20;
  f.server.answers["prompts/list"] = {
      {"prompts", Json::array({{{"name", std::string(30, 'p')}}, {{"name", "p"}}})}};
  const auto offers = f.list();
  REQUIRE(offers->prompts.size() == 1);
  CHECK(offers->prompts[0]["name"] == "p");
}

TEST_CASE("a server with more tools than the bound is not used", "[client]") {
  Fixture f;
  f.limits.upstream_tools = 1;
  f.server.answers["tools/list"] = {{"tools", Json::array({{{"name", "t"}}, {{"name", "u"}}})}};
  CHECK(f.list().error().code == Code::limit);
  f.server.answers.erase("tools/list");
  CHECK(f.list().error().code == Code::refused);
}

}  // namespace client_lists_test
