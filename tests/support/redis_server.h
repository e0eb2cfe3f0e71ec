/// A real redis-server for a test: private unix socket in a folder of its own, gone afterwards.
///
/// Threads  The test's.
/// Errors   A server that does not start aborts the test with its log.
/// Owns     The process and the folder.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace taskfeed::testing {

class RedisServer {
 public:
  /// `arguments` go after ours: {"--maxmemory", "2mb"}. Append-only file, so that restart() keeps
  /// what was written.
  explicit RedisServer(std::vector<std::string> arguments = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string url() const { return "unix://" + socket(); }
  std::string socket() const { return folder_ + "/redis.sock"; }
  const std::string& folder() const { return folder_; }
  pid_t pid() const { return pid_; }

  void start();  ///< Answers once it takes commands.
  void kill();   ///< SIGKILL, and waits for its end.
  void stop();   ///< SIGTERM: it writes everything first.
  void restart() {
    stop();
    start();
  }
  void forget_data();  ///< While stopped: comes back empty.
  void freeze();       ///< SIGSTOP.
  void thaw();         ///< SIGCONT.

  /// One command on a connection of its own; the answer as redis-cli --raw would print it, the
  /// elements of arrays one a line.
  std::string command(const std::vector<std::string>& words) const;

 private:
  bool answers() const;

  std::string folder_;
  std::vector<std::string> arguments_;
  pid_t pid_ = -1;
};

}  // namespace taskfeed::testing
