/// The recent frames of one topic: what readers that come back are served from without Redis.
///
/// Threads  The shard's loop thread.
/// Errors   None.
/// Owns     References to frames of consecutive seqs; no memory while empty.
#pragma once

#include <cstddef>
#include <memory>

#include "event/frame.h"

namespace taskfeed::hub {

class FrameRing {
 public:
  /// `frame` must follow the newest one.
  void push(const FramePtr& frame);
  /// The oldest frame; the ring must not be empty.
  void pop_oldest();
  void clear();

  bool empty() const { return count_ == 0; }
  size_t size() const { return count_; }
  size_t bytes() const { return bytes_; }
  uint64_t first_seq() const { return frame_at(0)->cursor().seq; }
  uint64_t last_seq() const { return first_seq() + count_ - 1; }
  bool holds(uint64_t seq) const { return !empty() && seq >= first_seq() && seq <= last_seq(); }
  /// By seq, which the ring must hold.
  const FramePtr& operator[](uint64_t seq) const { return frame_at(seq - first_seq()); }

 private:
  const FramePtr& frame_at(size_t place) const { return slots_[(head_ + place) & (capacity_ - 1)]; }
  void grow();

  // 32 bits, since there are as many rings as topics; hub::Limits stay far below.
  std::unique_ptr<FramePtr[]> slots_;
  uint32_t capacity_ = 0;  // A power of two, or 0.
  uint32_t head_ = 0;
  uint32_t count_ = 0;
  uint32_t bytes_ = 0;
};

}  // namespace taskfeed::hub
