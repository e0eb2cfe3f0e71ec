#include "hub/frame_ring.h"

#include "base/assert.h"

namespace taskfeed::hub {

void FrameRing::push(const FramePtr& frame) {
  TF_ASSERT(empty() || frame->cursor().seq == last_seq() + 1);
  if (count_ == capacity_) grow();
  slots_[(head_ + count_) & (capacity_ - 1)] = frame;
  ++count_;
  bytes_ += static_cast<uint32_t>(frame->bytes().size());
}

void FrameRing::pop_oldest() {
  TF_ASSERT(!empty());
  FramePtr& oldest = slots_[head_];
  bytes_ -= static_cast<uint32_t>(oldest->bytes().size());
  oldest = FramePtr();
  head_ = (head_ + 1) & (capacity_ - 1);
  if (--count_ == 0) clear();
}

void FrameRing::clear() {
  slots_.reset();
  capacity_ = head_ = count_ = bytes_ = 0;
}

void FrameRing::grow() {
  const uint32_t capacity = capacity_ == 0 ? 4 : capacity_ * 2;
  auto larger = std::make_unique<FramePtr[]>(capacity);
  for (uint32_t place = 0; place < count_; ++place) larger[place] = frame_at(place);
  slots_ = std::move(larger);
  capacity_ = capacity;
  head_ = 0;
}

}  // namespace taskfeed::hub
