#include "mcp/pipe_talk.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <unistd.h>

#include "base/text.h"

namespace taskfeed::mcp {
namespace {

constexpr size_t kShownBytesMax = 200;
constexpr size_t kReadsPerTurn = 16;  ///< Of 64 KiB, before callers are looked after again.

}  // namespace

bool LineSplitter::add(std::string_view bytes,
                       const std::function<void(std::string_view)>& on_line) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (held_.size() + piece.size() > bytes_max_) return false;
    if (end == std::string_view::npos) {
      held_.append(piece);
      return true;
    }
    if (held_.empty()) {
      on_line(piece);
    } else {
      held_.append(piece);
      on_line(held_);
      held_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  return true;
}

Complaints::Complaints(const std::string& name, const runner::Secrets& secrets, Log& log,
                       const PipeLimits& limits)
    : name_(name),
      secrets_(secrets),
      log_(log),
      limits_(limits),
      lines_(limits.stderr_line_bytes_max) {}

void Complaints::add(std::string_view bytes) {
  // In pieces below the limit, so that a long line is cut rather than refused.
  while (!bytes.empty() && written_ <= limits_.stderr_bytes_max) {
    const size_t room = limits_.stderr_line_bytes_max - lines_.rest().size();
    const std::string_view piece = bytes.substr(0, std::max<size_t>(1, room));
    if (!lines_.add(piece, [this](std::string_view line) { write(line); }) ||
        room <= piece.size()) {
      finish();
    }
    bytes.remove_prefix(piece.size());
  }
}

void Complaints::finish() {
  if (!lines_.rest().empty()) write(lines_.rest());
  lines_.drop_rest();
}

void Complaints::write(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() || written_ > limits_.stderr_bytes_max) return;
  written_ += line.size() + 1;
  if (written_ > limits_.stderr_bytes_max) {
    log_.info("mcp server " + name_ + " writes more to stderr, which is not logged");
    return;
  }
  log_.info("mcp server " + name_ + ": " + escape_controls(secrets_.hide(to_utf8(line))));
}

PipeTalk::PipeTalk(PipeLink& link, loop::Child& child)
    : link_(link),
      child_(child),
      lines_(link.limits_.line_bytes_max),
      complaints_(link.name_, link.secrets_, link.log_, link.limits_) {}

Error PipeTalk::run() {
  while (turn() == Turn::kGoOn) {
  }
  return ended_;
}

PipeTalk::Turn PipeTalk::end(Errc code, std::string_view how) {
  ended_ = {code, "it " + std::string(how)};
  return Turn::kEnd;
}

PipeTalk::Turn PipeTalk::turn() {
  if (!fetch_outbox()) return end(Errc::kUnavailable, "was ended");
  wait(poll_milliseconds());
  uint64_t wakes = 0;
  [[maybe_unused]] const auto taken = ::read(link_.wake_.get(), &wakes, sizeof wakes);
  read_err();
  if (read_out() == Turn::kEnd || write_in() == Turn::kEnd) return Turn::kEnd;
  if (child_.ended()) {
    // What it wrote before its end is read; a grandchild may hold the pipe open for ever.
    return read_out() == Turn::kEnd ? Turn::kEnd : end(Errc::kUnavailable, how_it_ended());
  }
  const std::lock_guard lock(link_.mutex_);
  if (link_.waiting_.empty() && link_.outbox_.empty() &&
      SystemClock{}.mono() - link_.last_use_ >= link_.limits_.rest_after) {
    link_.rested_ = true;
    link_.alive_ = false;  // From here on a request is told to open() again.
    return end(Errc::kUnavailable, "rests");
  }
  return Turn::kGoOn;
}

/// False where the link is to be closed.
bool PipeTalk::fetch_outbox() {
  const std::lock_guard lock(link_.mutex_);
  if (unsent_.empty()) {
    for (const std::string& text : link_.outbox_) unsent_ += text;
    sent_ = 0;
    link_.outbox_.clear();
    link_.outbox_bytes_ = unsent_.size();
  }
  return !link_.close_wanted_;
}

