#include "gateway/pipeline/inquiry.h"

#include <utility>

#include <asio/redirect_error.hpp>

#include "gateway/pipeline/inquiry_pace.h"

namespace gateway::pipeline {
namespace {

using base::Json;
using policies::CarriedOut;
using policies::Verification;

Inquiry not_asked(const Verification& how, std::string why) {
  Inquiry inquiry;
  inquiry.found.tool = how.id();
  inquiry.found.why = std::move(why);
  return inquiry;
}

// The one question that is put again and again. Its own policy and catalog are those of the call:
// what is not read_only by them may happen twice, and is not asked.
base::Result<const tools::CatalogEntry*> tool_to_ask(const Call& call, const Verification& how) {
  const tools::CatalogEntry* entry = call.snapshot->catalog->find_id(how.server, how.tool);
  if (entry == nullptr || !entry->quarantine.empty()) {
    return base::Error{base::Code::not_found, "no server offers " + how.id(), {}};
  }
  if (call.snapshot->effect_of(*entry) != policies::Effect::read_only) {
    return base::Error{base::Code::refused, how.id() + " is not read_only", {}};
  }
  return entry;
}

Call question_about(Call& call, const tools::CatalogEntry& entry, const Json& arguments) {
  Call question;
  question.request_id = call.request_id + ".v" + std::to_string(++call.inquiries);
  question.principal = call.principal;
  question.principal.view.clear();  // a view is what a client is shown, and nobody is shown this
  question.session = call.session;
  question.asked = entry.exported;
  question.arguments = mcp::ToolArguments(arguments);
  question.snapshot = call.snapshot;
  question.loop = call.loop;
  question.received = std::chrono::system_clock::now();
  question.started = std::chrono::steady_clock::now();
  question.verifies = &call;
  return question;
}

// Ends when the call's caller has gone or the time is over.
base::Task<Outcome> put(const Call& call, Call& question, Next next,
                        std::chrono::nanoseconds left) {
  base::Cancellation cancellation;
  const auto cancel = [&cancellation] { cancellation.request(); };
  const base::CancellationScope caller(call.cancellation, cancel);
  base::Deadline deadline(call.loop->watchdog(), cancel);
  deadline.set(std::chrono::steady_clock::now() + left);
  question.cancellation = &cancellation;
  co_return co_await next.begin(question);
}

base::Task<void> rest(const Call& call, std::chrono::milliseconds pause) {
  base::Timer timer(call.loop->io(), pause);
  const auto wake = [&timer] { timer.cancel(); };
  const base::CancellationScope caller(call.cancellation, wake);
  base::Deadline end_of_loop(call.loop->watchdog(), wake);
  std::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(base::use_task, ignored));
}

CarriedOut answer_of(const Verification& how, const Outcome& outcome) {
  const bool answered = outcome.kind == Outcome::Kind::answered && !outcome.error;
  return answered ? how.read(outcome.result) : CarriedOut::inconclusive;
}

std::string why(const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::answered) return "its answer does not tell";
  return std::string(to_string(outcome.kind)) + " " + outcome.reason +
         (outcome.detail.empty() ? "" : ": " + outcome.detail);
}

// What rules refuse they refuse again. There may be room in a limit later, and a store may come
// back.
bool is_final(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::refused && !outcome.quota &&
         outcome.reason != "store_unavailable";
}

}  // namespace

base::Task<Inquiry> inquire(Call& call, Next next, const policies::ledger::Clock& clock) {
  const Verification* how = call.verification();
  const auto entry = tool_to_ask(call, *how);
  if (!entry) co_return not_asked(*how, entry.error().message);
  const auto arguments = how->arguments_for(call.arguments.value());
  if (!arguments) co_return not_asked(*how, arguments.error().message);
  Inquiry inquiry = not_asked(*how, {});
  InquiryPace pace(*how, clock.steady());
  while (true) {
    Call question = question_about(call, **entry, *arguments);
    const auto asked = clock.steady();
    inquiry.last = co_await put(call, question, next, pace.end() - asked);
    inquiry.answered = inquiry.answered || inquiry.last.kind == Outcome::Kind::answered;
    inquiry.found.asked = call.inquiries;
    inquiry.found.request = question.request_id;
    const CarriedOut said = answer_of(*how, inquiry.last);
    inquiry.found.answer = pace.believed(said, asked);
    if (inquiry.found.answer != CarriedOut::inconclusive) co_return inquiry;
    inquiry.found.why =
        said == CarriedOut::no ? "too early to believe not_done" : why(inquiry.last);
    const bool over = is_final(inquiry.last) || call.cancelled() || call.loop->ending();
    if (over) co_return inquiry;
    const auto pause = pace.next_pause(clock.steady());
    if (!pause) co_return inquiry;
    co_await rest(call, *pause);
    if (call.cancelled() || call.loop->ending()) co_return inquiry;
  }
}

}  // namespace gateway::pipeline
