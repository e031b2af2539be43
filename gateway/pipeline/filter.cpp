#include <string>
#include <utility>

#include "gateway/pipeline/bounded_events.h"
#include "gateway/pipeline/exported_uris.h"
#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Filter final : public Stage {
 public:
  explicit Filter(const base::Limits& limits) : limits_(limits) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    EventSink* const caller = call.events;
    std::optional<BoundedEvents> bounded;
    if (caller != nullptr) call.events = &bounded.emplace(*caller, limits_);
    Outcome outcome = co_await next(call);
    call.events = caller;
    if (outcome.bytes > limits_.result) {
      co_return withhold(call, outcome, "result_too_large",
                         "The call was carried out, but the result of " + call.id() +
                             " has " + std::to_string(outcome.bytes) + " bytes; " +
                             std::to_string(limits_.result) + " are allowed. It was withheld.");
    }
    const bool of_server = outcome.kind == Outcome::Kind::answered && !outcome.error;
    if (of_server) export_uris(call, outcome.result);
    if (const std::string broken = broken_promises(call, outcome); !broken.empty()) {
      if (warns_only(call)) {
        warn(outcome,
             "The result of " + call.entry->id() + " breaks the tool's outputSchema.\n" + broken);
        co_return outcome;
      }
      co_return withhold(call, outcome, "result_invalid",
                         "The call was carried out, but the result of " + call.entry->id() +
                             " breaks the tool's outputSchema. It was withheld.\n" + broken);
    }
    co_return outcome;
  }

 private:
  static Outcome withhold(const Call& call, const Outcome& outcome, std::string reason,
                          std::string text) {
    Outcome withheld = outcome;
    withheld.result = server_failed(Outcome::Kind::answered, {}, text).result;
    withheld.reason = std::move(reason);
    withheld.detail = std::move(text);
    if (!call.is_tool()) make_error(withheld);
    return withheld;
  }

  static bool warns_only(const Call& call) {
    return call.snapshot->policy->broken_result_of(call.entry->server(), call.entry->tool->name) ==
           policies::BrokenResult::warn;
  }

  static void warn(Outcome& outcome, std::string text) {
    base::Json& extras = outcome.result["_meta"];
    if (!extras.is_object()) extras = base::Json::object();
    extras["dev.sluice/warning"] = text;
    outcome.reason = "result_invalid";
    outcome.detail = std::move(text);
  }

  // A result is held to the outputSchema unless it is an error (MCP 2026-07-28, tools: output
  // schema). One line per violation; "" when there is none.
  static std::string broken_promises(const Call& call, const Outcome& outcome) {
    const bool promised = outcome.kind == Outcome::Kind::answered && !outcome.error &&
                          call.entry != nullptr && call.entry->tool->output;
    if (!promised || outcome.tool_error()) return {};
    const base::Json* content = base::find_member(outcome.result, "structuredContent");
    if (content == nullptr) return "expected structuredContent, found none";
    std::string text;
    for (const auto& violation : call.entry->tool->output->validate(*content)) {
      if (!text.empty()) text.push_back('\n');
      text.append(to_string(violation));
    }
    return text;
  }

  const base::Limits& limits_;
};

}  // namespace

std::unique_ptr<Stage> filter(const base::Limits& limits) {
  return std::make_unique<Filter>(limits);
}

}  // namespace gateway::pipeline::stages