int PipeTalk::poll_milliseconds() {
  // Without a pidfd (Linux before 5.3) its end must be looked for.
  if (child_.pidfd() < 0) return 50;
  const std::lock_guard lock(link_.mutex_);
  const Milliseconds unused = SystemClock{}.mono() - link_.last_use_;
  const Milliseconds left =
      std::clamp(link_.limits_.rest_after - unused, Milliseconds(10), Milliseconds(60'000));
  return static_cast<int>(left.count());
}

void PipeTalk::wait(int milliseconds) {
  std::array<pollfd, 5> fds{};
  nfds_t count = 0;
  const auto watch = [&](int fd, short events) {
    if (fd >= 0) fds[count++] = pollfd{fd, events, 0};
  };
  watch(child_.out().get(), POLLIN);
  watch(child_.err().get(), POLLIN);
  watch(child_.pidfd(), POLLIN);
  watch(link_.wake_.get(), POLLIN);
  if (!unsent_.empty()) watch(child_.in().get(), POLLOUT);
  ::poll(fds.data(), count, milliseconds);
}

PipeTalk::Turn PipeTalk::read_out() {
  std::array<char, 64 * 1024> buffer;
  for (size_t reads = 0; reads < kReadsPerTurn; ++reads) {
    const ssize_t got = ::read(child_.out().get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return Turn::kGoOn;
    if (got <= 0) return end(Errc::kUnavailable, how_it_ended());
    const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
    if (!lines_.add(bytes, [this](std::string_view line) { take_line(line); })) {
      return end(Errc::kTooLarge, "sent a line of more than " +
                                      std::to_string(link_.limits_.line_bytes_max) +
                                      " bytes, and was ended");
    }
  }
  return Turn::kGoOn;
}

void PipeTalk::take_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return;
  Result<Json> json = parse_json(line);
  Incoming message = json ? read_message(*std::move(json)) : Incoming{};
  if (message.kind != Incoming::Kind::kNoise) {
    link_.hear(std::move(message));
  } else if (++noise_ == 1) {
    link_.log_.warn(
        "mcp server " + link_.name_ +
        " writes lines to stdout that are no messages; they are skipped: " +
        escape_controls(utf8_prefix(link_.secrets_.hide(to_utf8(line)), kShownBytesMax)));
  }
}

void PipeTalk::read_err() {
  std::array<char, 16 * 1024> buffer;
  for (size_t reads = 0; child_.err().open() && reads < kReadsPerTurn; ++reads) {
    const ssize_t got = ::read(child_.err().get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      child_.err().close();
      return;
    }
    complaints_.add(std::string_view(buffer.data(), static_cast<size_t>(got)));
  }
}

PipeTalk::Turn PipeTalk::write_in() {
  while (!unsent_.empty()) {
    const ssize_t put = ::write(child_.in().get(), unsent_.data() + sent_, unsent_.size() - sent_);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return Turn::kGoOn;
    if (put < 0) {
      // It may have said something before it closed its input.
      return read_out() == Turn::kEnd ? Turn::kEnd : end(Errc::kUnavailable, "closed its input");
    }
    sent_ += static_cast<size_t>(put);
    if (sent_ == unsent_.size()) unsent_.clear();
  }
  return Turn::kGoOn;
}

std::string PipeTalk::how_it_ended() {
  // The end of its output and its exit are two facts, in either order.
  if (!leaves_within(Milliseconds(500))) return "closed its output";
  const loop::ExitStatus status = *child_.ended();
  if (status.signal != 0) return "was ended by " + loop::signal_name(status.signal);
  return "exited with status " + std::to_string(status.code);
}

bool PipeTalk::leaves_within(Milliseconds time) {
  const MonoTime until = SystemClock{}.mono() + time;
  while (!child_.ended()) {
    const Milliseconds left = until - SystemClock{}.mono();
    if (left <= Milliseconds(0)) return false;
    read_err();
    std::array<pollfd, 2> fds{pollfd{child_.pidfd(), POLLIN, 0},
                              pollfd{child_.err().get(), POLLIN, 0}};
    const Milliseconds step = child_.pidfd() < 0 ? std::min(left, Milliseconds(20)) : left;
    ::poll(fds.data(), fds.size(), static_cast<int>(step.count()));
    std::array<char, 16 * 1024> unread;  // So that it can write its last words.
    for (size_t reads = 0; reads < kReadsPerTurn; ++reads) {
      if (::read(child_.out().get(), unread.data(), unread.size()) <= 0) break;
    }
  }
  return true;
}

void PipeTalk::part() {
  child_.in().close();
  bool hurry = false;
  {
    const std::lock_guard lock(link_.mutex_);
    hurry = link_.hurry_;
  }
  // One that broke the rules gets no time to say more.
  if (!hurry && ended_.code != Errc::kTooLarge && leaves_within(link_.limits_.leave_max)) {
    read_err();
  } else {
    child_.signal_group(SIGTERM);
    child_.signal_group(SIGCONT);
    leaves_within(hurry ? link_.limits_.hurried_grace : link_.limits_.grace);
  }
  complaints_.finish();
  child_.reap();  // SIGKILL to what is left of its group.
}

}  // namespace taskfeed::mcp
