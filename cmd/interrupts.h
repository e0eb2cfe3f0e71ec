/// SIGINT and SIGTERM (and SIGHUP, where a terminal that goes away should end us in good order) as
/// a call from a thread of their own, so that a blocked reader can be woken.
///
/// SIGTSTP (Ctrl-Z) stops the process, once what it has on the terminal is put away.
///
/// The first signal asks to end; the second ends the process at once, as a person expects who
/// presses Ctrl-C twice. Where ending takes care (a program's whole process group), the second may
/// be a call as well, and the third ends.
///
/// Threads  Constructed on the main thread before all others, so that they inherit the mask.
///          received() from any; `on_signal` runs on the signals' thread.
/// Errors   None.
/// Owns     Its thread and its descriptor.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "base/mutex.h"
#include "exit_status.h"

namespace taskfeed::cmd {

class Interrupts {
 public:
  enum class Hangup { kDefault, kWatched };
  /// Called on the signals' thread: `leave` before the process is stopped or ends at once, `back`
  /// where it goes on. Either may be empty.
  struct Terminal {
    std::function<void()> leave, back;
  };
  explicit Interrupts(Hangup hangup = Hangup::kDefault, Terminal terminal = {});
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// 0, or the first signal's number.
  int received() const { return received_.load(); }
  /// Readable from the first signal on, for poll(2).
  int descriptor() const { return event_; }
  /// kInterrupted, kTerminated or kHungUp.
  ExitStatus status() const;
  /// Signals that are calls; the next one ends the process. 1 at first.
  void set_patience(int signals) { patience_ = signals; }
  /// Called when the terminal's size changes; nothing else comes of it. Empty: none.
  void on_resize(std::function<void()> callback);
  /// Replaces the callback; called at once where a signal came before. Empty: none.
  void on_signal(std::function<void()> callback);

 private:
  void watch();
  void stop_here() const;

  const Hangup hangup_;
  const Terminal terminal_;
  int event_ = -1;
  std::atomic<int> received_{0};
  std::atomic<int> patience_{1};
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  std::function<void()> callback_ TF_GUARDED_BY(mutex_);
  std::function<void()> resized_ TF_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace taskfeed::cmd
