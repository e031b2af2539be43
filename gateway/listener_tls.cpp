#include "gateway/listener_tls.h"

#include <system_error>

namespace gateway {
namespace {

constexpr std::chrono::seconds between_looks{1};

}  // namespace

base::Result<std::unique_ptr<ListenerTls>> ListenerTls::open(TlsFiles files, base::Log& log) {
  std::unique_ptr<ListenerTls> tls(new ListenerTls(std::move(files), log));
  tls->read_ = tls->stamp();
  auto context = base::TlsContext::server(tls->files_.certificate, tls->files_.key);
  if (!context) return context.error();
  tls->context_ = std::move(*context);
  return tls;
}

std::shared_ptr<const base::TlsContext> ListenerTls::current() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return context_;
  next_look_ = now + between_looks;
  const Stamp found = stamp();
  if (found == read_) return context_;
  read_ = found;
  auto context = base::TlsContext::server(files_.certificate, files_.key);
  if (context) {
    context_ = std::move(*context);
    log_.write(base::LogLevel::info, "certificate_read",
               {{"certificate", files_.certificate.string()}});
  } else {
    log_.write(base::LogLevel::warn, "certificate_kept", {{"reason", context.error().message}});
  }
  return context_;
}

ListenerTls::Stamp ListenerTls::stamp() const {
  std::error_code ignored;  // a file that is gone has the least time there is
  return {std::filesystem::last_write_time(files_.certificate, ignored),
          std::filesystem::last_write_time(files_.key, ignored)};
}

}  // namespace gateway
