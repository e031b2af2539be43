#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "runtime/event.h"

namespace runtime {

/// What a call returned, as the model is told.
struct ToolReturn {
  std::string text;
  bool error = false;
};

/// One answer of the model and what each of its calls returned, in the order of the calls. The two
/// are shown together or not at all: providers refuse a call without its result.
struct Exchange {
  std::string text;
  std::vector<ToolRequest> calls;
  base::Json native;
  std::vector<ToolReturn> returns;

  std::size_t bytes() const;
};

/// All that was said in a run, as its events tell it. The journal is its truth: a conversation can
/// be dropped and put together again.
class Conversation {
 public:
  void apply(const Event& event);

  const std::string& instructions() const { return instructions_; }
  const std::string& goal() const { return goal_; }
  const std::vector<Exchange>& exchanges() const { return exchanges_; }
  /// About what it takes in memory.
  std::size_t bytes() const { return bytes_; }

 private:
  ToolReturn* place(std::int64_t turn, std::int64_t index);
  void set(ToolReturn& returned, ToolReturn value);

  std::string instructions_, goal_;
  std::vector<Exchange> exchanges_;  // by turn
  std::size_t bytes_ = 0;
};

/// A tool as the model is offered it.
struct ToolOffer {
  std::string name, description;
  base::Json schema;
};

/// All that a model is asked at once.
struct Question {
  std::int64_t turn = 0;
  std::string instructions, goal;
  std::int64_t dropped = 0;  ///< turns before the first of `exchanges`
  std::vector<Exchange> exchanges;
  std::vector<ToolOffer> tools;
  std::int64_t max_tokens = 0;

  std::size_t bytes() const;
  /// The goal, and a word on what is no longer shown.
  std::string opening() const;
};

/// What of a conversation is shown.
struct Window {
  std::int64_t tokens = 0;
  double bytes_per_token = 4;
  std::int64_t dropped = 0;  ///< turns that were no longer shown the last time
};

/// Puts together what fits into the window: whole turns go, the oldest first, and when some go a
/// quarter of the window becomes free, so that the beginning stays the same for a while (providers
/// cache it). Long results are cut in their middle. nullopt: not even the last turn fits.
std::optional<Question> question_of(const Conversation& conversation, const Window& window,
                                    std::vector<ToolOffer> tools, std::int64_t max_tokens);

}  // namespace runtime
