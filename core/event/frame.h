/// The SSE bytes of one event, built once and shared by every connection that sends them; as they
/// are, and as a chunk of HTTP/1.1, so that no connection has to frame them.
///
/// Threads  One: a Frame belongs to the shard that built it, so its count of references is a plain
///          integer. It never crosses Loop::post().
/// Errors   None.
/// Owns     Its bytes.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "event/cursor.h"

namespace taskfeed {

class FramePtr;

/// RFC 9112, 7.1. Of nothing it would be the last chunk, which kLastChunk is.
inline std::string chunk_of(std::string_view bytes) {
  TF_ASSERT(!bytes.empty());
  std::array<char, 16> room;
  const char* const end =
      std::to_chars(room.data(), room.data() + room.size(), bytes.size(), 16).ptr;
  const std::string_view size(room.data(), static_cast<size_t>(end - room.data()));
  std::string chunk;
  chunk.reserve(size.size() + bytes.size() + 4);
  chunk.append(size).append("\r\n").append(bytes).append("\r\n");
  return chunk;
}
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

class Frame {
 public:
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  /// Everything up to and with the empty line.
  std::string_view bytes() const {
    return std::string_view(wire_).substr(head_size_, wire_.size() - head_size_ - tail_size_);
  }
  /// The same as a chunk.
  std::string_view chunk() const { return wire_; }
  /// 0-0 for control frames, which do not move a cursor.
  const Cursor& cursor() const { return cursor_; }
  std::string_view type() const { return bytes().substr(type_at_, type_size_); }
  bool terminal() const { return terminal_; }

  /// `type_at` and `type_size` name the type's place within `bytes`; both 0 for a frame without
  /// an `event:` line.
  static FramePtr make(std::string_view bytes, Cursor cursor, size_t type_at, size_t type_size,
                       bool terminal);
  /// What is no event, and is sent as it is in either form: the head of an answer.
  static FramePtr raw(std::string bytes);

 private:
  friend class FramePtr;
  Frame(std::string wire, Cursor cursor) : wire_(std::move(wire)), cursor_(cursor) {}

  std::string wire_;
  Cursor cursor_;
  mutable uint32_t references_ = 0;
  uint32_t type_at_ = 0;
  uint16_t type_size_ = 0;
  uint8_t head_size_ = 0;  ///< What makes a chunk of it, before …
  uint8_t tail_size_ = 0;  ///< … and after.
  bool terminal_ = false;
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

inline FramePtr Frame::make(std::string_view bytes, Cursor cursor, size_t type_at, size_t type_size,
                            bool terminal) {
  constexpr size_t kTail = 2;
  auto* const frame = new Frame(chunk_of(bytes), cursor);
  frame->head_size_ = static_cast<uint8_t>(frame->wire_.size() - bytes.size() - kTail);
  frame->tail_size_ = kTail;
  frame->type_at_ = static_cast<uint32_t>(type_at);
  frame->type_size_ = static_cast<uint16_t>(type_size);
  frame->terminal_ = terminal;
  return FramePtr(frame);
}

inline FramePtr Frame::raw(std::string bytes) {
  return FramePtr(new Frame(std::move(bytes), Cursor()));
}

}  // namespace taskfeed
