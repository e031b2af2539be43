#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

/// Schemas and instances that were made to hurt whoever validates them: for the test that bounds
/// their work and the benchmark that takes their time.
namespace tests {

struct HostilePair {
  std::string name;
  std::string schema;
  std::string instance;
};

namespace hostile {

inline std::string times(std::string_view text, std::size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// `OPEN PIECE , PIECE … CLOSE`, each piece with its number in place of `@`.
inline std::string list(std::string_view open, std::string_view piece, std::size_t count,
                        std::string_view close) {
  std::string all(open);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) all += ',';
    for (const char c : piece) {
      if (c == '@') {
        all += std::to_string(i);
      } else {
        all += c;
      }
    }
  }
  return all.append(close);
}

inline std::string text(std::string_view piece, std::size_t count, std::string_view end = "") {
  return base::dump_json(times(piece, count).append(end));
}

/// Definitions a0 … that apply the next one twice in `keyword`.
inline std::string doubling(std::string_view keyword, std::size_t levels) {
  std::string all = R"({"$ref":"#/$defs/a0","$defs":{)";
  for (std::size_t i = 0; i < levels; ++i) {
    const std::string next = R"({"$ref":"#/$defs/a)" + std::to_string(i + 1) + "\"}";
    all += "\"a" + std::to_string(i) + R"(":{")" + std::string(keyword) + "\":[" + next + "," +
           next + "]},";
  }
  return all + "\"a" + std::to_string(levels) + R"(":{"type":"string"}}})";
}

