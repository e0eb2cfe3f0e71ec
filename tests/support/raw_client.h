/// A client that sends exactly the bytes that a test gives it, and reads with a deadline.
///
/// Threads  One.
/// Errors   Fail the test: what was expected did not come in time, and what came instead.
/// Owns     Its socket.
#pragma once

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/listening_socket.h"

namespace taskfeed::testing {

class RawClient {
 public:
  /// `receive_bytes`: SO_RCVBUF, for a client that takes little; 0: the kernel's own.
  explicit RawClient(const http::ListenAddress& to, int receive_bytes = 0) {
    const bool local = !to.unix_path.empty();
    descriptor_ = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_GE(descriptor_, 0);
    if (receive_bytes > 0) {
      setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    }
    int connected = -1;
    if (local) {
      sockaddr_un path{};
      path.sun_family = AF_UNIX;
      to.unix_path.copy(path.sun_path, sizeof(path.sun_path) - 1);
      connected = connect(descriptor_, reinterpret_cast<sockaddr*>(&path), sizeof(path));
    } else {
      sockaddr_in four{};
      four.sin_family = AF_INET;
      four.sin_port = htons(to.port);
      inet_pton(AF_INET, to.host.c_str(), &four.sin_addr);
      connected = connect(descriptor_, reinterpret_cast<sockaddr*>(&four), sizeof(four));
    }
    EXPECT_EQ(connected, 0) << std::strerror(errno);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False where the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }
  void half_close() { shutdown(descriptor_, SHUT_WR); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  /// Ends with RST.
  void reset() {
    const linger now{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close();
  }
  int descriptor() const { return descriptor_; }

  /// Takes out of what has come everything up to and with `mark`; waits for it.
  std::string read_until(std::string_view mark) {
    for (;;) {
      const size_t at = unread_.find(mark);
      if (at != std::string::npos) return take(at + mark.size());
      if (!receive()) break;
    }
    ADD_FAILURE() << "no '" << mark << "' in what came: " << unread_;
    return take(unread_.size());
  }
  /// Everything up to the end of the connection.
  std::string read_all() {
    while (receive()) {
    }
    EXPECT_TRUE(ended_) << "the connection stayed open after: " << unread_;
    return take(unread_.size());
  }
  /// A whole answer: the head, and as much body as Content-Length says.
  struct Answer {
    int status = 0;
    std::string head;
    std::string body;
  };
  Answer read_answer(bool with_body = true) {
    Answer answer;
    answer.head = read_until("\r\n\r\n");
    if (answer.head.starts_with("HTTP/1.1 ")) answer.status = std::stoi(answer.head.substr(9, 3));
    const size_t at = answer.head.find("Content-Length: ");
    if (!with_body || at == std::string::npos) return answer;
    const size_t bytes = std::stoul(answer.head.substr(at + 16));
    while (unread_.size() < bytes && receive()) {
    }
    answer.body = take(std::min(bytes, unread_.size()));
    return answer;
  }
  /// Whether the server has ended the connection, by the deadline.
  bool sees_end() {
    while (receive()) {
    }
    return ended_;
  }
  /// What came beyond what was taken.
  const std::string& unread() const { return unread_; }

 private:
  static constexpr int kDeadlineMs = 20'000;

  bool receive() {
    if (ended_) return false;
    pollfd ready{descriptor_, POLLIN, 0};
    if (poll(&ready, 1, kDeadlineMs) <= 0) return false;
    char bytes[65'536];
    const ssize_t count = recv(descriptor_, bytes, sizeof(bytes), 0);
    ended_ = count <= 0;
    if (count > 0) unread_.append(bytes, static_cast<size_t>(count));
    return count > 0;
  }
  std::string take(size_t bytes) {
    std::string taken = unread_.substr(0, bytes);
    unread_.erase(0, bytes);
    return taken;
  }

  int descriptor_ = -1;
  bool ended_ = false;
  std::string unread_;
};

}  // namespace taskfeed::testing
