#include <utility>

#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Resolve final : public Stage {
 public:
  base::Task<Outcome> handle(Call& call, Next next) override {
    find(call);
    if (!call.resolved()) return base::done(unknown(call.primitive, call.asked, "no server offers it"));
    return next(call);
  }

 private:
  static void find(Call& call) {
    const tools::Catalog& catalog = *call.snapshot->catalog;
    if (call.is_tool()) {
      call.entry = catalog.find(call.asked);
      if (call.entry != nullptr) call.effect = call.snapshot->effect_of(*call.entry);
      return;
    }
    call.effect = policies::Effect::read_only;
    if (call.primitive == policies::Primitive::prompt) {
      call.offer = catalog.prompts().find(call.asked);
    } else if (auto found = catalog.resources().find(call.asked)) {
      call.offer = found->entry;
      call.uri = std::move(found->uri);
    }
  }
};

}  // namespace

std::unique_ptr<Stage> resolve() { return std::make_unique<Resolve>(); }

}  // namespace gateway::pipeline::stages
