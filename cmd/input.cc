#include "input.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {

bool readable_now(int descriptor) {
  pollfd ready{descriptor, POLLIN, 0};
  return ::poll(&ready, 1, 0) > 0;
}

}  // namespace

Result<bool> Input::fill() {
  if (ended_) return false;
  std::array<pollfd, 2> ready{pollfd{descriptor_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  while (::poll(ready.data(), ready.size(), -1) < 0) {
    if (errno != EINTR) return {Errc::kInternal, std::string("poll: ") + std::strerror(errno)};
  }
  if (ready[1].revents != 0) return {Errc::kInternal, "interrupted while reading stdin"};
  std::array<char, 64 * 1024> bytes;
  const ssize_t got = ::read(descriptor_, bytes.data(), bytes.size());
  if (got < 0) {
    if (errno == EINTR || errno == EAGAIN) return true;
    return {Errc::kInternal, std::string("stdin cannot be read: ") + std::strerror(errno)};
  }
  ended_ = got == 0;
  buffer_.append(bytes.data(), static_cast<size_t>(got));
  return !ended_;
}

Result<std::string> Input::rest(size_t bytes_max, std::string_view what) {
  for (;;) {
    if (buffer_.size() > bytes_max) {
      return {Errc::kTooLarge, std::string(what) + " on stdin is longer than " +
                                   std::to_string(bytes_max) + " bytes"};
    }
    const Result<bool> more = fill();
    if (!more) return more.error();
    if (!*more) return std::exchange(buffer_, {});
  }
}

Result<std::optional<std::string>> Input::line(size_t bytes_max) {
  size_t seen = 0;
  for (;;) {
    const size_t end = buffer_.find('\n', seen);
    if (std::min(end, buffer_.size()) > bytes_max) {
      return {Errc::kTooLarge, "is longer than " + std::to_string(bytes_max) + " bytes"};
    }
    if (end != std::string::npos) {
      std::optional<std::string> line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    seen = buffer_.size();
    const Result<bool> more = fill();
    if (!more) return more.error();
    if (*more) continue;
    if (buffer_.empty()) return std::optional<std::string>();
    return std::optional<std::string>(std::exchange(buffer_, {}));
  }
}

bool Input::has_line() {
  while (buffer_.find('\n') == std::string::npos && !ended_ && readable_now(descriptor_)) {
    if (const Result<bool> more = fill(); !more || !*more) break;
  }
  return ended_ || buffer_.find('\n') != std::string::npos;
}

}  // namespace taskfeed::cmd
