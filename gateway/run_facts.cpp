#include "gateway/run_facts.h"

#include <utility>

#include "base/time_text.h"
#include "policies/ledger/money.h"
#include "runtime/run_state.h"

namespace gateway {
namespace {

using base::Json;
using runtime::CallState;
using runtime::RunState;

Json call_facts(const RunState& state, std::size_t index) {
  const CallState& call = state.calls()[index];
  const char* stands = call.phase == CallState::Phase::finished   ? "finished"
                       : call.phase == CallState::Phase::unknown  ? "outcome_unknown"
                       : call.phase == CallState::Phase::approval ? "waiting"
                                                                  : "in_flight";
  Json facts{{"call", std::to_string(state.turn()) + "." + std::to_string(index)},
             {"tool", call.request.tool},
             {"arguments", call.request.arguments},
             {"state", stands},
             {"attempt", call.attempt}};
  if (!call.audit_id.empty()) facts["request"] = call.audit_id;
  if (!call.approval.empty()) facts["approval"] = call.approval;
  return facts;
}

void put_money(Json& facts, const char* key) {
  const auto found = facts.find(key);
  if (found != facts.end()) *found = policies::ledger::money_text(found->get<std::int64_t>());
}

}  // namespace

Json run_line(const runtime::RunFacts& facts) {
  Json line{{"run", facts.id},
            {"agent", facts.agent},
            {"by", facts.by},
            {"started", base::rfc3339(facts.started, 3)},
            {"status", facts.status.empty() ? "open" : facts.status}};
  if (!facts.reason.empty()) line["reason"] = facts.reason;
  if (!facts.status.empty()) line["ended"] = base::rfc3339(facts.ended, 3);
  return line;
}

Json run_facts(const runtime::RunFacts& facts, const std::vector<runtime::StoredEvent>& events) {
  RunState state;
  for (const runtime::StoredEvent& stored : events) state.apply(stored.event);
  Json shown = run_line(facts);
  // The events may know more than the line, which was read before them.
  shown["status"] = state.end() ? to_string(state.end()->status) : to_string(state.status());
  if (state.end() && !state.end()->reason.empty()) shown["reason"] = state.end()->reason;
  shown["goal"] = state.start().goal;
  shown["model"] = state.start().model;
  shown["steps"] = state.turn();
  shown["spent"] = policies::ledger::money_text(state.spent());
  shown["tokens"] = {{"input", state.usage().input},
                     {"cache_read", state.usage().cache_read},
                     {"cache_write", state.usage().cache_write},
                     {"output", state.usage().output},
                     {"all_reported", state.usage().reported}};
  shown["active_ms"] = state.active().count();
  if (state.end()) shown["text"] = state.end()->text;
  shown["waits_for"] = state.waits_for();
  shown["calls"] = Json::array();
  for (std::size_t index = 0; index < state.calls().size(); ++index) {
    shown["calls"].push_back(call_facts(state, index));
  }
  shown["last"] = events.empty() ? 0 : events.back().seq;
  return shown;
}

Json event_facts(const runtime::StoredEvent& stored) {
  Json facts{{"seq", stored.seq},
             {"time", base::rfc3339(stored.event.time, 3)},
             {"event", runtime::name_of(stored.event.what)}};
  Json more = runtime::to_json(stored.event.what);
  put_money(more, "cost");
  put_money(more, "reserved");
  more.erase("native");
  for (auto& [key, value] : more.items()) facts[key] = std::move(value);
  return facts;
}

}  // namespace gateway
