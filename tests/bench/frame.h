#pragma once

#include <cstddef>
#include <string_view>

namespace bench {

/// One HTTP/1.1 message at the front of a buffer: a head that ends with its empty line, then a
/// body.
struct Frame {
  enum class State { incomplete, complete, broken };
  State state = State::incomplete;
  std::string_view head;
  std::string_view body;
  bool close = false;  ///< the sender ends the connection after this message

  std::size_t size() const { return head.size() + body.size(); }
};

/// Finds the first message. A body is framed by Content-Length alone; chunks are `broken`, since
/// both programs here, nginx and Sluice send short messages whole.
Frame find_frame(std::string_view buffer);

/// The value of a header, its name in any case; "" when absent.
std::string_view header_value(std::string_view head, std::string_view name);

/// The status of a response head; 0 when it has none.
int status_of(std::string_view head);

}  // namespace bench
