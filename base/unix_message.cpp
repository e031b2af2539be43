#include "base/unix_message.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace base {
namespace {

constexpr std::size_t most_descriptors = 4;

struct alignas(cmsghdr) Control {
  char bytes[CMSG_SPACE(sizeof(int) * most_descriptors)];
};

Error lost(int error) {
  return {Code::unavailable, "the other process is gone", std::generic_category().message(error)};
}

// Everything that came along is owned at once, so that nothing leaks whatever the message says.
std::vector<FileDescriptor> take_descriptors(msghdr& header) {
  std::vector<FileDescriptor> taken;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      taken.emplace_back(descriptor);
    }
  }
  return taken;
}

}  // namespace

Result<std::pair<FileDescriptor, FileDescriptor>> unix_message_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return Error{Code::unavailable, "no socket can be made",
                 std::generic_category().message(errno)};
  }
  return std::pair(FileDescriptor(ends[0]), FileDescriptor(ends[1]));
}

Status send_unix_message(int socket, const Json& body, const std::vector<int>& descriptors) {
  std::string text = dump_json(body);
  if (text.size() > max_unix_message) {
    return Error{
        Code::limit,
        "arguments and environment are longer than " + std::to_string(max_unix_message) + " bytes",
        {}};
  }
  iovec piece{text.data(), text.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  if (!descriptors.empty()) {
    const std::size_t bytes = sizeof(int) * descriptors.size();
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(part), descriptors.data(), bytes);
  }
  while (::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return lost(errno);
  }
  return {};
}

Result<std::optional<UnixMessage>> receive_unix_message(int socket) {
  std::string text(max_unix_message, '\0');
  iovec piece{text.data(), text.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof control.bytes;
  const ssize_t count = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
      return std::optional<UnixMessage>();
    return lost(errno);
  }
  UnixMessage message;
  message.descriptors = take_descriptors(header);
  if (count == 0) return lost(0);
  text.resize(static_cast<std::size_t>(count));
  JsonLimits limits;
  limits.string = max_unix_message;
  auto parsed = parse_json(text, limits);
  if (!parsed || !parsed->value.is_object() || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return Error{Code::broken, "the other process sent what is no message", {}};
  }
  message.body = std::move(parsed->value);
  return std::optional(std::move(message));
}

}  // namespace base
