/// A server on a loopback port that answers as a test says, byte for byte, while the test looks on.
///
/// Threads  One for the door, one for each connection; `answer` runs on the latter.
/// Errors   A socket that cannot be made aborts the test.
/// Owns     Its sockets and threads.
#pragma once

#include <atomic>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"

namespace taskfeed::testing {

class FakePeer {
 public:
  struct Request {
    std::string head;  ///< As it came, with the empty line.
    std::string method;
    std::string target;
    std::string body;
  };

  /// The server's end of a connection.
  class Line {
   public:
    Line(int socket, const std::atomic<bool>& over) : socket_(socket), over_(over) {}
    /// False once the client has left.
    bool send(std::string_view bytes) {
      while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<size_t>(sent));
      }
      return true;
    }
    /// One chunk of a chunked body.
    bool chunk(std::string_view bytes) {
      char size[32];
      std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
      return send(size + std::string(bytes) + "\r\n");
    }
    /// Until the client leaves, or the test is over.
    void wait_for_departure() {
      char byte = 0;
      while (!over_) {
        pollfd entry{socket_, POLLIN, 0};
        if (::poll(&entry, 1, 10) > 0 && ::recv(socket_, &byte, 1, 0) <= 0) return;
      }
    }
    /// As a host that dies: the client sees a reset.
    void reset() {
      const linger hard{1, 0};
      ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    int socket() const { return socket_; }

   private:
    int socket_;
    const std::atomic<bool>& over_;
  };

  using Answer = std::function<void(const Request&, Line&)>;

  explicit FakePeer(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    TF_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    TF_ASSERT(::listen(listener_, 64) == 0);
    socklen_t size = sizeof address;
    TF_ASSERT(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    door_ = std::thread([this] { accept_all(); });
  }
  ~FakePeer() {
    over_ = true;
    door_.join();
    for (std::thread& each : connections_) each.join();
    ::close(listener_);
  }
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Each request so far, in the order of their arrival.
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  bool readable(int descriptor) const {
    while (!over_) {
      pollfd entry{descriptor, POLLIN, 0};
      if (::poll(&entry, 1, 10) > 0) return true;
    }
    return false;
  }
  void accept_all() {
    while (readable(listener_)) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      connections_.emplace_back([this, connection] {
        serve(connection);
        ::close(connection);
      });
    }
  }
  void serve(int connection) {
    std::string text;
    size_t head = 0;
    while (!whole(text, head)) {
      char bytes[4096];
      if (!readable(connection)) return;
      const ssize_t got = ::recv(connection, bytes, sizeof bytes, 0);
      if (got <= 0) return;
      text.append(bytes, static_cast<size_t>(got));
    }
    Request request{text.substr(0, head), {}, {}, text.substr(head)};
    const size_t space = text.find(' ');
    request.method = text.substr(0, space);
    request.target = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    Line line(connection, over_);
    answer_(request, line);
  }
  /// As far as Content-Length says.
  static bool whole(const std::string& text, size_t& head) {
    const size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    head = end + 4;
    constexpr std::string_view kLength = "Content-Length: ";
    const size_t at = text.find(kLength);
    if (at == std::string::npos || at > head) return true;
    return text.size() >= head + std::strtoul(&text[at + kLength.size()], nullptr, 10);
  }

  const Answer answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> over_{false};
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::list<std::thread> connections_;
  std::thread door_;
};

/// A whole answer with its length.
inline std::string answer_of(int status, std::string_view type, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) + " Said\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline constexpr std::string_view kSseHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace taskfeed::testing
