#include "hub/frame_ring.h"

#include "base/assert.h"

namespace taskfeed::hub {

void FrameRing::push(const FramePtr& frame) {
  TF_ASSERT(empty() || frame->cursor().seq == last_seq() + 1);
  if (count_ == slots_.size()) grow();
  slots_[(head_ + count_) & (slots_.size() - 1)] = frame;
  ++count_;
  bytes_ += frame->bytes().size();
}

void FrameRing::pop_oldest() {
  TF_ASSERT(!empty());
  FramePtr& oldest = slots_[head_];
  bytes_ -= oldest->bytes().size();
  oldest = FramePtr();
  head_ = (head_ + 1) & (slots_.size() - 1);
  --count_;
}

void FrameRing::clear() {
  slots_ = std::vector<FramePtr>();
  head_ = count_ = bytes_ = 0;
}

void FrameRing::grow() {
  std::vector<FramePtr> larger(slots_.empty() ? 4 : slots_.size() * 2);
  for (size_t place = 0; place < count_; ++place) larger[place] = frame_at(place);
  slots_ = std::move(larger);
  head_ = 0;
}

}  // namespace taskfeed::hub
