/// TLS over bytes in memory: it never sees a socket, so that whoever does keeps the time.
///
/// TLS 1.2 and later; the certificate is held against the host and the system's roots
/// (SSL_CERT_FILE and SSL_CERT_DIR count, as in other programs that stand on OpenSSL). There is no
/// switch that turns this off.
///
/// Threads  One.
/// Errors   Text of OpenSSL's, or of the verification.
/// Owns     Its SSL object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace taskfeed::peer {

class TlsSession {
 public:
  explicit TlsSession(const std::string& host);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  enum class Step {
    kDone,
    kWantsBytes,  ///< take() more from the wire first.
    kEnded,       ///< close_notify: the other side has said all.
    kFailed,      ///< why() says it.
  };
  Step handshake();
  Step read(char* buffer, size_t size, size_t& got);
  Step write(std::string_view bytes);

  void take(std::string_view from_wire);
  /// What has to be sent now; empties itself.
  std::string give();
  const std::string& why() const { return why_; }

 private:
  struct Parts;
  Step step_of(int answer);

  std::unique_ptr<Parts> parts_;
  std::string why_;
};

}  // namespace taskfeed::peer
