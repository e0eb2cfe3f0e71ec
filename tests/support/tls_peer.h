/// A TLS server on a loopback port with a certificate of its own, for "localhost" and 127.0.0.1,
/// that answers one connection after the other with the same bytes.
///
/// Threads  One of its own.
/// Errors   Whatever cannot be made aborts the test.
/// Owns     Its key, its certificate (also as a file), its socket, its thread.
#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/assert.h"

namespace taskfeed::testing {

class TlsPeer {
 public:
  explicit TlsPeer(std::string answer) : answer_(std::move(answer)) {
    make_certificate();
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    TF_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    TF_ASSERT(::listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    TF_ASSERT(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~TlsPeer() {
    over_ = true;
    thread_.join();
    ::close(listener_);
    ::unlink(file_.c_str());
    SSL_CTX_free(context_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  int port() const { return port_; }
  /// The certificate as PEM: whoever trusts this file trusts the server.
  const std::string& file() const { return file_; }

 private:
  void make_certificate() {
    key_ = EVP_EC_gen("P-256");
    certificate_ = X509_new();
    TF_ASSERT(key_ != nullptr && certificate_ != nullptr);
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3'600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* const name = X509_get_subject_name(certificate_);
    const auto* text = reinterpret_cast<const unsigned char*>("taskfeed test");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    TF_ASSERT(names != nullptr);
    X509_add_ext(certificate_, names, -1);
    X509_EXTENSION_free(names);
    TF_ASSERT(X509_sign(certificate_, key_, EVP_sha256()) != 0);
    file_ = "/tmp/taskfeed-tls-XXXXXX";
    std::FILE* const file = ::fdopen(::mkstemp(file_.data()), "w");
    TF_ASSERT(file != nullptr && PEM_write_X509(file, certificate_) == 1);
    std::fclose(file);
    context_ = SSL_CTX_new(TLS_server_method());
    TF_ASSERT(SSL_CTX_use_certificate(context_, certificate_) == 1);
    TF_ASSERT(SSL_CTX_use_PrivateKey(context_, key_) == 1);
  }
  void run() {
    while (!over_) {
      pollfd entry{listener_, POLLIN, 0};
      if (::poll(&entry, 1, 10) <= 0) continue;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      const timeval patience{10, 0};
      ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      serve(connection);
      ::close(connection);
    }
  }
  void serve(int connection) {
    SSL* const session = SSL_new(context_);
    SSL_set_fd(session, connection);
    std::string request;
    char bytes[4096];
    if (SSL_accept(session) == 1) {
      while (request.find("\r\n\r\n") == std::string::npos) {
        const int got = SSL_read(session, bytes, sizeof bytes);
        if (got <= 0) break;
        request.append(bytes, static_cast<size_t>(got));
      }
      if (!request.empty()) {
        SSL_write(session, answer_.data(), static_cast<int>(answer_.size()));
        SSL_shutdown(session);
      }
    }
    SSL_free(session);
  }

  const std::string answer_;
  EVP_PKEY* key_ = nullptr;
  X509* certificate_ = nullptr;
  SSL_CTX* context_ = nullptr;
  std::string file_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace taskfeed::testing
