#pragma once

#include <memory>
#include <vector>

#include "base/task.h"
#include "gateway/pipeline/call.h"
#include "gateway/pipeline/outcome.h"

namespace gateway::pipeline {

class Stage;
using Stages = std::vector<std::unique_ptr<Stage>>;

/// The rest of the way down.
class Next {
 public:
  Next(const Stages& stages, std::size_t index) : stages_(stages), index_(index) {}
  base::Task<Outcome> operator()(Call& call) const;
  /// Another call, which a stage makes itself: down all stages, so that it needs all that a
  /// caller's would need.
  base::Task<Outcome> begin(Call& other) const { return Next(stages_, 0)(other); }

 private:
  const Stages& stages_;
  std::size_t index_;
};

/// One step of every call. It looks at the call on the way down, hands it to `next` or answers by
/// itself (base::done()), and sees the outcome on the way up; with nothing to do there it returns
/// what `next` returns, and is no coroutine: a call passes ten stages. One object serves all calls on all
/// loops: it keeps no state of a call.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual base::Task<Outcome> handle(Call& call, Next next) = 0;
};

inline base::Task<Outcome> Next::operator()(Call& call) const {
  return stages_[index_]->handle(call, Next(stages_, index_ + 1));
}

}  // namespace gateway::pipeline
