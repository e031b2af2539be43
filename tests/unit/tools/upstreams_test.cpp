#include "tools/upstreams.h"

#include <catch2/catch.hpp>

namespace upstreams_test {

using namespace tools;

namespace {

UpstreamSettings web(const std::string& name, const std::string& path = "/mcp") {
  UpstreamSettings settings;
  settings.name = name;
  settings.server = HttpServer{*base::parse_url("http://127.0.0.1:1" + path), {}, {}, {}};
  return settings;
}

UpstreamSettings program(const std::string& name, std::vector<std::string> arguments) {
  UpstreamSettings settings;
  settings.name = name;
  settings.server = StdioServer{{std::move(arguments), {}, "/"}, {}, Instances::shared};
  return settings;
}

// Loops that never run: nothing is reached.
struct Fixture {
  base::EventLoops loops{2};
  base::Limits limits;
  base::Log log{base::LogLevel::error};
  int changes = 0;
  Upstreams upstreams{{web("a"), program("b", {"x"}), web("c")}, loops, limits, log,
                      [this] { ++changes; }};

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& upstream : upstreams.current()->all()) all.push_back(upstream->name());
    return all;
  }
  UpstreamSet::Handle of(const std::string& name) const {
    for (const auto& upstream : upstreams.current()->all()) {
      if (upstream->name() == name) return upstream;
    }
    return nullptr;
  }
};

}  // namespace

TEST_CASE("servers stand in the order of the configuration, new ones too", "[upstreams]") {
  Fixture f;
  f.upstreams.replace({web("d"), web("c"), web("a")});
  CHECK(f.names() == std::vector<std::string>{"d", "c", "a"});
  CHECK(f.upstreams.current()->find("b") == nullptr);
}

TEST_CASE("a server whose settings are equal stays what it is", "[upstreams]") {
  Fixture f;
  const auto a = f.of("a"), b = f.of("b");
  f.upstreams.replace({program("b", {"x"}), web("a")});
  CHECK(f.of("a") == a);
  CHECK(f.of("b") == b);
}

TEST_CASE("a changed server serves on until its successor was reached or could not be",
          "[upstreams]") {
  Fixture f;
  const auto a = f.of("a"), b = f.of("b");
  f.upstreams.replace({web("a", "/other"), program("b", {"y"})});
  CHECK(f.of("a") == a);
  CHECK(f.of("b") == b);
  SECTION("and stays when the change is taken back") {
    f.upstreams.replace({web("a"), program("b", {"x"})});
    CHECK(f.of("a") == a);
  }
}

TEST_CASE("a set that is held keeps its servers, and nobody else does", "[upstreams]") {
  Fixture f;
  auto held = f.upstreams.current();
  const std::weak_ptr<Upstream> gone = held->all()[0];
  f.upstreams.replace({});
  CHECK(f.names().empty());
  REQUIRE(held->find("a") != nullptr);
  CHECK_FALSE(gone.expired());
  held.reset();
  CHECK(gone.expired());
}

}  // namespace upstreams_test
