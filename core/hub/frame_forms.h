/// Other forms of a frame (event_names=off, envelope=nested), encoded once for all their readers.
///
/// Threads  The shard's loop thread.
/// Errors   None.
/// Owns     References to the frames of this turn; no memory in shards without such readers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "event/sse_encoder.h"

namespace taskfeed::hub {

enum class FrameForm : uint8_t { kPlain, kUnnamed, kNested, kNestedUnnamed };

inline FrameForm frame_form(bool event_names, bool nested) {
  if (nested) return event_names ? FrameForm::kNested : FrameForm::kNestedUnnamed;
  return event_names ? FrameForm::kPlain : FrameForm::kUnnamed;
}

class FrameForms {
 public:
  /// Valid until the next call.
  const FramePtr& of(const FramePtr& plain, FrameForm form) {
    if (form == FrameForm::kPlain) return plain;
    if (form == FrameForm::kUnnamed && plain->type().empty()) return plain;
    if (slots_.empty()) slots_.resize(kSlots);
    used_ = true;
    Slot& slot = slots_[(reinterpret_cast<uintptr_t>(&*plain) / sizeof(Frame)) % kSlots];
    // Held, a plain frame keeps its address for itself.
    if (!slot.plain || &*slot.plain != &*plain) slot = {plain, {}};
    FramePtr& made = slot.forms[static_cast<size_t>(form) - 1];
    if (!made) made = encoded(*plain, form);
    return made;
  }
  /// At the end of a turn: frames live only as long as rings and connections want them.
  void clear() {
    if (used_) slots_.assign(kSlots, Slot());
    used_ = false;
  }

 private:
  static constexpr size_t kSlots = 512;  // More than a ring's or a page's usual frames.
  static constexpr size_t kForms = static_cast<size_t>(FrameForm::kNestedUnnamed);
  struct Slot {
    FramePtr plain;
    std::array<FramePtr, kForms> forms;
  };
  static FramePtr encoded(const Frame& plain, FrameForm form) {
    if (form == FrameForm::kUnnamed) return sse::unnamed_frame(plain);
    return sse::nested_frame(plain, form == FrameForm::kNested);
  }

  std::vector<Slot> slots_;
  bool used_ = false;
};

}  // namespace taskfeed::hub
