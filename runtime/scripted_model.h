#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/model.h"

namespace runtime {

/// The answers of a model that is none: one for each turn.
struct Script {
  struct Line {
    ModelAnswer answer;
    std::string error;  ///< instead of an answer
    std::chrono::milliseconds delay{0};
  };
  std::vector<Line> lines;
  std::string summary;  ///< what it says when it is to sum up
};

/// Reads `{"answers": [{"text": …, "calls": [{"tool": …, "arguments": {…}}], "usage": {"input": 9,
/// "output": 3}, "delay_ms": 100} | {"error": …}], "summary": …}`. Code::invalid with a sentence.
base::Result<Script> parse_script(const std::string& text);
base::Result<Script> load_script(const std::filesystem::path& file);

/// Answers each turn with its line, so that everything around a model can be run without one.
class ScriptedModel final : public Model {
 public:
  explicit ScriptedModel(Script script) : script_(std::move(script)) {}
  base::Task<base::Result<ModelAnswer>> ask(base::Loop& loop, Question question,
                                            base::SteadyTime deadline) override;

 private:
  const Script script_;
};

}  // namespace runtime
