/// Time that a test moves.
///
/// Threads  Any: the two times are atomics.
/// Errors   None.
/// Owns     The two times.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace taskfeed::testing {

class ManualClock final : public Clock {
 public:
  /// 2026-11-22T10:00:00Z, and a monotonic time that is not zero, so that a test sees who mixes
  /// the two.
  ManualClock() = default;
  explicit ManualClock(WallTime wall) : wall_(wall.time_since_epoch()) {}

  WallTime wall() const override { return WallTime(wall_.load()); }
  MonoTime mono() const override { return MonoTime(mono_.load()); }

  /// Both times move, as they do in life.
  void advance(Milliseconds by) {
    wall_ = wall_.load() + by;
    mono_ = mono_.load() + by;
  }
  /// The wall alone jumps, as when an administrator or NTP sets it.
  void set_wall(WallTime time) { wall_ = time.time_since_epoch(); }

 private:
  std::atomic<Milliseconds> wall_{Milliseconds(1'795'341'600'000)};
  std::atomic<Milliseconds> mono_{Milliseconds(1'000'000)};
};

}  // namespace taskfeed::testing
