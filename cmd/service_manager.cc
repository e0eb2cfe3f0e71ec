#include "service_manager.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {

constexpr int kFirstSocket = 3;  // sd_listen_fds(3): SD_LISTEN_FDS_START
constexpr int kSocketsMax = 64;

std::optional<int64_t> number_in(const Environment& environment, std::string_view name) {
  const std::string text = environment.get(name);
  int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return {};
  return value;
}

/// For us, not for the process that started us.
bool meant_for_us(const Environment& environment, std::string_view pid_variable) {
  return number_in(environment, pid_variable).value_or(::getpid()) == ::getpid();
}

int connect_datagram(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // unix(7): the abstract namespace
  const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (made < 0 || ::connect(made, reinterpret_cast<const sockaddr*>(&address), length) == 0) {
    return made;
  }
  ::close(made);
  return -1;
}

}  // namespace

ServiceManager::ServiceManager(const Environment& environment)
    : socket_(connect_datagram(environment.get("NOTIFY_SOCKET"))) {
  const auto watchdog_us = number_in(environment, "WATCHDOG_USEC");
  if (watchdog_us && *watchdog_us > 0 && meant_for_us(environment, "WATCHDOG_PID")) {
    watchdog_interval_ = std::max(Milliseconds(1), Milliseconds(*watchdog_us / 2'000));
  }
  if (environment.has("LISTEN_PID") && meant_for_us(environment, "LISTEN_PID")) {
    const int64_t given = number_in(environment, "LISTEN_FDS").value_or(0);
    if (given > 0 && given <= kSocketsMax) sockets_given_ = static_cast<int>(given);
  }
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::notify(std::string_view text) const {
  if (socket_ < 0) return;
  (void)!::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ServiceManager::ready(std::string_view status) const {
  notify("READY=1\nSTATUS=" + std::string(status));
}
void ServiceManager::status(std::string_view text) const {
  notify("STATUS=" + std::string(text));
}
void ServiceManager::reloading(MonoTime now) const {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us.count()));
}
void ServiceManager::stopping() const {
  notify("STOPPING=1");
}
void ServiceManager::alive() const {
  notify("WATCHDOG=1");
}

std::vector<int> ServiceManager::listening_sockets() const {
  std::vector<int> sockets;
  for (int i = 0; i < sockets_given_; ++i) {
    ::fcntl(kFirstSocket + i, F_SETFD, FD_CLOEXEC);
    sockets.push_back(kFirstSocket + i);
  }
  return sockets;
}

}  // namespace taskfeed::cmd
