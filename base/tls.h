#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

// OpenSSL's own types: its headers are for tls.cpp alone.
struct ssl_ctx_st;
struct ssl_st;

namespace base {

/// Certificates and rules of TLS connections: version 1.2 or newer, HTTP/1.1 (ALPN), no
/// renegotiation. Immutable, thread-safe.
class TlsContext {
 public:
  using Made = Result<std::shared_ptr<const TlsContext>>;

  /// For connections to servers. Their certificates must lead to an authority in the PEM file
  /// `authorities`; without one, to an authority of the system (SSL_CERT_FILE and SSL_CERT_DIR count).
  static Made client(const std::filesystem::path& authorities = {});
  /// For a listener. `certificate` holds its own first, then those that lead to an authority; both
  /// files are PEM.
  static Made server(const std::filesystem::path& certificate, const std::filesystem::path& key);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

 private:
  friend class TlsSession;
  explicit TlsContext(ssl_ctx_st* context, bool client) : context_(context), client_(client) {}

  ssl_ctx_st* context_;
  bool client_;
};

/// One TLS connection over a connected, non-blocking socket, which it does not own and which must be
/// open whenever it is asked for anything. Never waits: it says what it waits for. Belongs to its
/// loop.
class TlsSession {
 public:
  /// What became of an operation: `done`, or what the socket must be ready for before it is tried
  /// again, or the end.
  enum class Step { done, wants_read, wants_write, closed, failed };
  struct Progress {
    Step step;
    std::size_t count = 0;  ///< bytes that were moved, when done
  };

  /// `host`, a client's: the name or address that the peer's certificate must be for.
  TlsSession(std::shared_ptr<const TlsContext> context, int socket, const std::string& host);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Progress handshake();
  Progress read(char* data, std::size_t size);
  Progress write(std::string_view data);
  /// Whether nothing is there to be read, and the peer has not closed.
  bool is_idle();
  /// Tells the peer that nothing follows; as far as the socket takes it at once.
  void close_notify();
  /// Why it failed, for operators.
  const std::string& failure() const { return failure_; }

 private:
  Progress progress(int result, std::size_t count);

  std::shared_ptr<const TlsContext> context_;
  ssl_st* session_;
  bool usable_ = true;  // OpenSSL forbids further calls after some failures
  std::string failure_;
};

}  // namespace base
