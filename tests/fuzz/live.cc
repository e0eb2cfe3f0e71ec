/// The live channel's text, from whoever publishes there: what splits joins to the same text, and
/// becomes exactly one SSE event.
#include "event/live.h"

#include <cstdint>

#include "base/assert.h"
#include "event/sse_encoder.h"
#include "support/sse_reference.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace taskfeed;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto live = split_live(text);
  if (!live) return 0;
  TF_ASSERT(join_live(live->cursor, live->type, live->json) == text);

  const FramePtr frame = sse::event_frame(live->cursor, live->type, live->json);
  const bool named = is_event_type(live->type);
  TF_ASSERT(named == EventType::parse(live->type).ok());
  for (const FramePtr& each : {frame, sse::unnamed_frame(*frame)}) {
    const auto outcome = testing::parse_by_the_letter(each->bytes());
    TF_ASSERT(outcome == testing::parse_pieces({each->bytes()}));
    TF_ASSERT(outcome.events.size() == 1);
    TF_ASSERT(outcome.last_event_id == live->cursor.str());
    TF_ASSERT(!outcome.retry && !outcome.sign_of_life);
    TF_ASSERT(outcome.events[0].event == (each->type().empty() ? "message" : live->type));
  }
  TF_ASSERT(frame->type().empty() != named);
  return 0;
}
