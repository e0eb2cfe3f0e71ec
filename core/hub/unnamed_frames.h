/// Frames without their `event:` line, encoded once for all readers with event_names=off.
///
/// Threads  The shard's loop thread.
/// Errors   None.
/// Owns     References to the frames of this turn; no memory in shards without such readers.
#pragma once

#include <cstdint>
#include <vector>

#include "event/sse_encoder.h"

namespace taskfeed::hub {

class UnnamedFrames {
 public:
  /// Valid until the next call.
  const FramePtr& of(const FramePtr& named) {
    if (named->type().empty()) return named;
    if (slots_.empty()) slots_.resize(kSlots);
    used_ = true;
    Slot& slot = slots_[(reinterpret_cast<uintptr_t>(&*named) / sizeof(Frame)) % kSlots];
    // Held, a named frame keeps its address for itself.
    if (!slot.named || &*slot.named != &*named) slot = {named, sse::unnamed_frame(*named)};
    return slot.unnamed;
  }
  /// At the end of a turn: frames live only as long as rings and connections want them.
  void clear() {
    if (used_) slots_.assign(kSlots, Slot());
    used_ = false;
  }

 private:
  static constexpr size_t kSlots = 512;  // More than a ring's or a page's usual frames.
  struct Slot {
    FramePtr named;
    FramePtr unnamed;
  };
  std::vector<Slot> slots_;
  bool used_ = false;
};

}  // namespace taskfeed::hub
