#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mcp/messages.h"
#include "runtime/plan.h"

namespace tests {

using namespace std::chrono_literals;

inline constexpr runtime::Time run_begin{1'800'000'000'000ms};

/// Feeds a state with events, a second apart.
class RunScript {
 public:
  explicit RunScript(runtime::StopConditions stop = {}) {
    runtime::Started started;
    started.agent = "triage";
    started.goal = "Sort the inbox.";
    started.model = "fast";
    started.stop = stop;
    after(0ms, started);
  }

  RunScript& after(std::chrono::milliseconds pause, runtime::What what) {
    now_ += pause;
    events.push_back({now_, std::move(what)});
    state.apply(events.back());
    return *this;
  }
  RunScript& then(runtime::What what) { return after(1s, std::move(what)); }

  /// The model wants these tools, with no arguments, or what `text` says when there are none.
  RunScript& answers(const std::vector<std::string>& tools, const std::string& text = "") {
    runtime::Answered answered;
    answered.turn = state.turn();
    answered.text = text;
    for (const std::string& tool : tools) {
      const std::string id = "call_" + std::to_string(answered.calls.size());
      answered.calls.push_back({id, tool, base::Json::object(), ""});
    }
    return then(std::move(answered));
  }
  RunScript& returns(std::int64_t index, const std::string& text,
                     runtime::Called::Kind kind = runtime::Called::Kind::answered,
                     const std::string& reason = "") {
    return then(outcome(index, text, kind, reason));
  }
  runtime::Called outcome(std::int64_t index, const std::string& text,
                          runtime::Called::Kind kind = runtime::Called::Kind::answered,
                          const std::string& reason = "") const {
    runtime::Called called;
    called.turn = state.turn();
    called.index = index;
    called.attempt = state.calls().at(static_cast<std::size_t>(index)).attempt;
    called.kind = kind;
    called.reason = reason;
    called.result = mcp::text_content_result(text, kind != runtime::Called::Kind::answered);
    return called;
  }
  /// Journals what the plan wants journaled, until it wants something else.
  runtime::Plan settle(const runtime::InFlight& in_flight = {}) {
    while (true) {
      runtime::Plan plan = runtime::plan(state, in_flight);
      if (plan.record.empty()) return plan;
      for (runtime::What& what : plan.record) then(std::move(what));
    }
  }

  runtime::RunState state;
  std::vector<runtime::Event> events;

 private:
  runtime::Time now_ = run_begin;
};

}  // namespace tests
