#include "output.h"

#include <cerrno>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {
constexpr size_t kBufferBytesMax = 64 * 1024;
}

void Output::write(std::string_view text) {
  if (broken()) return;
  buffer_ += text;
  if (buffer_.size() >= kBufferBytesMax) flush();
}

void Output::line(std::string_view text) {
  write(text);
  write("\n");
  flush();
}

void Output::flush() {
  std::string_view left = buffer_;
  while (!broken() && !left.empty() && descriptor_ >= 0) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody made the terminal non-blocking; it is shared between all that hold it.
      pollfd ready{descriptor_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      fault_ = errno;
    }
  }
  buffer_.clear();
}

bool Output::is_terminal() const {
  return descriptor_ >= 0 && ::isatty(descriptor_) == 1;
}

bool Output::is_piped() const {
  struct stat status {};
  return descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0 &&
         (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

bool Output::is_foreground() const {
  if (!is_terminal()) return false;
  const pid_t group = ::tcgetpgrp(descriptor_);
  return group < 0 || group == ::getpgrp();  // Less than 0: not our terminal, but one.
}

bool Output::is_writable() const {
  pollfd state{descriptor_, POLLOUT, 0};
  return descriptor_ >= 0 && ::poll(&state, 1, 0) > 0 && (state.revents & POLLOUT) != 0;
}

std::optional<size_t> Output::columns() const {
  if (!is_terminal()) return std::nullopt;
  winsize size{};
  if (::ioctl(descriptor_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

void Output::look() {
  if (descriptor_ < 0) return;
  pollfd state{descriptor_, 0, 0};
  // POLLERR on a pipe's writing end: no reader is left (poll(2)).
  if (::poll(&state, 1, 0) > 0 && (state.revents & POLLERR) != 0 && !broken()) fault_ = EPIPE;
}

}  // namespace taskfeed::cmd
