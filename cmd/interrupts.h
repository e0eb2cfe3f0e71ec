/// SIGINT and SIGTERM as a call from a thread of their own, so that a blocked reader can be woken.
///
/// The first signal asks to end; the second ends the process at once, as a person expects who
/// presses Ctrl-C twice.
///
/// Threads  Constructed on the main thread before all others, so that they inherit the mask.
///          received() from any; `on_signal` runs on the signals' thread.
/// Errors   None.
/// Owns     Its thread.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "exit_status.h"

namespace taskfeed::cmd {

class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// 0, or the first signal's number.
  int received() const { return received_.load(); }
  /// kInterrupted or kTerminated.
  ExitStatus status() const;
  /// Replaces the callback; called at once where a signal came before. Empty: none.
  void on_signal(std::function<void()> callback);

 private:
  void watch();

  std::atomic<int> received_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::function<void()> callback_;
  std::thread thread_;
};

}  // namespace taskfeed::cmd
