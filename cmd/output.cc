#include "output.h"

#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {
constexpr size_t kBufferBytesMax = 64 * 1024;
}

void Output::write(std::string_view text) {
  if (broken_) return;
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
  while (!broken_ && !left.empty() && descriptor_ >= 0) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody made the terminal non-blocking; it is shared between all that hold it.
      pollfd ready{descriptor_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
  buffer_.clear();
}

bool Output::is_terminal() const {
  return descriptor_ >= 0 && ::isatty(descriptor_) == 1;
}

}  // namespace taskfeed::cmd
