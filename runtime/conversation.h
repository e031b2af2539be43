#pragma once

#include <cstddef>
#include <memory>
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
  Exchange(std::string text, std::vector<ToolRequest> calls, base::Json native);

  std::string text;
  std::vector<ToolRequest> calls;
  base::Json native;
  std::vector<ToolReturn> returns;  ///< one for each call

  std::size_t bytes() const;

 private:
  std::size_t said_ = 0;  // bytes of all but the returns
};
/// Shared by a conversation and the questions that show it, because each step asks anew.
using Exchanges = std::vector<std::shared_ptr<const Exchange>>;

/// Whether an event changes what was said: of the others a conversation learns nothing.
bool tells(const What& what);

/// All that was said in a run, as its events tell it. The journal is its truth: a conversation can
/// be dropped and put together again.
class Conversation {
 public:
  void apply(const Event& event);

  const std::string& instructions() const { return instructions_; }
  const std::string& goal() const { return goal_; }
  const Exchanges& exchanges() const { return exchanges_; }
  /// What the first turns come to, when they were summed up; else "" and 0.
  const std::string& summary() const { return summary_; }
  std::int64_t summarised() const { return summarised_; }
  /// How many events it was told of that tell something: one that was told of fewer than its run
  /// has is not all that was said.
  std::int64_t heard() const { return heard_; }
  /// About what it takes in memory.
  std::size_t bytes() const { return bytes_; }

 private:
  void set(std::int64_t turn, std::int64_t index, ToolReturn value);

  std::string instructions_, goal_, summary_;
  Exchanges exchanges_;  // by turn
  std::int64_t summarised_ = 0, heard_ = 0;
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
  std::string summary;  ///< of the first `summarised` turns; "" when there is none
  std::int64_t summarised = 0;
  std::int64_t dropped = 0;  ///< turns before the first of `exchanges`
  Exchanges exchanges;
  std::string closing;  ///< what is asked after all of them; "": to go on
  std::vector<ToolOffer> tools;
  std::int64_t max_tokens = 0;

  std::size_t bytes() const;
  /// The goal, a word on what is no longer shown, and what that came to.
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
                                    std::vector<ToolOffer> tools, std::int64_t max_tokens,
                                    std::string closing = {});
/// The closing of a question for a summary.
std::string ask_for_summary();

}  // namespace runtime
