#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mcp/sse_reader.h"
#include "runtime/model.h"

namespace runtime {

/// What bounds one answer of a model, whatever its provider sends.
inline constexpr std::size_t longest_answer = 4 << 20;  ///< bytes of text and arguments
inline constexpr std::size_t most_calls = 64;

/// An answer that makes no sense, in the provider's words or ours.
inline base::Error broken_answer(std::string message) {
  return {base::Code::broken, std::move(message), {}};
}

/// Puts one streamed answer together, event by event. No I/O.
class AnswerReader {
 public:
  virtual ~AnswerReader() = default;
  /// True when the answer is complete. Code::broken: the event makes no sense, or the provider
  /// reports an error in its stream; the message is the provider's.
  virtual base::Result<bool> take(const mcp::SseEvent& event) = 0;
  /// The answer, once take() returned true.
  virtual base::Result<ModelAnswer> finish() = 0;
};

/// How a provider wants to be asked.
class Dialect {
 public:
  virtual ~Dialect() = default;
  /// Below the base URL.
  virtual std::string path() const = 0;
  virtual std::pair<std::string, std::string> authorization(const std::string& key) const = 0;
  virtual std::vector<std::pair<std::string, std::string>> headers() const { return {}; }
  virtual std::string body(const Question& question, const std::string& model) const = 0;
  virtual std::unique_ptr<AnswerReader> reader() const = 0;
};

std::unique_ptr<Dialect> openai_dialect();
std::unique_ptr<Dialect> anthropic_dialect();

/// A number of tokens, or a place, as a provider says it; nullopt when it does not. No sum of such
/// overflows.
std::optional<std::int64_t> count_of(const base::Json& object, std::string_view key);
/// A call whose arguments came as text; what is no JSON object is noted for the model.
ToolRequest read_request(std::string id, std::string tool, const std::string& arguments);
/// Gives every call an id, and no two the same one.
void settle_ids(std::vector<ToolRequest>& calls);

}  // namespace runtime
