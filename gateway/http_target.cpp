#include "gateway/http_target.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <httplib.h>

namespace gateway {
namespace {

// Reads from memory; what the library answers is swallowed, since Sluice writes its own responses.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view bytes) : rest_(bytes) {}

  bool is_readable() const override { return !rest_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* data, std::size_t size) override {
    const std::size_t count = std::min(size, rest_.size());
    std::memcpy(data, rest_.data(), count);
    rest_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char*, std::size_t size) override { return static_cast<ssize_t>(size); }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  std::string_view rest_;
};

// Never listens. The handler that runs before routing keeps what was parsed and ends the request
// there: the library's routes are std::regex, which hostile paths can crash.
class TargetParser final : public httplib::Server {
 public:
  TargetParser() {
    svr_sock_ = 0;  // process_request gives up at once on a server without a socket
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      target_ = HttpTarget{request.method,
                           request.path,
                           {request.params.begin(), request.params.end()}};
      response.status = 204;
      return HandlerResponse::Handled;
    });
  }
  ~TargetParser() override { svr_sock_ = INVALID_SOCKET; }

  std::optional<HttpTarget> parse(std::string_view head) {
    target_.reset();
    MemoryStream stream(head);
    bool closed = false;
    process_request(stream, false, closed, nullptr);
    return std::move(target_);
  }

 private:
  std::optional<HttpTarget> target_;
};

}  // namespace

base::Result<HttpTarget> parse_target(std::string_view head) {
  // Nearly every request is this one, and nothing in it needs decoding. The library took a seventh
  // of a call's instructions to find that out.
  if (head.starts_with("POST /mcp HTTP/1.1\r\n")) return HttpTarget{"POST", "/mcp"};
  thread_local TargetParser parser;
  auto target = parser.parse(head);
  if (!target) return base::Error{base::Code::invalid, "the request line is malformed", {}};
  return std::move(*target);
}

}  // namespace gateway
