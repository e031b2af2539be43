#include <utility>

#include "gateway/pipeline/record.h"
#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Audit final : public Stage {
 public:
  explicit Audit(base::Journal& journal) : journal_(journal) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    // A call that could not be recorded afterwards is not made.
    if (!journal_.writable()) co_return store_unavailable("the journal cannot write");
    Outcome outcome = co_await next(call);
    std::vector<base::JournalEntry> entries = std::move(call.on_answer);
    if (call.on_outcome) entries.push_back(call.on_outcome(outcome));
    const bool is_awaited = !entries.empty();
    entries.push_back(audit_entry(call, outcome));
    if (is_awaited) {
      // The intent stays open when this fails: what happened is then recorded as unknown at the
      // next start.
      auto recorded = co_await journal_.commit(std::move(entries));
      call.recorded = recorded.ok();
      if (!recorded)
        outcome.detail = "its audit record was not written: " + recorded.error().message;
      co_return outcome;
    }
    // Read-only and refused calls do not wait: a crash may lose the newest of their records (design
    // §2.7).
    if (auto taken = journal_.submit(std::move(entries)); !taken) {
      if (outcome.kind == Outcome::Kind::refused)
        co_return store_unavailable(taken.error().message);
      co_return server_failed(outcome.kind, "unrecorded",
                              "Store unavailable. The call was sent, but it could not be recorded; "
                              "its answer is withheld.",
                              taken.error().message);
    }
    co_return outcome;
  }

 private:
  base::Journal& journal_;
};

}  // namespace

std::unique_ptr<Stage> audit(base::Journal& journal) { return std::make_unique<Audit>(journal); }

}  // namespace gateway::pipeline::stages
