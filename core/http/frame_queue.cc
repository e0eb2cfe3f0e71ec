#include "http/frame_queue.h"

#include <algorithm>

#include <sys/uio.h>

#include "base/assert.h"

namespace taskfeed::http {
namespace {

constexpr size_t kSpareMax = 8'192;
/// A vector that grew beyond this is let go: one burst must not be paid for ever.
constexpr size_t kKeptFramesMax = 256;

}  // namespace

std::unique_ptr<FrameShelf::Frames> FrameShelf::lend() {
  if (spare_.empty()) return std::make_unique<Frames>();
  std::unique_ptr<Frames> frames = std::move(spare_.back());
  spare_.pop_back();
  least_ = std::min(least_, spare_.size());
  return frames;
}

void FrameShelf::give_back(std::unique_ptr<Frames> frames) {
  if (spare_.size() >= kSpareMax || frames->capacity() > kKeptFramesMax) return;
  frames->clear();
  spare_.push_back(std::move(frames));
}

void FrameShelf::shrink() {
  spare_.resize(spare_.size() - (least_ + 1) / 2);
  if (spare_.empty()) spare_.shrink_to_fit();
  least_ = spare_.size();
}

void FrameQueue::push_behind(const FramePtr& frame, FrameShelf& shelf) {
  if (rest_ == nullptr) rest_ = shelf.lend();
  rest_->push_back(frame);
}

size_t FrameQueue::gather(std::span<iovec> parts) const {
  size_t count = 0;
  const auto add = [&](std::string_view bytes) {
    parts[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  };
  if (!first_) return 0;
  add(wire(first_).substr(first_sent_));
  if (rest_ == nullptr) return count;
  const size_t more = std::min(rest_->size(), parts.size() - count);
  for (size_t at = 0; at < more; ++at) add(wire((*rest_)[at]));
  return count;
}

void FrameQueue::sent(size_t bytes, FrameShelf& shelf) {
  TF_ASSERT(bytes <= bytes_);
  if (bytes == bytes_) return clear(shelf);
  bytes_ = (bytes_ - static_cast<uint32_t>(bytes)) & kBytesMask;
  size_t left = first_sent_ + bytes;
  size_t next = 0;
  while (left >= wire(first_).size()) {
    left -= wire(first_).size();
    first_ = std::move((*rest_)[next++]);
  }
  first_sent_ = static_cast<uint32_t>(left);
  if (next == 0) return;
  rest_->erase(rest_->begin(), rest_->begin() + static_cast<ptrdiff_t>(next));
  if (rest_->empty()) shelf.give_back(std::move(rest_));
}

void FrameQueue::clear(FrameShelf& shelf) {
  first_ = {};
  first_sent_ = 0;
  bytes_ = 0;
  if (rest_ != nullptr) shelf.give_back(std::move(rest_));
}

}  // namespace taskfeed::http
