#pragma once

#include <iosfwd>
#include <memory>

namespace base {

/// As long as it lives, what is written to a stream that is a terminal reaches it as text alone:
/// what others chose, such as the name of a tool or the last words of a server, must not move the
/// cursor, hide lines or turn the direction of writing. Such characters are shown as `\u{1b}`; line
/// ends and tabs pass. Other streams are left as they are.
class TerminalOutput {
 public:
  TerminalOutput(std::ostream& stream, bool is_terminal);
  ~TerminalOutput();
  TerminalOutput(const TerminalOutput&) = delete;
  TerminalOutput& operator=(const TerminalOutput&) = delete;

 private:
  class Buffer;
  std::ostream& stream_;
  std::unique_ptr<Buffer> buffer_;  // null: it is no terminal
};

}  // namespace base
