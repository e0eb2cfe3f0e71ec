/// The folder of a private server: that it is ours alone, and the locks in it.
///
/// Threads  One for each object.
/// Errors   kInvalid names the folder and what is wrong with it.
/// Owns     Descriptors; a lock ends with its descriptor, and so with its process.
#pragma once

#include <string>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"

namespace taskfeed::redis {

/// An open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Opens `path`, made with mode 0700 where it is absent. Refused: a symbolic link, somebody else's,
/// one that group or others may write to.
Result<Descriptor> open_private_folder(const std::string& path);

/// flock(2) on a file of that folder: a process that ends lets go, however it ends.
class FileLock {
 public:
  static Result<FileLock> open(const Descriptor& folder, const std::string& name);
  bool try_shared();
  bool try_exclusive();
  /// Waits without end.
  void wait_exclusive();
  void release();
  /// For a child that is to hold the lock as long as it lives.
  int descriptor() const { return file_.get(); }

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

enum class Answer { kNone, kLoading, kReady };
/// Whether a Redis is behind the socket of `folder`.
Answer private_redis_answers(const std::string& folder);
/// Asks it to end, which it does after writing everything. False where it could not be asked.
bool end_private_redis(const std::string& folder);

inline constexpr const char* kSocketName = "redis.sock";
inline constexpr const char* kLogName = "redis.log";
inline constexpr const char* kUsersLock = "users.lock";
inline constexpr const char* kStartLock = "start.lock";
inline constexpr const char* kSupervisorLock = "supervisor.lock";
inline constexpr const char* kServerLock = "server.lock";  ///< Held by redis-server itself.
inline constexpr const char* kSupervisorPid = "supervisor.pid";

}  // namespace taskfeed::redis
