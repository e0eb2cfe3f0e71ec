#include "redis/private_folder.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redis/connection.h"

namespace taskfeed::redis {
namespace {

constexpr Milliseconds kAnswerTimeout{1'000};

Error refused(const std::string& path, std::string_view why) {
  return {Errc::kInvalid, "The state directory " + path + " " + std::string(why)};
}

bool lock(int file, int operation) {
  int done = -1;
  do {
    done = flock(file, operation);
  } while (done != 0 && errno == EINTR);
  return done == 0;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

Result<Descriptor> open_private_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return refused(path, "cannot be made (" + std::string(std::strerror(errno)) +
                             "): make it, or name another one with --state-dir.");
  }
  Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder.get() < 0) {
    if (errno == ELOOP || errno == ENOTDIR) {
      return refused(path, "is a symbolic link or no directory: name the directory itself.");
    }
    return refused(path, "cannot be opened (" + std::string(std::strerror(errno)) +
                             "): name another one with --state-dir.");
  }
  struct stat status {};
  if (fstat(folder.get(), &status) != 0) return refused(path, "cannot be looked at.");
  if (status.st_uid != geteuid()) {
    return refused(path, "belongs to another user: name one of your own with --state-dir.");
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refused(path, "can be written to by others: chmod go-w it, or name another one.");
  }
  return folder;
}

Result<FileLock> FileLock::open(const Descriptor& folder, const std::string& name) {
  Descriptor file(
      openat(folder.get(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) {
    return Error{Errc::kInvalid, "The file " + name + " in the state directory cannot be opened (" +
                                     std::strerror(errno) + ")."};
  }
  return FileLock(std::move(file));
}

bool FileLock::try_shared() {
  return lock(file_.get(), LOCK_SH | LOCK_NB);
}
bool FileLock::try_exclusive() {
  return lock(file_.get(), LOCK_EX | LOCK_NB);
}
void FileLock::wait_exclusive() {
  lock(file_.get(), LOCK_EX);
}
void FileLock::release() {
  lock(file_.get(), LOCK_UN);
}

namespace {

Url socket_of(const std::string& folder) {
  Url url;
  url.unix_path = folder + "/" + kSocketName;
  return url;
}

}  // namespace

Answer private_redis_answers(const std::string& folder) {
  const auto connection = Connection::open(socket_of(folder), kAnswerTimeout);
  if (!connection) return Answer::kNone;
  Batch ping((*connection)->known());
  ping.command({"PING"});
  Replies replies;
  const auto outcome = (*connection)->exchange(ping.bytes(), 1, kAnswerTimeout, replies);
  if (outcome == Connection::Outcome::kTimeout) return Answer::kLoading;
  if (outcome != Connection::Outcome::kDone) return Answer::kNone;
  return replies[0].view().is_error() ? Answer::kLoading : Answer::kReady;
}

bool end_private_redis(const std::string& folder) {
  const auto connection = Connection::open(socket_of(folder), kAnswerTimeout);
  if (!connection) return false;
  Batch shutdown((*connection)->known());
  shutdown.command({"SHUTDOWN"});
  Replies replies;
  // It answers only where it cannot end; else it closes the connection.
  return (*connection)->exchange(shutdown.bytes(), 1, kAnswerTimeout, replies) ==
         Connection::Outcome::kBroken;
}

}  // namespace taskfeed::redis
