#pragma once

#include <optional>
#include <vector>

#include "base/file_descriptor.h"
#include "base/json.h"

namespace base {

/// The most bytes of one message; an environment with its arguments must fit.
inline constexpr std::size_t max_unix_message = 128 << 10;

/// One message between two processes over a SOCK_SEQPACKET unix socket: JSON, and descriptors.
struct UnixMessage {
  Json body;
  std::vector<FileDescriptor> descriptors;  ///< close-on-exec
};

/// A connected pair, close-on-exec. Code::unavailable when there are no descriptors left.
Result<std::pair<FileDescriptor, FileDescriptor>> unix_message_pair();

/// Sends without waiting; the descriptors stay open here. Code::limit for what is too long,
/// Code::unavailable when the peer is gone or does not read. Thread-safe.
Status send_unix_message(int socket, const Json& body, const std::vector<int>& descriptors = {});

/// Receives what is there. nullopt: nothing yet. Code::unavailable: the peer is gone; Code::broken:
/// it sent something else.
Result<std::optional<UnixMessage>> receive_unix_message(int socket);

}  // namespace base
