#include "gateway/listener.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <asio/basic_socket_acceptor.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

#include "gateway/unix_login.h"

namespace gateway {
namespace {

using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;

constexpr int backlog = 1024;
constexpr std::chrono::milliseconds accept_pause{100};

std::string peer_of(asio::basic_stream_socket<Tcp, base::Executor>& socket) {
  std::error_code ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  return {};
}

std::string peer_of(asio::basic_stream_socket<Local, base::Executor>& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return "unix:unknown";
  }
  return unix_login(credentials.uid);
}

template <class Protocol>
class SocketListener final : public Listener {
 public:
  using Acceptor = asio::basic_socket_acceptor<Protocol, base::Executor>;

  SocketListener(base::EventLoops& loops, Acceptor acceptor, ConnectionContext context,
                 std::unique_ptr<ListenerTls> tls)
      : loops_(loops),
        acceptor_(std::move(acceptor)),
        context_(context),
        tls_(std::move(tls)),
        deadline_(loops.at(0).watchdog(), [this] { close(); }) {}

  void start() override { loops_.at(0).spawn(accept()); }

  void stop() override {
    asio::post(loops_.at(0).io(), [this] { close(); });
  }

  std::uint16_t port() const override {
    if constexpr (std::is_same_v<Protocol, Tcp>) return acceptor_.local_endpoint().port();
    return 0;
  }

 private:
  void close() {
    std::error_code ignored;
    acceptor_.close(ignored);
  }

  base::Task<void> accept() {
    base::Loop& home = loops_.at(0);
    for (std::size_t turn = 0; acceptor_.is_open(); ++turn) {
      base::Loop& loop = loops_.at(turn % loops_.size());
      std::error_code error;
      auto socket = co_await acceptor_.async_accept(loop.executor(),
                                                    asio::redirect_error(base::use_task, error));
      if (error) {  // out of descriptors: waiting helps, trying again at once does not
        if (!co_await home.sleep(accept_pause)) break;
        continue;
      }
      std::string peer = peer_of(socket);
      loop.spawn(serve_connection(loop, std::move(socket), context_, std::move(peer),
                                  tls_ ? tls_->current() : nullptr));
    }
  }

  base::EventLoops& loops_;
  Acceptor acceptor_;
  ConnectionContext context_;
  std::unique_ptr<ListenerTls> tls_;  // null: plain
  base::Deadline deadline_;  // for the end of the loop
};

base::Error cannot(const std::string& what, const std::error_code& error) {
  const char* mend = error == std::errc::address_in_use
                         ? "; end what listens there, or choose another 'listen'"
                         : "";
  return {base::Code::unavailable, "cannot listen on " + what + ": " + error.message() + mend, {}};
}

template <class Protocol>
base::Result<std::unique_ptr<Listener>> bind_socket(base::EventLoops& loops,
                                                    const typename Protocol::endpoint& endpoint,
                                                    const std::string& name,
                                                    ConnectionContext context,
                                                    std::unique_ptr<ListenerTls> tls = nullptr) {
  typename SocketListener<Protocol>::Acceptor acceptor(loops.at(0).executor());
  std::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error && std::is_same_v<Protocol, Tcp>) {
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (error) return cannot(name, error);
  return std::unique_ptr<Listener>(
      std::make_unique<SocketListener<Protocol>>(loops, std::move(acceptor), context, std::move(tls)));
}

// Whether a process answers on the socket file.
bool answers(base::EventLoops& loops, const Local::endpoint& endpoint) {
  asio::basic_stream_socket<Local, base::Executor> probe(loops.at(0).executor());
  std::error_code error;
  probe.connect(endpoint, error);
  return !error;
}

}  // namespace

base::Result<std::unique_ptr<Listener>> listen_tcp(base::EventLoops& loops, const std::string& host,
                                                   std::uint16_t port, ConnectionContext context,
                                                   std::unique_ptr<ListenerTls> tls) {
  const std::string name = host + ":" + std::to_string(port);
  std::error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return cannot(name, error);
  return bind_socket<Tcp>(loops, {address, port}, name, context, std::move(tls));
}

base::Result<std::unique_ptr<Listener>> listen_unix(base::EventLoops& loops,
                                                    const std::filesystem::path& path,
                                                    SocketAccess access,
                                                    ConnectionContext context) {
  const Local::endpoint endpoint(path.string());
  if (answers(loops, endpoint)) {
    return base::Error{
        base::Code::unavailable, "another gateway already runs on " + path.string(), {}};
  }
  std::error_code ignored;
  if (std::filesystem::is_socket(path, ignored)) std::filesystem::remove(path, ignored);
  const mode_t old_mask = ::umask(access == SocketAccess::owner ? 0177 : 0111);
  auto listener = bind_socket<Local>(loops, endpoint, path.string(), context);
  ::umask(old_mask);
  return listener;
}

}  // namespace gateway
