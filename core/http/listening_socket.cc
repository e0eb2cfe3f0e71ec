#include "http/listening_socket.h"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "http/head_rules.h"

namespace taskfeed::http {
namespace {

/// Connections that wait for accept(2); the kernel caps it at net.core.somaxconn.
constexpr int kBacklog = 4'096;
/// Unacknowledged bytes for so long: the peer is gone (tcp(7), TCP_USER_TIMEOUT).
constexpr int kUserTimeoutMs = 30'000;

Error wrong(std::string_view text, std::string_view what) {
  return {Errc::kInvalid,
          "the address '" + escape_controls(to_utf8(text)) + "' " + std::string(what)};
}

Error failure(const ListenAddress& address, int error) {
  const std::string place = address.str();
  switch (error) {
    case EADDRINUSE:
      return {Errc::kConflict, place + " is in use; stop what listens there, or choose another"};
    case EACCES:
    case EPERM:
      return {Errc::kForbidden, "no permission to listen on " + place};
    default:
      return {Errc::kUnavailable, "cannot listen on " + place + ": " + std::strerror(error)};
  }
}

/// A socket address of any family.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  template <class As>
  As& as() {
    static_assert(sizeof(As) <= sizeof(storage));
    size = sizeof(As);
    return reinterpret_cast<As&>(storage);
  }
};

SocketAddress socket_address(const ListenAddress& address) {
  SocketAddress made;
  if (!address.unix_path.empty()) {
    auto& path = made.as<sockaddr_un>();
    path.sun_family = AF_UNIX;
    address.unix_path.copy(path.sun_path, sizeof(path.sun_path) - 1);
  } else if (address.host.find(':') != std::string::npos) {
    auto& six = made.as<sockaddr_in6>();
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(address.port);
    inet_pton(AF_INET6, address.host.c_str(), &six.sin6_addr);
  } else {
    auto& four = made.as<sockaddr_in>();
    four.sin_family = AF_INET;
    four.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &four.sin_addr);
  }
  return made;
}

ListenAddress bound_address(int descriptor) {
  SocketAddress bound;
  bound.size = sizeof(bound.storage);
  getsockname(descriptor, bound.raw(), &bound.size);
  ListenAddress address;
  char text[INET6_ADDRSTRLEN] = {};
  if (bound.storage.ss_family == AF_INET) {
    const auto& four = bound.as<sockaddr_in>();
    inet_ntop(AF_INET, &four.sin_addr, text, sizeof(text));
    address = {text, ntohs(four.sin_port), {}};
  } else if (bound.storage.ss_family == AF_INET6) {
    const auto& six = bound.as<sockaddr_in6>();
    inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof(text));
    address = {text, ntohs(six.sin6_port), {}};
  } else {
    address.unix_path = bound.as<sockaddr_un>().sun_path;
    if (address.unix_path.empty()) address.unix_path = "(unnamed)";
  }
  return address;
}

/// Inherited by what is accepted, so that it costs nothing there.
void set_tcp_options(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof(kUserTimeoutMs));
}

/// Of a daemon of this user's that was killed: a socket, ours, on which nobody listens.
bool is_left_behind(const ListenAddress& address) {
  struct stat file {};
  if (lstat(address.unix_path.c_str(), &file) != 0) return false;
  if (!S_ISSOCK(file.st_mode) || file.st_uid != geteuid()) return false;
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return false;
  SocketAddress place = socket_address(address);
  const bool refused = connect(probe, place.raw(), place.size) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return refused;
}

/// 0, or errno.
int bind_to(int descriptor, const ListenAddress& address) {
  SocketAddress place = socket_address(address);
  if (bind(descriptor, place.raw(), place.size) == 0) return 0;
  if (errno != EADDRINUSE || address.unix_path.empty()) return errno;
  if (!is_left_behind(address)) return EADDRINUSE;
  if (unlink(address.unix_path.c_str()) != 0) return errno;
  return bind(descriptor, place.raw(), place.size) == 0 ? 0 : errno;
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  ListenAddress address;
  if (text.starts_with("unix:")) {
    address.unix_path = text.substr(5);
    if (address.unix_path.empty() || address.unix_path.find('\0') != std::string::npos) {
      return wrong(text, "names no path; write unix:PATH");
    }
    if (address.unix_path.size() >= sizeof(sockaddr_un{}.sun_path)) {
      return wrong(text, "has a path of over 107 bytes; choose a shorter one");
    }
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong(text, "has no port; write 127.0.0.1:8000");
  const std::string_view digits = text.substr(colon + 1);
  const std::optional<uint64_t> port = parse_content_length(digits);
  if (!port || *port > 65'535) return wrong(text, "has no port from 0 to 65535");
  address.port = static_cast<uint16_t>(*port);
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  address.host = host.empty() ? "0.0.0.0" : host == "localhost" ? "127.0.0.1" : std::string(host);
  in6_addr any{};
  // inet_pton() would not see what follows a NUL.
  const bool whole = address.host.find('\0') == std::string::npos;
  if (!whole || inet_pton(brackets ? AF_INET6 : AF_INET, address.host.c_str(), &any) != 1) {
    return wrong(text, "names no IP address; write 127.0.0.1:8000, [::1]:8000 or unix:PATH");
  }
  return address;
}

std::string ListenAddress::str() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool ListenAddress::is_local() const {
  return !unix_path.empty() || host.starts_with("127.") || host == "::1";
}

Result<ListeningSocket> ListeningSocket::open(const ListenAddress& address, bool reuse_port) {
  const bool local = !address.unix_path.empty();
  const int family = local                                         ? AF_UNIX
                     : address.host.find(':') != std::string::npos ? AF_INET6
                                                                   : AF_INET;
  const int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return failure(address, errno);
  ListeningSocket opened(descriptor, address, false);
  const int on = 1;
  if (local) {
    // Before bind(2): the file appears with this mode, and is never open to others.
    fchmod(descriptor, S_IRUSR | S_IWUSR);
  } else {
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (reuse_port) setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (family == AF_INET6) setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    set_tcp_options(descriptor);
  }
  if (const int error = bind_to(descriptor, address); error != 0) return failure(address, error);
  opened.owns_file_ = local;
  if (::listen(descriptor, kBacklog) != 0) return failure(address, errno);
  if (!local) opened.address_.port = bound_address(descriptor).port;
  return opened;
}

Result<ListeningSocket> ListeningSocket::adopt(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
    if (descriptor >= 0) ::close(descriptor);
    return {Errc::kInvalid, "the descriptor " + std::to_string(descriptor) +
                                " that was handed down is no listening socket"};
  }
  ListeningSocket adopted(descriptor, bound_address(descriptor), false);
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  if (adopted.address_.unix_path.empty()) set_tcp_options(descriptor);
  return adopted;
}

Result<ListeningSocket> ListeningSocket::share() const {
  const int copy = fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return failure(address_, errno);
  return ListeningSocket(copy, address_, false);
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      address_(std::move(other.address_)),
      owns_file_(std::exchange(other.owns_file_, false)) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(address_, other.address_);
  std::swap(owns_file_, other.owns_file_);
  return *this;
}

ListeningSocket::~ListeningSocket() {
  // The file first: nobody must find it and be refused.
  if (owns_file_) unlink(address_.unix_path.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace taskfeed::http
