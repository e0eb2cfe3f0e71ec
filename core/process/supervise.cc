#include "process/supervise.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace taskfeed::process {
namespace {

using loop::Fd;

/// Makes a stop request readable.
class StopSignal {
 public:
  explicit StopSignal(const std::stop_token& stop)
      : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), callback_(stop, Notify{fd_.get()}) {}
  int fd() const { return fd_.get(); }

 private:
  struct Notify {
    int fd;
    void operator()() const {
      const uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
    }
  };
  Fd fd_;
  std::stop_callback<Notify> callback_;
};

/// write(2) to a pipe whose reader may be gone: EPIPE, and no signal.
ssize_t write_quietly(int descriptor, std::string_view bytes) {
  sigset_t pipe_signal;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
  const int error = errno;
  if (written < 0 && error == EPIPE) {
    const timespec at_once{};
    ::sigtimedwait(&pipe_signal, nullptr, &at_once);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

class Supervision {
 public:
  Supervision(Child& child, StepOutput& output, const SuperviseLimits& limits, const Clock& clock,
              const std::stop_token& stop, std::string_view input)
      : child_(child),
        output_(output),
        limits_(limits),
        clock_(clock),
        stop_(stop),
        wake_(stop),
        input_(input) {
    if (limits_.timeout.count() > 0) timeout_at_ = clock_.mono() + limits_.timeout;
  }

  Ended run() {
    feed();
    while (!over(clock_.mono())) {
      wait();
      feed();
      read(child_.out(), StepOutput::Stream::kStdout, owed_out_);
      read(child_.err(), StepOutput::Stream::kStderr, owed_err_);
      const MonoTime now = clock_.mono();
      output_.flush_due(now);
      note_end(now);
      keep_time(now);
    }
    output_.finish();
    return ended_;
  }

 private:
  bool over(MonoTime now) const {
    if (!ended_.status) return give_up_at_ && now >= *give_up_at_;
    if (!child_.out().open() && !child_.err().open()) return true;
    return now >= drain_until_ && owed_out_ == 0 && owed_err_ == 0;
  }

  void wait() {
    std::array<pollfd, 5> fds{};
    nfds_t count = 0;
    for (const int fd : {child_.out().get(), child_.err().get(),
                         ended_.status ? -1 : child_.pidfd(), terminated_ ? -1 : wake_.fd()}) {
      if (fd >= 0) fds[count++] = pollfd{fd, POLLIN, 0};
    }
    if (child_.in().open()) fds[count++] = pollfd{child_.in().get(), POLLOUT, 0};
    ::poll(fds.data(), count, poll_milliseconds());
  }

  int poll_milliseconds() const {
    const MonoTime now = clock_.mono();
    MonoTime until = now + std::chrono::seconds(60);
    const auto earlier = [&until](const std::optional<MonoTime>& time) {
      if (time) until = std::min(until, *time);
    };
    earlier(output_.due());
    if (ended_.status) earlier(drain_until_);
    if (!terminated_) earlier(timeout_at_);
    if (!killed_) earlier(kill_at_);
    earlier(give_up_at_);
    // Without a pidfd (Linux before 5.3) its end must be looked for.
    if (!ended_.status && child_.pidfd() < 0) earlier(now + Milliseconds(20));
    return static_cast<int>(std::max<int64_t>(0, (until - now).count()));
  }

  /// As much as the child's pipe takes.
  void feed() {
    Fd& in = child_.in();
    while (in.open() && !input_.empty()) {
      const ssize_t written = write_quietly(in.get(), input_);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && errno == EAGAIN) return;
      if (written < 0) break;
      input_.remove_prefix(static_cast<size_t>(written));
    }
    in.close();
  }

  void read(Fd& fd, StepOutput::Stream stream, size_t& owed) {
    if (!fd.open()) return;
    std::array<char, 64 * 1024> buffer;
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got > 0) {
      const auto bytes = static_cast<size_t>(got);
      owed -= std::min(owed, bytes);
      output_.add(stream, std::string_view(buffer.data(), bytes), clock_.mono());
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      owed = 0;
      fd.close();
    }
  }

  void note_end(MonoTime now) {
    if (ended_.status) return;
    ended_.status = child_.ended();
    if (!ended_.status) return;
    child_.in().close();
    drain_until_ = now + limits_.drain;
    owed_out_ = readable(child_.out());
    owed_err_ = readable(child_.err());
    // Whoever asked for the end means the grandchildren as well.
    if (terminated_) child_.signal_group(SIGKILL);
  }

  static size_t readable(const Fd& fd) {
    int bytes = 0;
    if (!fd.open() || ::ioctl(fd.get(), FIONREAD, &bytes) != 0) return 0;
    return static_cast<size_t>(std::max(0, bytes));
  }

  void keep_time(MonoTime now) {
    if (ended_.status) return;
    if (!terminated_ && (stop_.stop_requested() || !output_.wanted())) {
      terminate(now, Ended::Why::kStopped);
    } else if (!terminated_ && timeout_at_ && now >= *timeout_at_) {
      terminate(now, Ended::Why::kTimeout);
    }
    if (terminated_ && !killed_ && now >= *kill_at_) {
      child_.signal_group(SIGKILL);
      killed_ = true;
      give_up_at_ = now + limits_.unkillable;
    }
  }

  void terminate(MonoTime now, Ended::Why why) {
    terminated_ = true;
    ended_.why = why;
    kill_at_ = now + limits_.grace;
    child_.signal_group(SIGTERM);
    child_.signal_group(SIGCONT);  // A stopped process would not see the SIGTERM.
  }

  Child& child_;
  StepOutput& output_;
  const SuperviseLimits& limits_;
  const Clock& clock_;
  const std::stop_token& stop_;
  StopSignal wake_;
  std::string_view input_;  ///< What the child has not read yet.
  std::optional<MonoTime> timeout_at_;
  std::optional<MonoTime> kill_at_;
  std::optional<MonoTime> give_up_at_;
  MonoTime drain_until_{};
  size_t owed_out_ = 0;
  size_t owed_err_ = 0;
  bool terminated_ = false;
  bool killed_ = false;
  Ended ended_;
};

}  // namespace

Ended supervise(Child& child, StepOutput& output, const SuperviseLimits& limits, const Clock& clock,
                const std::stop_token& stop, std::string_view input) {
  return Supervision(child, output, limits, clock, stop, input).run();
}

}  // namespace taskfeed::process
