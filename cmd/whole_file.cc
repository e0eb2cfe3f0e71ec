#include "whole_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {

Error fault(int reason) {
  return {Errc::kInvalid, std::strerror(reason)};
}

std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : path;
}

/// 0, or the errno of what failed; so the next ones.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

/// Some file systems say only when a descriptor is closed that they are full. Its twin is, so that
/// the lock stays.
int close_twin(int descriptor) {
  const int twin = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (twin < 0) return errno;
  return ::close(twin) == 0 || errno == EINTR ? 0 : errno;
}

int sync_file(int descriptor) {
  return ::fsync(descriptor) == 0 ? 0 : errno;
}

/// Of a name. Not every file system can, and the new text stands already: no reason to fail.
void sync_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const int descriptor =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

FileEdit::FileEdit(std::string path, WholeFileOptions options)
    : path_(std::move(path)), options_(options) {}

FileEdit::FileEdit(FileEdit&& other) noexcept
    : path_(std::move(other.path_)),
      options_(other.options_),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

FileEdit::~FileEdit() {
  if (descriptor_ < 0) return;
  ::unlink(new_path().c_str());
  ::close(descriptor_);
}

Result<FileEdit> FileEdit::begin(const std::string& path, WholeFileOptions options) {
  FileEdit edit(resolved(path), options);
  struct stat there {};
  if (::stat(edit.path_.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    return Error{Errc::kInvalid, "is no regular file; name a file"};
  }
  if (const int reason = edit.lock(); reason != 0) return fault(reason);
  return edit;
}

int FileEdit::lock() {
  constexpr int kTriesMax = 1'000;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const int descriptor =
        ::open(new_path().c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, options_.mode);
    if (descriptor < 0) return errno;
    int locked = 0;
    do {
      locked = ::flock(descriptor, LOCK_EX);
    } while (locked != 0 && errno == EINTR);
    // Who was waited for has renamed or removed this file; another may have begun the next.
    struct stat mine {};
    struct stat named {};
    if (::fstat(descriptor, &mine) == 0 && ::stat(new_path().c_str(), &named) == 0 &&
        is_same_file(mine, named)) {
      descriptor_ = descriptor;
      return 0;
    }
    ::close(descriptor);
  }
  return EAGAIN;
}

int FileEdit::keep_owner_and_mode() const {
  struct stat before {};
  struct stat now {};
  if (::stat(path_.c_str(), &before) != 0) return errno == ENOENT ? 0 : errno;
  if (::fstat(descriptor_, &now) != 0) return errno;
  mode_t mode = before.st_mode & 0777;
  if ((before.st_uid != now.st_uid || before.st_gid != now.st_gid) &&
      ::fchown(descriptor_, before.st_uid, before.st_gid) != 0) {
    mode &= 0700;  // What the file's group may is no affair of another group.
  }
  if (mode == (now.st_mode & 07777)) return 0;
  return ::fchmod(descriptor_, mode) == 0 ? 0 : errno;
}

int FileEdit::write(std::string_view text) {
  if (::ftruncate(descriptor_, 0) != 0) return errno;
  if (const int reason = write_all(descriptor_, text); reason != 0) return reason;
  if (const int reason = keep_owner_and_mode(); reason != 0) return reason;
  if (options_.synced) {
    if (const int reason = sync_file(descriptor_); reason != 0) return reason;
  }
  return close_twin(descriptor_);
}

Result<void> FileEdit::commit(std::string_view text) {
  if (const int reason = write(text); reason != 0) return fault(reason);
  if (::rename(new_path().c_str(), path_.c_str()) != 0) return fault(errno);
  ::close(std::exchange(descriptor_, -1));
  if (options_.synced) sync_folder_of(path_);
  return {};
}

Result<bool> create_file(const std::string& path, std::string_view text) {
  const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0 && errno == EEXIST) return false;
  if (made < 0) return fault(errno);
  int reason = write_all(made, text);
  if (reason == 0) reason = sync_file(made);
  ::close(made);
  if (reason == 0) return true;
  ::unlink(path.c_str());
  return fault(reason);
}

}  // namespace taskfeed::cmd
