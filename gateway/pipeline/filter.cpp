#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Filter final : public Stage {
 public:
  explicit Filter(const base::Limits& limits) : limits_(limits) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    Outcome outcome = co_await next(call);
    if (outcome.bytes <= limits_.result) co_return outcome;
    Outcome withheld = outcome;
    withheld.reason = "result_too_large";
    withheld.result = mcp_error(call, outcome.bytes);
    co_return withheld;
  }

 private:
  base::Json mcp_error(const Call& call, std::size_t bytes) const {
    return server_failed(Outcome::Kind::answered, {},
                         "The call was carried out, but the result of " + call.entry->id() +
                             " has " + std::to_string(bytes) + " bytes; " +
                             std::to_string(limits_.result) + " are allowed. It was withheld.")
        .result;
  }

  const base::Limits& limits_;
};

}  // namespace

std::unique_ptr<Stage> filter(const base::Limits& limits) {
  return std::make_unique<Filter>(limits);
}

}  // namespace gateway::pipeline::stages
