#include "peer/wire.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "peer/resolve.h"
#include "peer/tls_session.h"

namespace taskfeed::peer {
namespace {

std::string server(const HttpUrl& url) {
  return "the server at " + url.str();
}

std::string reason(int code) {
  return std::generic_category().message(code);
}

void set_option(int socket, int level, int option) {
  const int on = 1;
  ::setsockopt(socket, level, option, &on, sizeof on);
}

}  // namespace

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::kConnect:
      return "connect";
    case Fault::kTls:
      return "tls";
    case Fault::kConnectTimeout:
      return "timeout_connect";
    case Fault::kFirstByteTimeout:
      return "timeout_first_byte";
    case Fault::kSilenceTimeout:
      return "timeout_idle";
    case Fault::kWholeTimeout:
      return "timeout";
    case Fault::kCut:
      return "stream_broken";
    case Fault::kProtocol:
      return "protocol";
    case Fault::kTooLarge:
      return "too_large";
    case Fault::kStopped:
      return "stopped";
  }
  return "connect";
}

MonoTime mono_now() {
  return std::chrono::time_point_cast<Milliseconds>(std::chrono::steady_clock::now());
}

void StopSignal::Notify::operator()() const {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
}

StopSignal::StopSignal(const std::stop_token& stop)
    : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  callback_.emplace(stop, Notify{fd_});
}

StopSignal::~StopSignal() {
  callback_.reset();  // Waits for one that writes just now: the descriptor is its own until then.
  ::close(fd_);
}

Wire::Wire(const HttpUrl& url, const std::stop_token& stop) : url_(url), stop_(stop), wake_(stop) {}

Wire::~Wire() {
  if (socket_ >= 0) ::close(socket_);
}

Failure Wire::stopped() const {
  return {Fault::kStopped, "stopped"};
}

Failure Wire::late_failure(Fault late) const {
  switch (late) {
    case Fault::kConnectTimeout:
      return {late, server(url_) + " could not be reached in time"};
    case Fault::kSilenceTimeout:
      return {late, server(url_) + " fell silent within its answer"};
    case Fault::kWholeTimeout:
      return {late, server(url_) + " did not end its answer in time"};
    default:
      return {late, server(url_) + " gave no answer in time"};
  }
}

Wire::Ready Wire::wait_for(short events, MonoTime until) const {
  for (;;) {
    if (stop_.stop_requested()) return Ready::kStopped;
    const int64_t left = (until - mono_now()).count();
    if (left <= 0) return Ready::kLate;
    std::array<pollfd, 2> fds{pollfd{socket_, events, 0}, pollfd{wake_.fd(), POLLIN, 0}};
    const int timeout = static_cast<int>(std::min<int64_t>(left, 60'000));
    if (::poll(fds.data(), fds.size(), timeout) > 0 && fds[0].revents != 0) return Ready::kYes;
  }
}

std::optional<Failure> Wire::open_socket(MonoTime until) {
  const Resolved resolved = resolve(url_.host, url_.port, until, stop_);
  if (resolved.how == Resolved::How::kStopped) return stopped();
  if (resolved.how == Resolved::How::kLate) return late_failure(Fault::kConnectTimeout);
  if (resolved.how == Resolved::How::kFailed) {
    return Failure{Fault::kConnect, server(url_) + " is not known here: " + resolved.why};
  }
  int failed = 0;
  for (const Address& address : resolved.addresses) {
    if (socket_ >= 0) ::close(socket_);
    const int family = address.place.ss_family;
    socket_ = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
      failed = errno;
      continue;
    }
    set_option(socket_, IPPROTO_TCP, TCP_NODELAY);
    set_option(socket_, SOL_SOCKET, SO_KEEPALIVE);
    const auto* where = reinterpret_cast<const sockaddr*>(&address.place);
    if (::connect(socket_, where, address.size) == 0) return std::nullopt;
    failed = errno;
    if (failed != EINPROGRESS) continue;
    const Ready ready = wait_for(POLLOUT, until);
    if (ready == Ready::kStopped) return stopped();
    if (ready == Ready::kLate) return late_failure(Fault::kConnectTimeout);
    socklen_t size = sizeof failed;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed == 0) return std::nullopt;
  }
  return Failure{Fault::kConnect, server(url_) + " cannot be reached: " + reason(failed)};
}

