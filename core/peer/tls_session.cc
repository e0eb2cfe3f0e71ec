#include "peer/tls_session.h"

#include <algorithm>
#include <array>
#include <climits>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace taskfeed::peer {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return ::inet_pton(AF_INET, host.c_str(), parsed.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), parsed.data()) == 1;
}

std::string last_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the connection ended within TLS";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : text.data();
}

}  // namespace

struct TlsSession::Parts {
  std::unique_ptr<SSL_CTX, FreeContext> context;
  std::unique_ptr<SSL, FreeSession> session;
  BIO* in = nullptr;  // Both belong to the session.
  BIO* out = nullptr;
};

TlsSession::TlsSession(const std::string& host) : parts_(std::make_unique<Parts>()) {
  parts_->context.reset(SSL_CTX_new(TLS_client_method()));
  TF_ASSERT(parts_->context != nullptr);
  SSL_CTX* const context = parts_->context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_default_verify_paths(context);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  parts_->session.reset(SSL_new(context));
  parts_->in = BIO_new(BIO_s_mem());
  parts_->out = BIO_new(BIO_s_mem());
  SSL* const session = parts_->session.get();
  TF_ASSERT(session != nullptr && parts_->in != nullptr && parts_->out != nullptr);
  BIO_set_mem_eof_return(parts_->in, -1);  // Empty means "later", not "ended".
  SSL_set_bio(session, parts_->in, parts_->out);
  SSL_set_connect_state(session);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
  } else {
    SSL_set1_host(session, host.c_str());
    SSL_set_tlsext_host_name(session, host.c_str());
  }
}

TlsSession::~TlsSession() = default;

TlsSession::Step TlsSession::step_of(int answer) {
  SSL* const session = parts_->session.get();
  switch (SSL_get_error(session, answer)) {
    case SSL_ERROR_NONE:
      return Step::kDone;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Step::kWantsBytes;
    case SSL_ERROR_ZERO_RETURN:
      return Step::kEnded;
    default:
      break;
  }
  const long verified = SSL_get_verify_result(session);
  why_ = verified != X509_V_OK ? std::string("its certificate is not to be trusted: ") +
                                     X509_verify_cert_error_string(verified)
                               : last_error();
  ERR_clear_error();
  return Step::kFailed;
}

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  return step_of(SSL_do_handshake(parts_->session.get()));
}

TlsSession::Step TlsSession::read(char* buffer, size_t size, size_t& got) {
  ERR_clear_error();
  got = 0;
  return step_of(SSL_read_ex(parts_->session.get(), buffer, size, &got));
}

TlsSession::Step TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  size_t written = 0;  // A memory BIO takes all of it.
  return step_of(SSL_write_ex(parts_->session.get(), bytes.data(), bytes.size(), &written));
}

void TlsSession::take(std::string_view from_wire) {
  TF_ASSERT(from_wire.size() <= INT_MAX);
  BIO_write(parts_->in, from_wire.data(), static_cast<int>(from_wire.size()));
}

std::string TlsSession::give() {
  std::string bytes(BIO_ctrl_pending(parts_->out), '\0');
  if (bytes.empty()) return bytes;
  const int got = BIO_read(parts_->out, bytes.data(), static_cast<int>(bytes.size()));
  bytes.resize(static_cast<size_t>(std::max(0, got)));
  return bytes;
}

}  // namespace taskfeed::peer
