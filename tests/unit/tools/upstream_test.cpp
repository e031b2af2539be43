#include "tools/upstream.h"

#include <asio/thread_pool.hpp>
#include <future>

#include <catch2/catch.hpp>

namespace upstream_test {

using namespace tools;

namespace {

// A server of 2025-11-25 over stdio, without tools.
constexpr const char* script = R"sh(
while read -r line; do
  id=${line#*'"id":'}; id=${id%%,*}
  case $line in
    *'"initialize"'*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"x","version":"1"}}}';;
    *'"tools/list"'*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"tools":[]}}';;
  esac
done
)sh";

UpstreamSettings child() {
  UpstreamSettings settings;
  settings.name = "child";
  settings.server = StdioServer{{{"/bin/sh", "-c", script}, {}, "/"}, {}, Instances::shared};
  settings.era = mcp::Era::legacy;
  return settings;
}

}  // namespace

TEST_CASE("a server whose child ends with the gateway is freed", "[upstreams][slow]") {
  // Held by what the server calls, and so for as long as the server lives.
  auto life = std::make_shared<std::promise<void>>();
  auto reached = life->get_future();
  const std::weak_ptr<std::promise<void>> lives = life;
  {
    base::EventLoops loops(1);
    const base::Limits limits;
    base::Log log(base::LogLevel::error);
    base::ProcessKeeper keeper(loops.at(0));
    asio::thread_pool workshop(1);
    const auto upstream = Upstream::make(child(), {loops, limits, keeper, log, workshop},
                                         [told = std::move(life)] { told->set_value(); });
    upstream->start();
    loops.start();
    REQUIRE(reached.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    CHECK(upstream->status().state == UpstreamStatus::State::ready);
    loops.stop();
  }
  CHECK(lives.expired());
}

}  // namespace upstream_test
