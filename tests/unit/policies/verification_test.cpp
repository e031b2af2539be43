#include "policies/verification.h"

#include <catch2/catch.hpp>

#include "policies/policy.h"
#include "policies/policy_files.h"
#include "policies/policy_warnings.h"
#include "tests/support/config_error.h"

namespace verification_test {

using base::Json;
using policies::CarriedOut;
using policies::Policy;

namespace {

const std::string find_ticket = "crm/find_ticket: {effect: read_only}";
const std::string done = "{required: [found], properties: {found: {const: true}}}";
const std::string not_done = "{required: [found], properties: {found: {const: false}}}";

std::string verify_of(const std::string& rest) {
  return "{tool: crm/find_ticket, arguments: {ref: /ref}, " + rest + "}";
}

std::string policy_with(const std::string& verify) {
  return "tools:\n  crm/create_ticket: {effect: reconcilable, verify: " + verify + "}\n  " +
         find_ticket + "\n";
}

std::string refusal(const std::string& policy) {
  return tests::config_error([&] { policies::parse_policy(policy, "p.yaml"); });
}

policies::Verification verification(const std::string& verify) {
  const Policy policy(policies::parse_policy(policy_with(verify), "p.yaml"));
  return *policy.verification_of("crm", "create_ticket");
}

Json structured(Json value) {
  return {{"content", Json::array()}, {"structuredContent", std::move(value)}};
}

}  // namespace

TEST_CASE("the pattern that gives a tool its effect says how it is verified", "[verify]") {
  const auto verify = verification(verify_of("done: " + done + ", settle: 2s, within: 30s"));
  CHECK(verify.id() == "crm/find_ticket");
  CHECK(verify.settle == std::chrono::seconds(2));
  CHECK(verify.within == std::chrono::seconds(30));
  CHECK(verify.place == "p.yaml:2");
  const Policy policy(policies::parse_policy(policy_with(verify_of("done: " + done)), "p.yaml"));
  CHECK(policy.effect_of("crm", "create_ticket") == policies::Effect::reconcilable);
  CHECK(policy.has_verifications());
  CHECK(policy.verification_of("crm", "find_ticket") == nullptr);
  CHECK(policy.verification_of("crm", "other") == nullptr);
}

TEST_CASE("the effect reconcilable and verify need each other", "[verify]") {
  CHECK(refusal("tools: {a/b: {effect: reconcilable}}\n") ==
        "p.yaml:1:23: tool a/b: the effect 'reconcilable' needs 'verify' beside it: which tool is "
        "asked what became of a call");
  CHECK(refusal("tools: {a/b: {effect: idempotent, verify: {tool: a/c, arguments: {x: /x}, done: "
                "{required: [id]}}}}\n") ==
        "p.yaml:1:43: tool a/b: 'verify' needs 'effect: reconcilable' beside it");
}

TEST_CASE("a verify tool that is not read_only is refused at its place", "[verify]") {
  for (const std::string effect : {"idempotent", "non_idempotent"}) {
    CHECK(refusal(
              "tools:\n"
              "  crm/create: {effect: reconcilable, verify: {tool: crm/find, arguments: {x: /x}, "
              "done: {required: [id]}}}\n"
              "  crm/*: {effect: " +
              effect + "}\n") == "p.yaml:2:53: a verify tool must be read_only, and crm/find is " +
                                     effect + ", as crm/* says at p.yaml:3:3");
  }
  CHECK(refusal(
            "tools: {'crm/*': {effect: reconcilable, verify: {tool: crm/find, arguments: {x: /x}, "
            "done: {required: [id]}}}}\n")
            .find("crm/find is reconcilable") != std::string::npos);
  CHECK(
      refusal("tools: {crm/create: {effect: reconcilable, verify: {tool: crm/find, arguments: {x: "
              "/x}, done: {required: [id]}}}}\n") == "");
}

TEST_CASE("whatever is wrong with verify is refused at its place", "[verify]") {
  const std::string here = "p.yaml:2:";
  const auto complaint = [&](const std::string& verify) {
    const std::string text = refusal(policy_with(verify));
    REQUIRE(text.starts_with(here));
    return text.substr(text.find(' ') + 1);
  };
  const std::string scope = "tool crm/create_ticket: verify: ";
  CHECK(complaint("{arguments: {x: /x}, done: {required: [id]}}") ==
        scope + "it needs 'tool': which tool is asked, as server/tool");
  CHECK(complaint("{tool: crm/find_*, arguments: {x: /x}, done: {required: [id]}}") ==
        scope + "expected one tool as server/tool, without a star; found 'crm/find_*'");
  CHECK(complaint("{tool: crm/, arguments: {x: /x}, done: {required: [id]}}")
            .find("expected one tool") != std::string::npos);
  CHECK(complaint("{tool: crm/find_ticket, done: {required: [id]}}") ==
        scope + "it needs 'arguments': what of the call the verify tool is asked with");
  CHECK(complaint(verify_of("not_done: {required: [no]}")) ==
        scope + "it needs 'done': what the tool's result is like when the call was carried out");
  CHECK(complaint(verify_of("don: {required: [id]}")) == "unknown key 'don'; did you mean 'done'?");
  CHECK(complaint(verify_of("done: " + done + ", not_done: " + done)) ==
        scope + "'done' and 'not_done' are the same: no answer could tell");
  CHECK(complaint(verify_of("done: " + done + ", settle: 30s, within: 30s")) ==
        scope + "'within' must be longer than 'settle', before which no 'not_done' is believed");
  CHECK(complaint(verify_of("done: " + done + ", within: 2h")) ==
        scope + "expected at most 1h; found '2h'");
  CHECK(complaint(verify_of("done: {requird: [x]}")).find("requird") != std::string::npos);
}

TEST_CASE("a schema that results fit by what they lack is refused", "[verify]") {
  for (const std::string schema : {"{properties: {found: {const: true}}}", "{type: object}"}) {
    CHECK(refusal(policy_with(verify_of("done: " + schema))) ==
          "p.yaml:2:107: tool crm/create_ticket: verify: 'done' fits a result that says nothing: "
          "list under 'required' what it must hold");
  }
  CHECK(refusal(policy_with(verify_of("done: {required: [a], properties: {b: {type: string}}}")))
            .find("'done' fits results that do not say so. A result without \"b\" passes") !=
        std::string::npos);
  CHECK(
      refusal(
          policy_with(verify_of(
              "done: {required: [id]}, not_done: {required: [n], properties: {n: {maximum: 0}}}")))
          .find("'not_done' fits results that do not say so. A value of \"n\" that is of another "
                "type passes: say its `type`.") != std::string::npos);
}

TEST_CASE("an argument of a verify tool is a pointer into the call or a constant", "[verify]") {
  const auto with = [](const std::string& argument) {
    return refusal(policy_with("{tool: crm/find_ticket, arguments: {ref: " + argument +
                               "}, done: {required: [id]}}"));
  };
  for (const std::string good : {"/ref", "/a~1b/0", "{const: /ref}", "{const: null}", "/"}) {
    CHECK(with(good) == "");
  }
  CHECK(with("ref") ==
        "p.yaml:2:94: tool crm/create_ticket: verify: expected a JSON Pointer into the arguments "
        "of the call, such as /ref, or {const: …}; found 'ref': it does not begin with '/'");
  CHECK(with("/a~2").find("its '~' is no escape") != std::string::npos);
  CHECK(with("/a~").find("its '~' is no escape") != std::string::npos);
  CHECK(with("{}").find("a map under 'arguments' needs 'const'") != std::string::npos);
  CHECK(with("{cons: 1}").find("did you mean 'const'?") != std::string::npos);
}

TEST_CASE("a verify tool is asked with what of the call is mapped, and with constants",
          "[verify]") {
  const auto verify = verification(
      "{tool: crm/find_ticket, arguments: {ref: /order/ids/1, odd: /a~1b~0c, kind: {const: {n: "
      "1}}, none: {const: null}}, done: {required: [id]}}");
  const Json call{{"order", {{"ids", {"a", "b"}}}}, {"a/b~c", 7}, {"other", true}};
  const auto asked = verify.arguments_for(call);
  REQUIRE(asked.ok());
  CHECK(*asked == Json{{"ref", "b"}, {"odd", 7}, {"kind", {{"n", 1}}}, {"none", nullptr}});
}

TEST_CASE("nothing is asked about a call that lacks what is mapped", "[verify]") {
  const auto verify =
      verification("{tool: crm/find_ticket, arguments: {ref: /ids/1}, done: {required: [id]}}");
  for (const Json& call :
       {Json::object(), Json{{"ids", "a"}}, Json{{"ids", {"a"}}}, Json{{"ids", {{"2", "a"}}}}}) {
    const auto asked = verify.arguments_for(call);
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().message == "the call has no /ids/1");
  }
  CHECK(verify.arguments_for({{"ids", {{"1", "a"}}}}).ok());
  for (const std::string index : {"/ids/01", "/ids/-", "/ids/+1", "/ids/1x", "/ids/"}) {
    const auto other = verification("{tool: crm/find_ticket, arguments: {ref: " + index +
                                    "}, done: {required: [id]}}");
    CHECK_FALSE(other.arguments_for({{"ids", {"a", "b"}}}).ok());
  }
}

