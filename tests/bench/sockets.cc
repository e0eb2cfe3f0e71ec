#include "bench/sockets.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/flags.h"

namespace taskfeed::bench {
namespace {

constexpr int kBacklog = 4096;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

[[noreturn]] void refuse(const std::string& what) {
  die(what + ": " + std::strerror(errno));
}

Address parse(const std::string& text) {
  Address address;
  if (text.starts_with("unix:")) {
    auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
    local.sun_family = AF_UNIX;
    const std::string path = text.substr(5);
    if (path.size() >= sizeof local.sun_path) die("the socket's path is too long: " + path);
    std::memcpy(local.sun_path, path.c_str(), path.size() + 1);
    address.size = sizeof local;
    address.family = AF_UNIX;
    return address;
  }
  const size_t colon = text.rfind(':');
  if (text.substr(0, colon) != "127.0.0.1") die("only 127.0.0.1 can be named, not " + text);
  auto& inet = reinterpret_cast<sockaddr_in&>(address.storage);
  inet.sin_family = AF_INET;
  inet.sin_port = htons(static_cast<uint16_t>(std::atoi(text.c_str() + colon + 1)));
  inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.size = sizeof inet;
  address.family = AF_INET;
  return address;
}

}  // namespace

int listen_on(std::string& text) {
  Address address = parse(text);
  const int socket = ::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(socket, address.get(), address.size) != 0 || listen(socket, kBacklog) != 0) {
    refuse("cannot listen on " + text);
  }
  if (address.family == AF_INET) {
    getsockname(socket, reinterpret_cast<sockaddr*>(&address.storage), &address.size);
    const auto& inet = reinterpret_cast<const sockaddr_in&>(address.storage);
    text = "127.0.0.1:" + std::to_string(ntohs(inet.sin_port));
  }
  return socket;
}

int begin_connect(const std::string& text, uint32_t number) {
  const Address address = parse(text);
  const int socket = ::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) refuse("no socket");
  if (address.family == AF_INET) {
    set_no_delay(socket);
    const int on = 1;  // The port is chosen by connect(), and so may be used once per source.
    setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number % 4);
    if (bind(socket, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
      refuse("cannot bind a client");
    }
  }
  while (connect(socket, address.get(), address.size) != 0) {
    if (errno == EINPROGRESS) break;
    // A unix listener whose backlog is full; TCP would queue.
    if (errno != EAGAIN) refuse("cannot connect to " + text);
    usleep(1000);
  }
  return socket;
}

int connect_blocking(const std::string& text) {
  const Address address = parse(text);
  const int socket = ::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(socket, address.get(), address.size) != 0) refuse("cannot connect to " + text);
  return socket;
}

void set_no_delay(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void reset_on_close(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) refuse("cannot write");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Poll::Poll() : fd_(epoll_create1(EPOLL_CLOEXEC)) {}
Poll::~Poll() {
  close(fd_);
}

void Poll::add(int socket, uint64_t number, For what) const {
  epoll_event event{};
  event.events = what == For::kReading ? EPOLLIN : EPOLLOUT;
  event.data.u64 = number;
  if (epoll_ctl(fd_, EPOLL_CTL_ADD, socket, &event) != 0) refuse("cannot poll");
}

void Poll::change(int socket, uint64_t number, bool writing_too) const {
  epoll_event event{};
  event.events = writing_too ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = number;
  if (epoll_ctl(fd_, EPOLL_CTL_MOD, socket, &event) != 0) refuse("cannot poll");
}

}  // namespace taskfeed::bench
