#include "base/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>
#include <utility>

namespace base {
namespace {

constexpr unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// What OpenSSL says of the latest failure; its queue is empty afterwards.
std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "" : reason;
}

Error unreadable(const std::string& what, const std::filesystem::path& file) {
  return {Code::invalid, what + " " + file.string() + ": " + openssl_reason(), {}};
}

// A key behind a passphrase is refused; without this OpenSSL asks for it on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned int offered_length, void*) {
  unsigned char* match = nullptr;
  const int found = SSL_select_next_proto(&match, length, http_1_1, sizeof http_1_1, offered,
                                          offered_length);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

SSL_CTX* make_context(const SSL_METHOD* method) {
  SSL_CTX* context = SSL_CTX_new(method);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // Idle connections keep no buffers; what was not written may come from elsewhere next time.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  return context;
}

bool is_address(const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address) == 1;
}

// SNI and what the certificate must be for. False: no such name can be checked.
bool expect_host(SSL* session, const std::string& host) {
  if (is_address(host)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1;
  }
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(session, host.c_str()) == 1 &&
         SSL_set_tlsext_host_name(session, host.c_str()) == 1;
}

}  // namespace

TlsContext::Made TlsContext::client(const std::filesystem::path& authorities) {
  std::shared_ptr<const TlsContext> made(new TlsContext(make_context(TLS_client_method()), true));
  SSL_CTX* context = made->context_;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_protos(context, http_1_1, sizeof http_1_1);
  if (!authorities.empty() &&
      SSL_CTX_load_verify_file(context, authorities.c_str()) != 1) {
    return unreadable("no certificates of authorities can be read from", authorities);
  }
  if (authorities.empty()) SSL_CTX_set_default_verify_paths(context);
  ERR_clear_error();
  return made;
}

TlsContext::Made TlsContext::server(const std::filesystem::path& certificate,
                                    const std::filesystem::path& key) {
  std::shared_ptr<const TlsContext> made(new TlsContext(make_context(TLS_server_method()), false));
  SSL_CTX* context = made->context_;
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return unreadable("no certificate can be read from", certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unreadable("no key for this certificate can be read from", key);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return unreadable("the certificate is for another key than", key);
  }
  ERR_clear_error();
  return made;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int socket,
                       const std::string& host)
    : context_(std::move(context)), session_(SSL_new(context_->context_)) {
  usable_ = SSL_set_fd(session_, socket) == 1;
  if (!context_->client_) {
    SSL_set_accept_state(session_);
  } else {
    SSL_set_connect_state(session_);
    usable_ = usable_ && expect_host(session_, host);
  }
  if (!usable_) failure_ = "no certificate can be for this host";
}

TlsSession::~TlsSession() { SSL_free(session_); }

TlsSession::Progress TlsSession::handshake() {
  if (!usable_) return {Step::failed};
  ERR_clear_error();
  return progress(SSL_do_handshake(session_), 0);
}

TlsSession::Progress TlsSession::read(char* data, std::size_t size) {
  if (!usable_) return {Step::failed};
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_read_ex(session_, data, size, &count);
  return progress(result, count);
}

TlsSession::Progress TlsSession::write(std::string_view data) {
  if (!usable_) return {Step::failed};
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_write_ex(session_, data.data(), data.size(), &count);
  return progress(result, count);
}

bool TlsSession::is_idle() {
  char byte = 0;
  if (!usable_) return false;
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_peek_ex(session_, &byte, 1, &count);
  return progress(result, count).step == Step::wants_read;
}

void TlsSession::close_notify() {
  if (!usable_ || SSL_in_init(session_) == 1) return;
  SSL_shutdown(session_);
  ERR_clear_error();
}

TlsSession::Progress TlsSession::progress(int result, std::size_t count) {
  if (result == 1) return {Step::done, count};
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ:
      return {Step::wants_read};
    case SSL_ERROR_WANT_WRITE:
      return {Step::wants_write};
    case SSL_ERROR_ZERO_RETURN:
      return {Step::closed};
    default:
      break;
  }
  usable_ = false;
  failure_ = openssl_reason();
  const long verdict = SSL_get_verify_result(session_);
  if (verdict != X509_V_OK) failure_ = X509_verify_cert_error_string(verdict);
  if (failure_.empty()) failure_ = "the connection was cut";
  return {Step::failed};
}

}  // namespace base
