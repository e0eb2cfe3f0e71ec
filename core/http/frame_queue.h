/// Frames that one connection still has to send.
///
/// Empty it is 24 bytes and owns nothing; one frame, the usual case, stands inside; more go into a
/// vector that is lent by the shard and given back once all is sent, so that the steady state
/// allocates nothing.
///
/// Threads  The loop's thread.
/// Errors   None.
/// Owns     References to the frames, and the vector while it is lent.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "event/frame.h"

struct iovec;

namespace taskfeed::http {

/// The vectors that no queue needs at the moment.
class FrameShelf {
 public:
  using Frames = std::vector<FramePtr>;
  std::unique_ptr<Frames> lend();
  void give_back(std::unique_ptr<Frames> frames);
  /// Lets go half of what was not needed since the last call.
  void shrink();

 private:
  std::vector<std::unique_ptr<Frames>> spare_;
  size_t least_ = 0;  ///< Spare ones since the last shrink(), at the lowest.
};

class FrameQueue {
 public:
  /// Whether the connection speaks HTTP/1.1: then its frames are sent as chunks.
  explicit FrameQueue(bool chunked = false) : bytes_(0), chunked_(chunked ? 1 : 0) {}

  bool chunked() const { return chunked_ != 0; }
  bool empty() const { return !first_; }
  /// Not yet sent.
  size_t bytes() const { return bytes_; }
  void push(const FramePtr& frame, FrameShelf& shelf) {
    bytes_ = (bytes_ + static_cast<uint32_t>(wire(frame).size())) & kBytesMask;
    if (!first_) {
      first_ = frame;
    } else {
      push_behind(frame, shelf);
    }
  }
  /// The oldest unsent bytes, as many parts as there is room for; how many were filled.
  size_t gather(std::span<iovec> parts) const;
  /// The oldest `bytes` were sent.
  void sent(size_t bytes, FrameShelf& shelf);
  void clear(FrameShelf& shelf);

 private:
  static constexpr uint32_t kBytesMask = (1U << 31) - 1;
  std::string_view wire(const FramePtr& frame) const {
    return chunked() ? frame->chunk() : frame->bytes();
  }
  void push_behind(const FramePtr& frame, FrameShelf& shelf);

  FramePtr first_;
  std::unique_ptr<FrameShelf::Frames> rest_;
  uint32_t first_sent_ = 0;  ///< Bytes of first_.
  uint32_t bytes_ : 31;
  uint32_t chunked_ : 1;
};

}  // namespace taskfeed::http
