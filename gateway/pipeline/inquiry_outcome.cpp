#include <utility>

#include "gateway/pipeline/inquiry.h"
#include "mcp/messages.h"

namespace gateway::pipeline {
namespace {

using base::Json;
using policies::CarriedOut;

constexpr const char* verified_key = "dev.sluice/verified";

Json facts_of(const Verified& found) {
  return {{"answer", to_string(found.answer)}, {"tool", found.tool}, {"request", found.request}};
}

Json text_block(std::string text) { return {{"type", "text"}, {"text", std::move(text)}}; }

// Takes over what the tool itself promises its callers, when the verify tool happens to answer with
// that. A result without it is an error to many clients: then it is one, whose text says that the
// call was carried out.
void keep_promise(const Call& call, const Json& answer, Json& result) {
  if (!call.entry->tool->output) return;
  const Json* content = base::find_member(answer, "structuredContent");
  if (content != nullptr && call.entry->tool->output->validate(*content).empty()) {
    result["structuredContent"] = *content;
    return;
  }
  const auto broken =
      call.snapshot->policy->broken_result_of(call.entry->server(), call.entry->tool->name);
  if (broken == policies::BrokenResult::withhold) result["isError"] = true;
}

}  // namespace

Outcome carried_out(const Call& call, Inquiry inquiry) {
  const Json& answer = inquiry.last.result;
  Json content = Json::array();
  content.push_back(text_block("The call was carried out. The answer of " + call.id() +
                               " was lost, and " + inquiry.found.tool +
                               " was asked: what follows is its answer."));
  const Json* blocks = base::find_member(answer, "content");
  const Json* structured = base::find_member(answer, "structuredContent");
  if (blocks != nullptr && blocks->is_array() && !blocks->empty()) {
    for (const Json& block : *blocks) content.push_back(block);
  } else if (structured != nullptr) {
    content.push_back(text_block(base::dump_json(*structured)));
  }
  Outcome outcome;
  outcome.kind = Outcome::Kind::answered;
  outcome.reason = "verified";
  outcome.bytes = inquiry.last.bytes;
  outcome.result = {{"content", std::move(content)}};
  keep_promise(call, answer, outcome.result);
  outcome.result["_meta"] = {{verified_key, facts_of(inquiry.found)}};
  outcome.verified = std::move(inquiry.found);
  return outcome;
}

// A caller that may not call the verify tool hears nothing of it (design §2.11).
Outcome still_unknown(Outcome outcome, const Inquiry& inquiry) {
  outcome.verified = inquiry.found;
  if (!inquiry.answered || outcome.error) return outcome;
  outcome.result["content"].push_back(
      text_block(inquiry.found.answer == CarriedOut::no
                     ? inquiry.found.tool + " was asked, and says that it was not."
                     : inquiry.found.tool + " was asked, and its answer does not tell."));
  outcome.result["_meta"] = {{verified_key, facts_of(inquiry.found)}};
  return outcome;
}

}  // namespace gateway::pipeline
