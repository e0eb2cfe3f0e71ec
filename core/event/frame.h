/// The SSE bytes of one event, built once and shared by every connection that sends them.
///
/// Threads  One: a Frame belongs to the shard that built it, so its count of references is a plain
///          integer. It never crosses Loop::post().
/// Errors   None.
/// Owns     Its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "event/cursor.h"

namespace taskfeed {

class FramePtr;

class Frame {
 public:
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  /// Everything up to and with the empty line.
  std::string_view bytes() const { return bytes_; }
  /// 0-0 for control frames, which do not move a cursor.
  const Cursor& cursor() const { return cursor_; }
  std::string_view type() const { return std::string_view(bytes_).substr(type_at_, type_size_); }
  bool terminal() const { return terminal_; }

  /// `type_at` and `type_size` name the type's place within `bytes`; both 0 for a frame without
  /// an `event:` line.
  static FramePtr make(std::string bytes, Cursor cursor, size_t type_at, size_t type_size,
                       bool terminal);

 private:
  friend class FramePtr;
  Frame(std::string bytes, Cursor cursor, size_t type_at, size_t type_size, bool terminal)
      : bytes_(std::move(bytes)),
        cursor_(cursor),
        type_at_(static_cast<uint32_t>(type_at)),
        type_size_(static_cast<uint16_t>(type_size)),
        terminal_(terminal) {}

  std::string bytes_;
  Cursor cursor_;
  mutable uint32_t references_ = 0;
  uint32_t type_at_;
  uint16_t type_size_;
  bool terminal_;
};

/// Eight bytes: what a connection's queue holds per undelivered frame.
class FramePtr {
 public:
  FramePtr() = default;
  explicit FramePtr(const Frame* frame) : frame_(frame) { retain(); }
  FramePtr(const FramePtr& other) : frame_(other.frame_) { retain(); }
  FramePtr(FramePtr&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FramePtr& operator=(FramePtr other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FramePtr() {
    if (frame_ != nullptr && --frame_->references_ == 0) delete frame_;
  }

  const Frame& operator*() const { return *frame_; }
  const Frame* operator->() const { return frame_; }
  explicit operator bool() const { return frame_ != nullptr; }

 private:
  void retain() const {
    if (frame_ != nullptr) ++frame_->references_;
  }
  const Frame* frame_ = nullptr;
};

inline FramePtr Frame::make(std::string bytes, Cursor cursor, size_t type_at, size_t type_size,
                            bool terminal) {
  return FramePtr(new Frame(std::move(bytes), cursor, type_at, type_size, terminal));
}

}  // namespace taskfeed