TEST_CASE("only a result that fits exactly one schema says what became of a call", "[verify]") {
  const auto verify = verification(verify_of("done: " + done + ", not_done: " + not_done));
  CHECK(verify.read(structured({{"found", true}})) == CarriedOut::yes);
  CHECK(verify.read(structured({{"found", false}})) == CarriedOut::no);
  CHECK(verify.read(structured({{"found", "?"}})) == CarriedOut::inconclusive);
  CHECK(verify.read(structured(Json::object())) == CarriedOut::inconclusive);
  CHECK(verify.read({{"content", Json::array()}}) == CarriedOut::inconclusive);
  const auto both = verification(verify_of("done: " + done + ", not_done: {required: [found]}"));
  CHECK(both.read(structured({{"found", true}})) == CarriedOut::inconclusive);
}

TEST_CASE("an error of the verify tool is no answer, whatever it holds", "[verify]") {
  const auto verify = verification(verify_of("done: " + done + ", not_done: " + not_done));
  for (const bool found : {true, false}) {
    Json result = structured({{"found", found}});
    result["isError"] = true;
    CHECK(verify.read(result) == CarriedOut::inconclusive);
  }
  CHECK(verify.read(nullptr) == CarriedOut::inconclusive);
}

TEST_CASE("without not_done nothing says that a call was not carried out", "[verify]") {
  const auto verify = verification(verify_of("done: " + done));
  CHECK(verify.read(structured({{"found", true}})) == CarriedOut::yes);
  CHECK(verify.read(structured({{"found", false}})) == CarriedOut::inconclusive);
}

