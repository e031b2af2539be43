// Counts what validation allocates: nothing, where the instance is valid.
#include <cstdlib>
#include <new>

#include "tests/unit/tools/schema/support.h"

namespace {
std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
// The sanitizers want every form to be of one kind.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tools::schema::allocation_test {
namespace {

// After a first time, in which RE2 fills its caches.
std::size_t allocations_of(std::string_view schema, std::string_view instance) {
  const Schema compiled_schema = compiled(schema);
  const base::Json value = json(instance);
  INFO(schema);
  REQUIRE(compiled_schema.validate(value).empty());
  const std::size_t before = allocations;
  const bool valid = compiled_schema.validate(value).empty();
  const std::size_t after = allocations;
  CHECK(valid);
  return after - before;
}

}  // namespace

TEST_CASE("counting notices an allocation", "[schema]") {
  const std::size_t before = allocations;
  CHECK_FALSE(violations("false", "1").empty());
  CHECK(allocations > before);
}

TEST_CASE("a valid instance is found valid without an allocation", "[schema]") {
  for (const auto& [schema, instance] : std::vector<std::pair<std::string, std::string>>{
           {R"({"type":"object","properties":{"path":{"type":"string","minLength":1},
                "limit":{"type":"integer","minimum":1,"maximum":100},"deep":{"type":"boolean"}},
                "required":["path"],"additionalProperties":false})",
            R"({"path":"/a/file/with/a/rather/long/name.txt","limit":7,"deep":true})"},
           {R"({"enum":["a","b",{"c":1}]})", "\"b\""},
           {R"({"multipleOf":0.01})", "4.35"},
           {R"({"items":{"anyOf":[{"type":"string"},{"type":"null"}]},"uniqueItems":true})",
            R"(["a","b",null])"},
           {R"({"oneOf":[{"properties":{"k":{"const":"a"}}},{"properties":{"k":{"const":"b"}}}]})",
            R"({"k":"b"})"},
           {R"({"$ref":"#/$defs/tree","$defs":{"tree":{"properties":{"v":{"type":"number"},
                "next":{"$ref":"#/$defs/tree"}},"unevaluatedProperties":false}}})",
            R"({"v":1,"next":{"v":2,"next":{"v":3}}})"},
           {R"({"$dynamicAnchor":"n","properties":{"next":{"$dynamicRef":"#n"}}})",
            R"({"next":{"next":{}}})"},
           {R"({"propertyNames":{"pattern":"^[a-z]+$"},"minProperties":1})", R"({"abc":1})"},
           {R"({"pattern":"^(a|b)+c?$"})", "\"abababababababababc\""},
           {R"({"if":{"required":["a"]},"then":{"required":["b"]},"not":{"required":["z"]}})",
            R"({"a":1,"b":2})"},
           {R"({"contains":{"type":"null"},"unevaluatedItems":false})", "[null]"},
           {R"({"dependentRequired":{"a":["b"]},"patternProperties":{"^x-":{"type":"string"}}})",
            R"({"a":1,"b":2,"x-y":"z"})"}})
    CHECK(allocations_of(schema, instance) == 0);
}

}  // namespace tools::schema::allocation_test
