/// One thread's event loop: sockets, timers, signals, and the one door from other threads.
///
/// Threads  run() makes the calling thread the loop's. Everything but post() and stop() must be
///          called there, and asserts it.
/// Errors   Construction reports a kernel that gives no loop (descriptors).
/// Owns     The uv_loop_t. Adapters of ring 3 reach it through raw().
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"

struct uv_loop_s;

namespace taskfeed::loop {

class Loop {
 public:
  static Result<std::unique_ptr<Loop>> create();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Until stop(). Handles still open are the owner's to close first.
  void run();
  /// From any thread; run() returns at the end of its turn.
  void stop();
  /// From any thread: `task` runs on the loop's thread, in the order of the calls.
  void post(std::function<void()> task);
  bool on_loop_thread() const;
  /// `flush` runs when a turn has done its work, before the loop waits again: the place for
  /// gathered writes. It may find nothing to do.
  void at_turn_end(std::function<void()> flush);
  /// For ring 3 adapters only.
  uv_loop_s* raw();

 private:
  Loop();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Runs `action` after `delay`, once or each `period`; stops when destroyed.
class Timer {
 public:
  explicit Timer(Loop& loop);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  void start(Milliseconds delay, Milliseconds period, std::function<void()> action);
  void stop();

 private:
  struct Impl;
  Impl* impl_;
};

/// SIGINT, SIGTERM, SIGHUP … as callbacks on the loop's thread.
class SignalWatch {
 public:
  SignalWatch(Loop& loop, int signal_number, std::function<void()> action);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace taskfeed::loop
