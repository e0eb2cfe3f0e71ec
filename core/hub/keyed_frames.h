/// Frames as readers of many tasks get them: the event's cursor in a field that moves nothing,
/// since their `id:` is a place in all of the tasks. Copied once for all such readers of a frame,
/// which come one after the other.
///
/// Threads  The shard's loop thread.
/// Errors   None.
/// Owns     References to the frame that was asked for last, until clear().
#pragma once

#include "hub/frame_forms.h"

namespace taskfeed::hub {

class KeyedFrames {
 public:
  /// Valid until the next call.
  const FramePtr& of(const FramePtr& plain, FrameForm form, FrameForms& forms) {
    if (!plain_ || &*plain_ != &*plain) {
      clear();
      plain_ = plain;
    }
    FramePtr& made = made_[static_cast<size_t>(form)];
    if (!made) made = sse::keyed_frame(*forms.of(plain, form));
    return made;
  }
  void clear() {
    plain_ = {};
    made_ = {};
  }

 private:
  FramePtr plain_;
  std::array<FramePtr, static_cast<size_t>(FrameForm::kNestedUnnamed) + 1> made_;
};

}  // namespace taskfeed::hub
