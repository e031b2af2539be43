#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tests/bench/message.h"

namespace bench {

/// How the server presents itself.
struct Character {
  bool legacy = false;  ///< speaks 2025-11-25 with a session, not 2026-07-28
  int dummy_tools = 0;
  std::optional<std::chrono::milliseconds>
      delay;  ///< of the tool `slow`; absent: there is no such tool
};

/// A whole HTTP response, and how long to wait before it is sent.
struct Answer {
  std::string http;
  std::chrono::milliseconds delay{0};
};

/// A small MCP server without sockets: `echo`, `slow`, and tools that only lengthen the list.
class Answers {
 public:
  explicit Answers(const Character& character);

  /// Answers one HTTP request.
  Answer answer(std::string_view head, std::string_view body) const;

 private:
  Answer legacy(std::string_view head, const Message& message) const;
  Answer modern(const Message& message) const;
  Answer call(const Message& message) const;

  Character character_;
  std::string tools_;  ///< the result of tools/list
};

}  // namespace bench