std::optional<Failure> Wire::connect(Milliseconds timeout) {
  const MonoTime until = mono_now() + timeout;
  if (auto failure = open_socket(until)) return failure;
  return url_.tls ? handshake(until) : std::nullopt;
}

std::optional<Failure> Wire::handshake(MonoTime until) {
  tls_ = std::make_unique<TlsSession>(url_.host);
  for (;;) {
    const TlsSession::Step step = tls_->handshake();
    // An alert that says why goes out too.
    auto sent = send_raw(tls_->give(), until, Fault::kConnectTimeout);
    if (step == TlsSession::Step::kDone) return sent;
    if (step != TlsSession::Step::kWantsBytes) {
      return Failure{Fault::kTls, server(url_) + ": TLS failed: " + tls_->why()};
    }
    if (sent) return sent;
    std::array<char, 16 * 1024> buffer;
    const Received got = receive_raw(buffer.data(), buffer.size(), until, Fault::kConnectTimeout);
    if (got.failure) return got.failure;
    if (got.bytes == 0) {
      return Failure{Fault::kTls, server(url_) + " closed the connection within the TLS handshake"};
    }
    tls_->take(std::string_view(buffer.data(), got.bytes));
  }
}

std::optional<Failure> Wire::send_raw(std::string_view bytes, MonoTime until, Fault late) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      return Failure{Fault::kConnect, server(url_) + " closed the connection: " + reason(errno)};
    }
    const Ready ready = wait_for(POLLOUT, until);
    if (ready == Ready::kStopped) return stopped();
    if (ready == Ready::kLate) return late_failure(late);
  }
  return std::nullopt;
}

std::optional<Failure> Wire::send(std::string_view bytes, Milliseconds timeout) {
  const MonoTime until = mono_now() + timeout;
  if (!tls_) return send_raw(bytes, until, Fault::kFirstByteTimeout);
  if (tls_->write(bytes) == TlsSession::Step::kFailed) {
    return Failure{Fault::kTls, server(url_) + ": TLS failed: " + tls_->why()};
  }
  return send_raw(tls_->give(), until, Fault::kFirstByteTimeout);
}

Wire::Received Wire::receive_raw(char* buffer, size_t size, MonoTime until, Fault late) {
  for (;;) {
    const Ready ready = wait_for(POLLIN, until);
    if (ready == Ready::kStopped) return {0, stopped()};
    if (ready == Ready::kLate) return {0, late_failure(late)};
    const ssize_t got = ::recv(socket_, buffer, size, 0);
    if (got >= 0) return {static_cast<size_t>(got), std::nullopt};
    if (errno == EINTR || errno == EAGAIN) continue;
    const Fault fault = late == Fault::kFirstByteTimeout || late == Fault::kConnectTimeout
                            ? Fault::kConnect
                            : Fault::kCut;
    return {0, Failure{fault, server(url_) + " broke the connection: " + reason(errno)}};
  }
}

Wire::Received Wire::receive(char* buffer, size_t size, MonoTime until, Fault late) {
  if (!tls_) return receive_raw(buffer, size, until, late);
  for (;;) {
    size_t got = 0;
    const TlsSession::Step step = tls_->read(buffer, size, got);
    if (step == TlsSession::Step::kDone) return {got, std::nullopt};
    if (step == TlsSession::Step::kEnded) return {};
    if (step == TlsSession::Step::kFailed) {
      return {0, Failure{Fault::kTls, server(url_) + ": TLS failed: " + tls_->why()}};
    }
    // TLS 1.3's answers to the other side's messages.
    if (auto failure = send_raw(tls_->give(), until, late)) return {0, failure};
    std::array<char, 16 * 1024> wire;
    const Received raw = receive_raw(wire.data(), wire.size(), until, late);
    if (raw.failure || raw.bytes == 0) return raw;
    tls_->take(std::string_view(wire.data(), raw.bytes));
  }
}

}  // namespace taskfeed::peer
