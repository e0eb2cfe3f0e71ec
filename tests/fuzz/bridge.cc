/// What is published: an event that encodes and reads back, or refused with a reason.
#include <cstdint>

#include "base/assert.h"
#include "base/text.h"
#include "bridge/normalise.h"
#include "support/ids.h"

namespace {

using namespace taskfeed;

void check(const bridge::Reading& reading) {
  TF_ASSERT(is_utf8(reading.event.json));
  TF_ASSERT(reading.event.json.size() <= kEventBytesMax);
  const Result<Event> event = decode_event(reading.event.json);
  TF_ASSERT(event.ok());
  TF_ASSERT(event->id == reading.event.id && event->task == reading.task);
  TF_ASSERT(event->type.str() == reading.event.type && event->agent == reading.agent);
  TF_ASSERT(encode_event(*event).value() == reading.event.json);
}

}  // namespace

/// The first line is the channel, the rest what was published on it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const size_t line = std::min(text.find('\n'), size);
  const bridge::Heard heard{"workflow.*", text.substr(0, line),
                            text.substr(std::min(line + 1, size))};
  const WallTime now(Milliseconds(1'795'341'600'000));
  testing::SeededIdSource ids;
  const bridge::Normalised first = bridge::normalise(heard, {}, ids, now);
  testing::SeededIdSource others(2);
  const bridge::Normalised second = bridge::normalise(heard, {}, others, now);
  TF_ASSERT(first.index() == second.index());
  if (const auto* refusal = std::get_if<bridge::Refusal>(&first)) {
    TF_ASSERT(!to_string(refusal->reason).empty() && refusal->shape.size() < 1'000);
    return 0;
  }
  check(std::get<bridge::Reading>(first));
  TF_ASSERT(std::get<bridge::Reading>(first).identity.key ==
            std::get<bridge::Reading>(second).identity.key);
  return 0;
}
