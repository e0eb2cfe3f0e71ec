/// A proxy before a unix socket that loses what a network may lose: it cuts a connection after so
/// many bytes of a request or of a reply, or swallows all.
///
/// Threads  One of its own; the calls are safe from the test's.
/// Errors   A socket that cannot be made aborts the test.
/// Owns     Its socket, its thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace taskfeed::testing {

class CuttingProxy {
 public:
  /// Listens on `path`, and forwards to `target`.
  CuttingProxy(std::string path, std::string target);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  std::string url() const { return "unix://" + path_; }
  /// Once: the connection that carries the byte after the next `bytes` of requests (replies) is
  /// closed on both sides before that byte passes.
  void cut_request_after(size_t bytes) { request_left_ = static_cast<long>(bytes); }
  void cut_reply_after(size_t bytes) { reply_left_ = static_cast<long>(bytes); }
  /// Once more a cut happens, this grows.
  int cuts() const { return cuts_; }
  /// Closes every connection that is open.
  void cut_all() {
    cut_all_ = true;
    wake();
  }

 private:
  struct Pair {
    int client;
    int server;
  };
  void run();
  void accept_one();
  bool forward(int from, int to, std::atomic<long>& left);
  void wake();

  const std::string path_;
  const std::string target_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::atomic<long> request_left_{-1};  // Negative: never.
  std::atomic<long> reply_left_{-1};
  std::atomic<int> cuts_{0};
  std::atomic<bool> cut_all_{false};
  std::atomic<bool> stop_{false};
  std::vector<Pair> pairs_;
  std::thread thread_;
};

}  // namespace taskfeed::testing