TEST_CASE("a result without structuredContent is read as a whole", "[verify]") {
  const auto verify = verification(
      verify_of("done: {required: [content], properties: {content: {type: array, contains: "
                "{required: [text], properties: {text: {type: string, pattern: '^open'}}}}}}"));
  const auto texts = [](const std::string& text) {
    return Json{{"content", {{{"type", "text"}, {"text", text}}}}};
  };
  CHECK(verify.read(texts("open since May")) == CarriedOut::yes);
  CHECK(verify.read(texts("none")) == CarriedOut::inconclusive);
}

TEST_CASE("two ways to verify a tool are two policies", "[verify]") {
  const auto version = [](const std::string& verify) {
    return Policy(policies::parse_policy(policy_with(verify), "p.yaml")).version();
  };
  const std::string usual = version(verify_of("done: {required: [id]}"));
  CHECK(usual == version(verify_of("done: {required: [id]}, settle: 10s, within: 45s")));
  for (const std::string rest :
       {"done: {required: [no]}", "done: {required: [id]}, not_done: {required: [no]}",
        "done: {required: [id]}, settle: 9s", "done: {required: [id]}, within: 46s"}) {
    CHECK(version(verify_of(rest)) != usual);
  }
  CHECK(
      version("{tool: crm/find_ticket, arguments: {ref: {const: /ref}}, done: {required: [id]}}") !=
      usual);
  CHECK(version("{tool: crm/find_ticket, arguments: {ref: /other}, done: {required: [id]}}") !=
        usual);
  CHECK(version("{tool: crm/find, arguments: {ref: /ref}, done: {required: [id]}}") != usual);
}

TEST_CASE("calls whose outcome nobody would find out are warned of", "[verify]") {
  const auto warnings = [](const std::string& roles, const std::string& tools) {
    return policies::policy_warnings(
        policies::parse_policy("people: {ann: {may: [approve]}}\nagents: {a: {roles: [r]}}\nroles: "
                               "{r: " +
                                   roles + "}\n" +
                                   policy_with(verify_of("done: {required: [id]}")) + tools,
                               "p.yaml"),
        {"crm"});
  };
  const std::string here = "p.yaml:5: tool crm/create_ticket: verify: ";
  CHECK(warnings("{allow: ['crm/*']}", "").empty());
  CHECK(warnings("{allow: [crm/create_ticket]}", "") ==
        std::vector<std::string>{here +
                                 "agent a may call it and may not call crm/find_ticket: what "
                                 "became of its calls is not found out"});
  CHECK(warnings("{allow: ['crm/*'], approve: [{tools: crm/find_*, by: [ann]}]}", "") ==
        std::vector<std::string>{
            here +
            "people are asked about calls of crm/find_ticket by agent a: what became of its calls "
            "is not found out, because nobody is asked then"});
}

TEST_CASE("a verify tool of no server, or that nothing says only reads, is warned of", "[verify]") {
  const auto warnings = policies::policy_warnings(
      policies::parse_policy("tools: {crm/create: {effect: reconcilable, verify: {tool: crn/find, "
                             "arguments: {x: /x}, done: {required: [id]}}}}\n",
                             "p.yaml"),
      {"crm"});
  CHECK(
      warnings ==
      std::vector<std::string>{
          "p.yaml:1: tool crm/create: verify: there is no server 'crn'; did you mean 'crm'?",
          "p.yaml:1: tool crm/create: verify: nothing here says that crn/find is read_only: unless "
          "its server is trusted and says so, crm/create is not offered"});
}

}  // namespace verification_test
