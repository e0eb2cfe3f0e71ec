#include "http/listener.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http_connection.h"

namespace taskfeed::http {
namespace {

/// Accepted in a row before others have their turn.
constexpr int kAcceptedInARow = 64;
/// Connections over connections_max that are let in, for probes alone.
constexpr size_t kProbesMargin = 64;
/// Waiting for so long, a connection makes room for a new one.
constexpr Milliseconds kEvictedAfter{1'000};

int open_reserve() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void turn_away(int descriptor, ServerCore& core) {
  ++core.stats.turned_away;
  const Answer answer = refusal_answer(
      503, "this server has as many connections as it may; come back in a moment", "");
  (void)!send(descriptor, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(descriptor, SHUT_WR);
  std::array<char, 4'096> unread;
  (void)!recv(descriptor, unread.data(), unread.size(), MSG_DONTWAIT);
  ::close(descriptor);
}

/// Empty for a unix socket, whose peers are all of this machine.
std::optional<Address> address_of(const sockaddr_storage& peer) {
  Address address{};
  if (peer.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(peer);
    std::memcpy(address.data(), &six.sin6_addr, address.size());
    return address;
  }
  if (peer.ss_family != AF_INET) return std::nullopt;
  const auto& four = reinterpret_cast<const sockaddr_in&>(peer);
  address[10] = address[11] = 0xff;
  std::memcpy(address.data() + 12, &four.sin_addr, 4);
  return address;
}

bool is_loopback(const Address& address) {
  constexpr Address kV6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const bool v4 = address[10] == 0xff && address[11] == 0xff && address[12] == 127;
  return v4 || address == kV6;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::start(ServerCore& core, ListeningSocket socket,
                                                  const Access& access) {
  std::unique_ptr<Listener> listener(new Listener(core, std::move(socket), access));
  const Result<void> added = core.poller->add(listener->socket_.descriptor(), EPOLLIN, *listener);
  if (!added) return added.error();
  listener->reserve_ = open_reserve();
  return listener;
}

Listener::Listener(ServerCore& core, ListeningSocket socket, const Access& access)
    : core_(core),
      socket_(std::move(socket)),
      access_(std::make_shared<const Access>(
          socket_.address().unix_path.empty()
              ? access
              : Access{HostRule::anything(), access.origins, access.tokens})) {}

Listener::~Listener() {
  core_.poller->remove(socket_.descriptor(), *this);
  if (reserve_ >= 0) ::close(reserve_);
}

void Listener::on_ready(uint32_t) {
  for (int i = 0; i < kAcceptedInARow; ++i) {
    if (!accept_one()) return;
  }
}

bool Listener::accept_one() {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  const int descriptor = accept4(socket_.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) {
    if (errno == EMFILE || errno == ENFILE) return accept_on_reserve();
    // Those that a client gave up in the meantime are no reason to stop.
    return errno == ECONNABORTED || errno == EINTR;
  }
  if (!make_room()) {
    turn_away(descriptor, core_);
    return true;
  }
  const std::optional<Address> from = address_of(peer);
  const bool counted = from && !is_loopback(*from);
  if (counted && !count(*from)) {
    turn_away(descriptor, core_);
    return true;
  }
  HttpConnection::start(core_, access_,
                        {.descriptor = descriptor,
                         .from = from.value_or(Address{}),
                         .counted = counted,
                         .over = core_.stats.connections >= core_.limits.connections_max});
  return true;
}

bool Listener::make_room() {
  if (core_.stats.connections < core_.limits.connections_max) return true;
  if (HttpConnection::evict_idle(core_, kEvictedAfter)) return true;
  return core_.stats.connections < core_.limits.connections_max + kProbesMargin;
}

bool Listener::count(const Address& from) {
  size_t& unserved = core_.unserved[from];
  if (unserved >= core_.limits.unserved_per_address_max) return false;
  ++unserved;
  return true;
}

bool Listener::accept_on_reserve() {
  if (HttpConnection::evict_idle(core_, kEvictedAfter)) return true;
  if (reserve_ < 0) reserve_ = open_reserve();
  if (reserve_ < 0) return false;
  ::close(std::exchange(reserve_, -1));
  const int descriptor = accept4(socket_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor >= 0) turn_away(descriptor, core_);
  reserve_ = open_reserve();
  return descriptor >= 0;
}

}  // namespace taskfeed::http
