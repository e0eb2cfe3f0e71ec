/// Deadlines of all connections of a shard, in coarse ticks: never a timer for each.
///
/// Putting a deadline off is a store: an entry that comes up early is hung up again. Deadlines are
/// met late by at most two ticks, never early.
///
/// Threads  The loop's thread.
/// Errors   None.
/// Owns     Its timer. Borrows the entries; each takes itself out when it is destroyed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "loop/loop.h"

namespace taskfeed::http {

/// A place in a ring of links; alone it points to itself.
class Link {
 public:
  Link() : previous_(this), next_(this) {}
  ~Link() { unlink(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  bool linked() const { return next_ != this; }
  Link* next() const { return next_; }
  void unlink() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }
  /// As the last one of the ring whose anchor is `anchor`.
  void link_before(Link& anchor) {
    unlink();
    previous_ = anchor.previous_;
    next_ = &anchor;
    previous_->next_ = this;
    anchor.previous_ = this;
  }

 private:
  Link* previous_;
  Link* next_;
};

using Tick = uint32_t;

class Timed : public Link {
 public:
  /// The deadline that was set has passed. Sets the next one, or is destroyed before the turn ends.
  virtual void on_due() = 0;

 protected:
  ~Timed() = default;

 private:
  friend class Wheel;
  Tick due_ = 0;
  Tick hung_at_ = 0;  ///< The tick whose slot it hangs in: at most due_.
};

class Wheel {
 public:
  Wheel(loop::Loop& loop, const Clock& clock, Milliseconds tick);

  /// Of the last tick that was heard: time stands still between.
  Tick now() const { return now_; }
  /// At least as long as `delay`.
  Tick ticks(Milliseconds delay) const;
  Milliseconds length(Tick ticks) const { return tick_ * ticks; }
  void set(Timed& timed, Tick due);
  void set_after(Timed& timed, Milliseconds delay) { set(timed, now_ + ticks(delay)); }
  /// All that have a deadline; `visit` may destroy the one that it is given.
  void for_each(const std::function<void(Timed&)>& visit);
  /// Called at each tick, after what was due.
  void at_tick(std::function<void()> action) { action_ = std::move(action); }

 private:
  static constexpr Tick kSlots = 128;
  void hang(Timed& timed, Tick at);
  void turn();
  Tick clock_ticks() const;

  const Clock& clock_;
  const Milliseconds tick_;
  const MonoTime start_;
  Tick now_ = 0;
  std::array<Link, kSlots> slots_;
  std::function<void()> action_ = [] {};
  loop::Timer timer_;
};

}  // namespace taskfeed::http
