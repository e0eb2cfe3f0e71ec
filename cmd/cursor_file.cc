#include "cursor_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "event/many_cursor.h"
#include "inputs.h"

namespace taskfeed::cmd {
namespace {

/// A cursor of many tasks, and room for the blanks of who writes one by hand.
constexpr size_t kFileBytesMax = kManyCursorBytesMax + 256;
constexpr mode_t kMode = 0666;  // Less the umask, as for any output.

std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : path;
}

/// 0, or the errno of what failed.
int write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace

CursorFile::CursorFile(const std::string& path)
    : shown_(escape_controls(to_utf8(path))), path_(resolved(path)), new_path_(path_ + ".new") {}

Error CursorFile::fault(int reason) const {
  return {Errc::kInternal,
          "--cursor-file " + shown_ + " cannot be written: " + std::strerror(reason)};
}

Error CursorFile::wrong(std::string_view why, std::string_view beginning) const {
  return {Errc::kInvalid, "--cursor-file " + shown_ + ": " + std::string(why) +
                              "; remove the file to begin " + std::string(beginning)};
}

Result<std::optional<Cursor>> CursorFile::load() const {
  const Result<std::optional<std::string>> text = load_text();
  if (!text) return text.error();
  if (!*text) return std::optional<Cursor>();
  const Result<Cursor> cursor = Cursor::parse(**text);
  if (!cursor) return wrong(cursor.error().text, "with the first event");
  return std::optional<Cursor>(*cursor);
}

Result<std::optional<std::string>> CursorFile::load_text() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 && errno == ENOENT) return std::optional<std::string>();
  // A device or a pipe would be replaced by store(), and opening one may wait for ever.
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) || S_ISFIFO(status.st_mode) ||
      S_ISSOCK(status.st_mode)) {
    return {Errc::kInvalid, "--cursor-file " + shown_ + ": is no regular file; name a file"};
  }
  Result<std::string> text = read_file(path_, kFileBytesMax);
  if (!text) return {Errc::kInvalid, "--cursor-file " + text.error().text};
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  if (text->empty()) return std::optional<std::string>();
  return std::optional<std::string>(*std::move(text));
}

Result<void> CursorFile::check() const {
  const int descriptor =
      ::open(new_path_.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kMode);
  if (descriptor < 0) return fault(errno);
  ::close(descriptor);
  ::unlink(new_path_.c_str());
  return {};
}

Result<void> CursorFile::store_text(std::string_view text) const {
  const int descriptor =
      ::open(new_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kMode);
  if (descriptor < 0) return fault(errno);
  int reason = write_whole(descriptor, std::string(text) + "\n");
  // Some file systems say only now that they are full.
  if (::close(descriptor) != 0 && reason == 0 && errno != EINTR) reason = errno;
  if (reason == 0 && ::rename(new_path_.c_str(), path_.c_str()) != 0) reason = errno;
  if (reason == 0) return {};
  ::unlink(new_path_.c_str());
  return fault(reason);
}

}  // namespace taskfeed::cmd
