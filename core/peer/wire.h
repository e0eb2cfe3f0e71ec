/// One connection to a peer's server, over TLS or not: every wait ends at a deadline or when a stop
/// is asked for.
///
/// Not cpp-httplib's own socket: it can be woken by nobody while it connects, and knows one timeout
/// for the first byte and for silence.
///
/// Threads  One; the stop token may be asked from any.
/// Errors   Fault, with a text that names the server and never what was sent.
/// Owns     Its socket. A name that is still being looked up when the wait ends is left to a thread
///          of its own, which ends with the resolver.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/http_url.h"

namespace taskfeed::peer {

/// Why a call came to no proper end.
enum class Fault {
  kConnect,           ///< Refused, unknown host, reset before any answer.
  kTls,               ///< The handshake failed, or the certificate is not to be trusted.
  kConnectTimeout,    ///< No connection in time.
  kFirstByteTimeout,  ///< Connected, and no answer in time.
  kSilenceTimeout,    ///< The answer began, and nothing came any more.
  kWholeTimeout,      ///< The answer did not end in time.
  kCut,               ///< The answer began, and the connection ended within it.
  kProtocol,          ///< No HTTP.
  kTooLarge,          ///< Over a limit of CallLimits.
  kStopped,           ///< The caller asked for it.
};
std::string_view to_string(Fault fault);

struct Failure {
  Fault fault = Fault::kConnect;
  std::string text;
};

/// Readable once a stop is asked for.
class StopSignal {
 public:
  explicit StopSignal(const std::stop_token& stop);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  int fd() const { return fd_; }

 private:
  struct Notify {
    int fd;
    void operator()() const;
  };
  int fd_;
  std::optional<std::stop_callback<Notify>> callback_;
};

class TlsSession;

class Wire {
 public:
  Wire(const HttpUrl& url, const std::stop_token& stop);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Name, TCP and TLS within `timeout`.
  std::optional<Failure> connect(Milliseconds timeout);
  /// All of `bytes` or a failure, within `timeout`.
  std::optional<Failure> send(std::string_view bytes, Milliseconds timeout);
  /// At least one byte into `buffer`; 0 at the connection's end. `late` is the fault where `until`
  /// passes.
  struct Received {
    size_t bytes = 0;
    std::optional<Failure> failure;
  };
  Received receive(char* buffer, size_t size, MonoTime until, Fault late);

 private:
  enum class Ready { kYes, kLate, kStopped };
  Ready wait_for(short events, MonoTime until) const;
  std::optional<Failure> open_socket(MonoTime until);
  std::optional<Failure> handshake(MonoTime until);
  std::optional<Failure> send_raw(std::string_view bytes, MonoTime until, Fault late);
  Received receive_raw(char* buffer, size_t size, MonoTime until, Fault late);
  Failure late_failure(Fault late) const;
  Failure stopped() const;

  const HttpUrl url_;
  const std::stop_token stop_;
  StopSignal wake_;
  int socket_ = -1;
  std::unique_ptr<TlsSession> tls_;
};

/// steady_clock, whatever Clock a caller may have: the kernel waits by it.
MonoTime mono_now();

}  // namespace taskfeed::peer