inline std::string circle(std::size_t length) {
  std::string all = R"({"$ref":"#/$defs/a0","$defs":{)";
  for (std::size_t i = 0; i < length; ++i)
    all += (i > 0 ? ",\"a" : "\"a") + std::to_string(i) + R"(":{"$ref":"#/$defs/a)" +
           std::to_string((i + 1) % length) + "\"}";
  return all + "}}";
}

inline void add_references(std::vector<HostilePair>& all) {
  for (const unsigned length : {1U, 2U, 3U, 10U, 100U, 1'900U})
    all.push_back({"circle of " + std::to_string(length), circle(length), "1"});
  for (const std::string keyword : {"allOf", "anyOf", "oneOf"})
    for (const unsigned levels : {12U, 20U, 30U})
      for (const std::string instance : {"1", "\"a\""})
        all.push_back({keyword + " doubled " + std::to_string(levels) + " times, on " + instance,
                       doubling(keyword, levels), instance});
  const std::string tree = times("{\"a\":", 60) + "1" + times("}", 60);
  for (const std::string keyword : {"allOf", "anyOf", "oneOf"})
    all.push_back({keyword + " that recurses twice at each level",
                   "{\"" + keyword + R"(":[{"properties":{"a":{"$ref":"#"}},"type":"object"},)" +
                       R"({"additionalProperties":{"$ref":"#"},"type":"object"}]})",
                   tree});
  all.push_back(
      {"a dynamic reference to itself", R"({"$dynamicAnchor":"a","$dynamicRef":"#a"})", "1"});
  all.push_back({"dynamic references through many resources",
                 list(R"({"$id":"x:r","$dynamicAnchor":"n","$defs":{)",
                      R"("r@":{"$id":"x:r@","$dynamicAnchor":"n","items":{"$dynamicRef":"#n"}})",
                      500, R"(},"items":{"$ref":"x:r7"}})"),
                 times("[", 60) + times("]", 60)});
  all.push_back({"a reference in another scheme", R"({"$ref":"file:///etc/passwd"})", "1"});
  all.push_back(
      {"a reference to the metadata service", R"({"$ref":"http://169.254.169.254/"})", "1"});
  all.push_back({"a chain of 1,900 references",
                 list(R"({"$ref":"#/$defs/a0","$defs":{)", R"("a@":{"allOf":[true]})", 1'900, "}}"),
                 "1"});
  all.push_back({"a pointer of 60,000 tokens", R"({"$ref":"#)" + times("/a", 60'000) + "\"}", "1"});
  all.push_back({"a long $id under each of many subschemas",
                 R"({"$id":"http://x.test/)" + times("a/", 1'000) + "\"," +
                     list("\"$defs\":{", R"("a@":{"$id":"../b@"})", 500, "}}"),
                 "1"});
  all.push_back(
      {"1,900 anchors", list("{\"$defs\":{", R"("a@":{"$anchor":"n@"})", 1'900, "}}"), "1"});
}

inline void add_branches(std::vector<HostilePair>& all) {
  for (const std::string keyword : {"allOf", "anyOf", "oneOf", "prefixItems"})
    all.push_back(
        {keyword + " of 99,000", list("{\"" + keyword + "\":[", "true", 99'000, "]}"), "[1]"});
  const std::string names = list("{", R"("m@":@)", 20'000, "}");
  for (const std::string keyword : {"allOf", "anyOf", "oneOf"}) {
    all.push_back(
        {keyword + " of 900 on 20,000 members",
         list("{\"" + keyword + "\":[", R"({"properties":{"m@":{"type":"null"}}})", 900, "]}"),
         names});
    all.push_back({keyword + " of 900 under unevaluatedProperties",
                   list("{\"unevaluatedProperties\":false,\"" + keyword + "\":[",
                        R"({"properties":{"m@":true}})", 900, "]}"),
                   names});
    all.push_back({keyword + " of 900 objects that all fail",
                   list("{\"" + keyword + "\":[", R"({"required":["a@","b@","c@"]})", 900, "]}"),
                   "{}"});
  }
  all.push_back({"not, 33 deep", times("{\"not\":", 33) + "true" + times("}", 33), "1"});
  all.push_back({"not, 1,000 deep", times("{\"not\":", 1'000) + "true" + times("}", 1'000), "1"});
  all.push_back({"if, 33 deep", times("{\"if\":", 33) + "true" + times("}", 33), "1"});
  all.push_back({"3,000 definitions", list("{\"$defs\":{", "\"a@\":{}", 3'000, "}}"), "1"});
}

inline void add_arrays(std::vector<HostilePair>& all) {
  const std::string unique = R"({"uniqueItems":true})";
  all.push_back({"unique numbers", unique, list("[", "@", 99'000, "]")});
  all.push_back({"unique fractions", unique, list("[", "@.5", 99'000, "]")});
  all.push_back({"unique strings", unique, list("[", "\"text @\"", 99'000, "]")});
  all.push_back({"unique lists", unique, list("[", "[@,1]", 30'000, "]")});
  all.push_back({"unique objects", unique, list("[", R"({"a":@,"b":1})", 30'000, "]")});
  all.push_back({"unique objects in two orders", unique,
                 list("[", R"({"a":@,"b":1},{"b":2,"a":@})", 15'000, "]")});
  all.push_back(
      {"unique long strings", unique, list("[", "\"" + times("x", 1'000) + "@\"", 900, "]")});
  all.push_back({"unique items that differ deep inside", unique,
                 list("[", times("[", 50) + "@" + times("]", 50), 1'800, "]")});
  all.push_back({"the last of 99,000 is not unique", unique, list("[", "@", 99'000, ",98999]")});
  const std::string many = list("[", "@", 99'000, "]");
  all.push_back({"contains that never holds", R"({"contains":{"type":"null"}})", many});
  all.push_back({"contains with counts beyond all",
                 R"({"contains":true,"minContains":1e300,"maxContains":1e308})", many});
  all.push_back({"items that all fail", R"({"items":{"type":"null"}})", many});
  all.push_back({"items with an alternative each",
                 R"({"items":{"anyOf":[{"type":"null"},{"type":"string"},{"minimum":0}]}})", many});
  all.push_back({"unevaluatedItems under branches",
                 list(R"({"unevaluatedItems":{"type":"null"},"anyOf":[)",
                      R"({"contains":{"const":@}})", 500, "]}"),
                 many});
  all.push_back({"minItems beyond all", R"({"minItems":1e300})", many});
}

inline void add_objects(std::vector<HostilePair>& all) {
  const std::string names = list("{", R"("m@":@)", 49'000, "}");
  all.push_back({"120 patterns on 49,000 names",
                 list("{\"patternProperties\":{", R"("^(a|b)*@$":true)", 120, "}}"), names});
  all.push_back({"a pattern for names", R"({"propertyNames":{"pattern":"^(m+)+[0-9]+$"}})", names});
  all.push_back({"names that are all refused", R"({"propertyNames":{"maxLength":1}})", names});
  all.push_back({"additionalProperties false", R"({"additionalProperties":false})", names});
  all.push_back(
      {"90,000 names are required", list("{\"required\":[", "\"n@\"", 90'000, "]}"), "{}"});
  all.push_back({"90,000 names are required and some are there",
                 list("{\"required\":[", "\"m@\"", 90'000, "]}"), names});
  all.push_back({"1,900 properties",
                 list("{\"properties\":{", R"("m@":{"type":"null"})", 1'900, "}}"), names});
  all.push_back({"15,000 names that require five names each",
                 list("{\"dependentRequired\":{", R"("m@":["a","b","c","d","e"])", 15'000, "}}"),
                 names});
  all.push_back({"900 dependent schemas",
                 list("{\"dependentSchemas\":{", R"("m@":{"minProperties":1})", 900, "}}"), names});
  all.push_back({"dependent schemas that look at everything",
                 list("{\"dependentSchemas\":{",
                      R"("m@":{"additionalProperties":{"type":"integer"}})", 900, "}}"),
                 names});
  all.push_back(
      {"maxProperties beyond all", R"({"maxProperties":1e300,"minProperties":1e300})", names});
}

inline void add_values(std::vector<HostilePair>& all) {
  const std::string strings = list("[", "\"v@\"", 99'000, "]");
  all.push_back({"enum of 99,000 strings", "{\"items\":{\"enum\":" + strings + "}}", strings});
  all.push_back({"enum of 20,000 objects",
                 list("{\"items\":{\"enum\":[", R"({"a":@,"b":[1]})", 20'000, "]}}"),
                 list("[", R"({"b":[1],"a":@})", 20'000, "]")});
  all.push_back({"const of 99,000 items", "{\"const\":" + strings + "}", strings});
  all.push_back({"const that is nested deeply",
                 "{\"const\":" + times("[", 60) + times("]", 60) + "}",
                 times("[", 60) + times("]", 60)});
  all.push_back(
      {"minLength beyond all", R"({"minLength":1000000000000000000})", text("a", 1'000'000)});
  all.push_back({"maxLength of a long text", R"({"maxLength":3})", text("ä", 500'000)});
  all.push_back({"the smallest divisor", R"({"items":{"multipleOf":1e-308}})",
                 list("[", "1e308,@.25", 40'000, "]")});
  all.push_back({"a divisor with many digits", R"({"items":{"multipleOf":0.12345678901234567}})",
                 list("[", "@.5", 99'000, "]")});
  all.push_back({"bounds at the edge of doubles",
                 R"({"items":{"minimum":-1.7976931348623157e308,"exclusiveMaximum":5e-324}})",
                 list("[", "1.7976931348623157e308", 90'000, "]")});
  all.push_back({"items nested as deep as JSON may be", R"({"items":{"$ref":"#"}})",
                 times("[", 63) + times("]", 63)});
}

inline void add_patterns(std::vector<HostilePair>& all) {
  const std::string as = text("a", 100'000, "!");
  for (const std::string pattern : {"(a+)+$",
                                    "^(a+)+$",
                                    "(a|aa)+$",
                                    "(a|a?)+$",
                                    "(.*)*x",
                                    "(.*a){25}$",
                                    "([a-z]+)*[0-9]",
                                    "^(([a-z])+.)+[A-Z]([a-z])+$",
                                    "(x+x+)+y",
                                    "(a*)*b",
                                    "a{0,1000}b",
                                    "(a{0,30}){0,30}b",
                                    "[ab]*a[ab]{300}c",
                                    "(\\\\w*)*\\\\W$",
                                    "^(?:a?){1000}a{1000}$",
                                    "(a{1000}){1000}",
                                    "(((((a+)+)+)+)+)+$",
                                    "^(a|b|ab)*c$",
                                    "\\\\p{L}+\\\\p{N}$",
                                    "(?=a)b",
                                    "(a)\\\\1",
                                    "[^]*[^]*[^]*x"})
    all.push_back({"pattern " + pattern, "{\"pattern\":\"" + pattern + "\"}", as});
  all.push_back({"a pattern of 5,000 bytes", "{\"pattern\":" + text("a", 5'000) + "}", as});
  all.push_back({"200 patterns", list("{\"allOf\":[", R"({"pattern":"^(x@)*$"})", 200, "]}"), as});
  all.push_back({"100 patterns that take much memory",
                 list("{\"allOf\":[", R"({"pattern":"^([a-z@]{1,20}){1,20}$"})", 100, "]}"), as});
  all.push_back({"a short pattern on many strings", R"({"items":{"pattern":"^(a+)+$"}})",
                 list("[", "\"aaaaaaaaaaaaaaa@!\"", 40'000, "]")});
}

}  // namespace hostile

inline std::vector<HostilePair> hostile_pairs() {
  std::vector<HostilePair> all;
  hostile::add_references(all);
  hostile::add_branches(all);
  hostile::add_arrays(all);
  hostile::add_objects(all);
  hostile::add_values(all);
  hostile::add_patterns(all);
  return all;
}

}  // namespace tests
