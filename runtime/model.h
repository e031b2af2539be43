#pragma once

#include <string>
#include <vector>

#include "base/event_loops.h"
#include "base/result.h"
#include "runtime/conversation.h"

namespace runtime {

/// What a model answered.
struct ModelAnswer {
  std::string text;
  std::vector<ToolRequest> calls;
  Usage usage;
  Finish finish = Finish::complete;
  base::Json native;  ///< what its provider wants back verbatim, or null
};

/// The seam to the providers of models. Thread-safe.
class Model {
 public:
  virtual ~Model() = default;

  /// Asks once more by itself after errors before which nothing was generated. Code::broken: the
  /// answer broke off or made no sense, and may have cost something. Any other error cost nothing.
  /// Messages are the provider's, without secrets.
  virtual base::Task<base::Result<ModelAnswer>> ask(base::Loop& loop, Question question,
                                                    base::SteadyTime deadline) = 0;
};

}  // namespace runtime
