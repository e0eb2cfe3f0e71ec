#include "http/wheel.h"

#include <algorithm>

namespace taskfeed::http {

Wheel::Wheel(loop::Loop& loop, const Clock& clock, Milliseconds tick)
    : clock_(clock), tick_(tick), start_(clock.mono()), timer_(loop) {
  TF_ASSERT(tick.count() > 0);
  timer_.start(tick, tick, [this] { turn(); });
}

Tick Wheel::ticks(Milliseconds delay) const {
  // One more: the tick under way is partly over.
  return static_cast<Tick>((delay.count() + tick_.count() - 1) / tick_.count()) + 1;
}

Tick Wheel::clock_ticks() const {
  return static_cast<Tick>((clock_.mono() - start_) / tick_);
}

void Wheel::hang(Timed& timed, Tick at) {
  timed.hung_at_ = at;
  timed.link_before(slots_[at % kSlots]);
}

void Wheel::set(Timed& timed, Tick due) {
  timed.due_ = due;
  if (timed.linked() && timed.hung_at_ <= due) return;
  hang(timed, std::min(std::max(due, now_ + 1), now_ + kSlots - 1));
}

void Wheel::turn() {
  const Tick until = clock_ticks();
  // After a long pause every slot is looked at once, not once for each round missed.
  Tick from = now_ + 1;
  if (until >= kSlots && from < until - kSlots + 1) from = until - kSlots + 1;
  now_ = std::max(now_, until);
  for (Tick at = from; at <= until; ++at) {
    Link up;  // Those of this slot, apart, since on_due() hangs entries up anew.
    Link& slot = slots_[at % kSlots];
    while (slot.linked()) slot.next()->link_before(up);
    while (up.linked()) {
      auto& timed = static_cast<Timed&>(*up.next());
      if (timed.due_ > now_) {
        hang(timed, std::min(timed.due_, now_ + kSlots - 1));
        continue;
      }
      timed.unlink();
      timed.on_due();
    }
  }
  action_();
}

void Wheel::for_each(const std::function<void(Timed&)>& visit) {
  for (Link& slot : slots_) {
    Link seen;
    while (slot.linked()) {
      auto& timed = static_cast<Timed&>(*slot.next());
      timed.link_before(seen);
      visit(timed);
    }
    while (seen.linked()) seen.next()->link_before(slot);
  }
}

}  // namespace taskfeed::http
