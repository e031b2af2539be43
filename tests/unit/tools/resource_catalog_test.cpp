#include "tools/resource_catalog.h"

#include <catch2/catch.hpp>

namespace resource_catalog_test {

using base::Json;
using tools::ResourceCatalog;
using tools::ServerTools;
using tools::UriTemplate;

namespace {

std::shared_ptr<const ServerTools> server(const std::string& name, std::vector<std::string> uris,
                                          std::vector<std::string> templates = {}) {
  auto offered = std::make_shared<ServerTools>();
  offered->server = name;
  std::vector<Json> resources, made;
  for (const std::string& uri : uris) resources.push_back({{"name", "n"}, {"uri", uri}});
  for (const std::string& text : templates) made.push_back({{"uriTemplate", text}});
  offered->resources = tools::read_resources(std::move(resources));
  offered->templates = tools::read_templates(std::move(made));
  return offered;
}

std::vector<std::string> exported(const std::vector<tools::OfferEntry>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.exported);
  return names;
}

/// `server URI` that a URI leads to, or "".
std::string target(const ResourceCatalog& catalog, const std::string& uri) {
  const auto found = catalog.find(uri);
  return found ? found->entry->server() + " " + found->uri : "";
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a URI that one server has stays as it is", "[resources]") {
  const ResourceCatalog catalog({server("a", {"x:1", "x:2"}, {"y:{id}"}), server("b", {"z:1"})});
  CHECK(exported(catalog.resources()) == Names{"x:1", "x:2", "z:1"});
  CHECK(exported(catalog.templates()) == Names{"y:{id}"});
  CHECK(target(catalog, "x:2") == "a x:2");
  CHECK(target(catalog, "z:1") == "b z:1");
  CHECK(target(catalog, "y:7") == "a y:7");
  CHECK(target(catalog, "x:3").empty());
  CHECK(catalog.resources()[0].listing == R"({"name":"n","uri":"x:1"})");
  CHECK_FALSE(catalog.rewrites("a"));
}

TEST_CASE("of two servers with one URI the first keeps it", "[resources]") {
  const ResourceCatalog catalog({server("a", {"x:1"}), server("b", {"x:1", "x:2"})});
  CHECK(exported(catalog.resources()) == Names{"x:1", "sluice://b/x:1", "x:2"});
  CHECK(target(catalog, "x:1") == "a x:1");
  CHECK(target(catalog, "sluice://b/x:1") == "b x:1");
  CHECK(target(catalog, "x:2") == "b x:2");
  CHECK(catalog.resources()[1].listing == R"({"name":"n","uri":"sluice://b/x:1"})");
  CHECK(catalog.exported_uri("b", "x:1") == "sluice://b/x:1");
  CHECK(catalog.exported_uri("b", "x:2") == "x:2");
  CHECK(catalog.exported_uri("b", "w:unknown") == "w:unknown");
  CHECK(catalog.exported_uri("a", "x:1") == "x:1");
}

TEST_CASE("what a template of a server before might make is not taken from it", "[resources]") {
  const ResourceCatalog catalog(
      {server("a", {"z:9"}, {"x:{id}"}), server("b", {"x:1", "y:1"}, {"x:deep/{id}", "z:{n}", "v:{n}"})});
  CHECK(exported(catalog.resources()) == Names{"z:9", "sluice://b/x:1", "y:1"});
  CHECK(exported(catalog.templates()) ==
        Names{"x:{id}", "sluice://b/x:deep/{id}", "sluice://b/z:{n}", "v:{n}"});
  CHECK(target(catalog, "x:1") == "a x:1");
  CHECK(target(catalog, "x:deep/2") == "a x:deep/2");
  CHECK(target(catalog, "sluice://b/x:deep/2") == "b x:deep/2");
  CHECK(target(catalog, "z:9") == "a z:9");
  CHECK(target(catalog, "z:8").empty());
  CHECK(target(catalog, "sluice://b/z:8") == "b z:8");
  CHECK(catalog.exported_uri("b", "z:8") == "sluice://b/z:8");
  CHECK(catalog.exported_uri("b", "v:8") == "v:8");
}

TEST_CASE("every exported URI leads to its own server and URI", "[resources]") {
  const ResourceCatalog catalog({server("a", {"x:1", "y:1"}, {"x:{id}"}),
                                 server("b", {"y:1", "x:1", "w:1"}, {"w:{id}", "{bad}"}),
                                 server("c", {"w:1", "y:1", "sluice://a/x:1"}, {"w:{id}"})});
  for (const auto& entry : catalog.resources()) {
    CHECK(target(catalog, entry.exported) == entry.server() + " " + entry.offer->name);
  }
  CHECK(exported(catalog.templates()) == Names{"x:{id}", "w:{id}", "sluice://c/w:{id}"});
}

TEST_CASE("what is no URI of anybody leads nowhere", "[resources]") {
  const ResourceCatalog catalog({server("a", {"x:1"}, {"y:{id}"})});
  for (const std::string& uri :
       {std::string(), std::string("sluice://"), std::string("sluice://a"),
        std::string("sluice://a/"), std::string("sluice://b/x:1"), std::string("sluice://a/x:2"),
        std::string("sluice://a/sluice://a/x:1"), "y:" + std::string(1 << 20, 'a')}) {
    CHECK(target(catalog, uri).empty());
  }
}

TEST_CASE("what cannot be offered is quarantined", "[resources]") {
  const auto offered = tools::read_resources({{{"uri", "x:1"}},
                                              {{"uri", "x:1"}},
                                              {{"uri", ""}},
                                              {{"uri", 7}},
                                              Json(7),
                                              {{"uri", "x:\n"}},
                                              {{"uri", "sluice://a/b"}},
                                              {{"uri", "x:" + std::string(4096, 'a')}}});
  CHECK(offered[0].quarantine.empty());
  for (std::size_t i = 1; i < offered.size(); ++i) CHECK_FALSE(offered[i].quarantine.empty());
  CHECK_FALSE(tools::read_templates({{{"uriTemplate", "{+uri}"}}})[0].quarantine.empty());
  CHECK_FALSE(tools::read_prompts({{{"name", "a\nb"}}})[0].quarantine.empty());
  CHECK(tools::read_prompts({{{"name", "a b"}}})[0].quarantine.empty());
}

TEST_CASE("a template makes URIs that begin, go on and end as it does", "[resources]") {
  const UriTemplate one("test://a/{id}/data{?q}");
  CHECK(one.head() == "test://a/");
  CHECK(one.matches("test://a/1/data"));
  CHECK(one.matches("test://a/1/2/data?q=3"));
  CHECK_FALSE(one.matches("test://a/1"));
  CHECK_FALSE(one.matches("test://b/1/data"));
  CHECK_FALSE(UriTemplate("x:{a}y").matches("x:"));
  CHECK(UriTemplate("x:{a}y").matches("x:y"));
  CHECK(UriTemplate("x:1").matches("x:1"));
  CHECK_FALSE(UriTemplate("x:1").matches("x:12"));
  CHECK(UriTemplate("x:{open").matches("x:1"));
}

}  // namespace resource_catalog_test
