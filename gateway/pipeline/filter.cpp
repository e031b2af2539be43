#include <string>
#include <utility>

#include "gateway/pipeline/bounded_events.h"
#include "gateway/pipeline/exported_uris.h"
#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

/// How a result breaks its outputSchema; empty when it does not.
struct Broken {
  std::string text;    ///< for the caller: one line per violation, with what was found
  std::string detail;  ///< for records, which hold nothing of a result: where, and which keyword
};

class Filter final : public Stage {
 public:
  explicit Filter(const base::Limits& limits) : limits_(limits) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    EventSink* const caller = call.events;
    std::optional<BoundedEvents> bounded;
    if (caller != nullptr) call.events = &bounded.emplace(*caller, limits_);
    Outcome outcome = co_await next(call);
    call.events = caller;
    if (outcome.stands_in()) co_return outcome;  // it came down and up these stages as its own call
    if (outcome.bytes > limits_.result) {
      const std::string bounds = std::to_string(outcome.bytes) + " bytes; " +
                                 std::to_string(limits_.result) + " are allowed";
      co_return withhold(call, outcome, "result_too_large",
                         "The call was carried out, but the result of " + call.id() + " has " +
                             bounds + ". It was withheld.",
                         bounds);
    }
    const bool of_server = outcome.kind == Outcome::Kind::answered && !outcome.error;
    if (of_server) export_uris(call, outcome.result);
    if (const Broken broken = broken_promises(call, outcome); !broken.text.empty()) {
      const std::string breaks =
          "the result of " + call.entry->id() + " breaks the tool's outputSchema.";
      if (warns_only(call)) {
        warn(outcome, 'T' + breaks.substr(1) + "\n" + broken.text, broken.detail);
        co_return outcome;
      }
      co_return withhold(
          call, outcome, "result_invalid",
          "The call was carried out, but " + breaks + " It was withheld.\n" + broken.text,
          broken.detail);
    }
    co_return outcome;
  }

 private:
  static Outcome withhold(const Call& call, const Outcome& outcome, std::string reason,
                          std::string text, std::string detail) {
    Outcome withheld = outcome;
    withheld.result = server_failed(Outcome::Kind::answered, {}, std::move(text)).result;
    withheld.reason = std::move(reason);
    withheld.detail = std::move(detail);
    if (!call.is_tool()) make_error(withheld);
    return withheld;
  }

  static bool warns_only(const Call& call) {
    return call.snapshot->policy->broken_result_of(call.entry->server(), call.entry->tool->name) ==
           policies::BrokenResult::warn;
  }

  static void warn(Outcome& outcome, std::string text, std::string detail) {
    base::Json& extras = outcome.result["_meta"];
    if (!extras.is_object()) extras = base::Json::object();
    extras["dev.sluice/warning"] = std::move(text);
    outcome.reason = "result_invalid";
    outcome.detail = std::move(detail);
  }

  // A result is held to the outputSchema unless it is an error (MCP 2026-07-28, tools: output
  // schema).
  static Broken broken_promises(const Call& call, const Outcome& outcome) {
    const bool promised = outcome.kind == Outcome::Kind::answered && !outcome.error &&
                          call.entry != nullptr && call.entry->tool->output;
    if (!promised || outcome.tool_error()) return {};
    const base::Json* content = base::find_member(outcome.result, "structuredContent");
    if (content == nullptr) {
      return {"expected structuredContent, found none", "no structuredContent"};
    }
    Broken broken;
    for (const auto& violation : call.entry->tool->output->validate(*content)) {
      if (!broken.text.empty()) broken.text.push_back('\n');
      broken.text.append(to_string(violation));
      if (!broken.detail.empty()) broken.detail.append(", ");
      broken.detail.append(violation.instance + " (" + violation.keyword + ")");
    }
    return broken;
  }

  const base::Limits& limits_;
};

}  // namespace

std::unique_ptr<Stage> filter(const base::Limits& limits) {
  return std::make_unique<Filter>(limits);
}

}  // namespace gateway::pipeline::stages
