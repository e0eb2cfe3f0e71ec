/// A server on a unix socket that answers each connection with exactly the bytes that a test wrote
/// down, and remembers what it was asked.
///
/// Threads  One of its own; the calls are safe from the test's.
/// Errors   A socket that cannot be made aborts the test.
/// Owns     Its folder, its socket, its thread.
#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"

namespace taskfeed::testing {

/// What one connection gets, after its request's head came.
struct RawAnswer {
  std::string bytes;
  bool stays = false;  ///< Open until the client leaves.
};

class RawServer {
 public:
  /// A connection for each answer, in turn; after the last one nobody listens any more.
  explicit RawServer(std::vector<RawAnswer> answers) : answers_(std::move(answers)) {
    std::string pattern = std::filesystem::temp_directory_path() / "taskfeed-raw-XXXXXX";
    TF_ASSERT(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    TF_ASSERT(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    TF_ASSERT(listen(listener_, 16) == 0);
    thread_ = std::thread([this] { run(); });
  }
  ~RawServer() {
    over_ = true;
    thread_.join();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string url() const { return "unix:" + path(); }
  /// Head and body of each request so far.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  std::string path() const { return folder_ + "/socket"; }

  void run() {
    for (const RawAnswer& answer : answers_) {
      if (!readable(listener_)) break;
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) break;
      answer_one(connection, answer);
      close(connection);
    }
    close(listener_);
    unlink(path().c_str());
  }

  /// Waits until there is something to read; false once the test is over.
  bool readable(int descriptor) const {
    while (!over_) {
      pollfd entry{descriptor, POLLIN, 0};
      if (poll(&entry, 1, 10) > 0) return true;
    }
    return false;
  }

  void answer_one(int connection, const RawAnswer& answer) {
    std::string request;
    while (!whole(request)) {
      if (!read_some(connection, request)) return;
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    std::string_view rest = answer.bytes;
    while (!rest.empty()) {
      const ssize_t sent = send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      rest.remove_prefix(static_cast<size_t>(sent));
    }
    std::string ignored;
    while (answer.stays && read_some(connection, ignored)) {
    }
  }
  bool read_some(int connection, std::string& into) const {
    char bytes[4096];
    if (!readable(connection)) return false;
    const ssize_t count = recv(connection, bytes, sizeof(bytes), 0);
    if (count > 0) into.append(bytes, static_cast<size_t>(count));
    return count > 0;
  }
  /// As far as Content-Length says.
  static bool whole(const std::string& request) {
    const size_t head = request.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    constexpr std::string_view kLength = "Content-Length: ";
    const size_t at = request.find(kLength);
    if (at == std::string::npos || at > head) return true;
    return request.size() >= head + 4 + std::strtoul(&request[at + kLength.size()], nullptr, 10);
  }

  const std::vector<RawAnswer> answers_;
  std::string folder_;
  int listener_ = -1;
  std::atomic<bool> over_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace taskfeed::testing
