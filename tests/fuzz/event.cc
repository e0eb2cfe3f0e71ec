/// JSON and events from outside: what is accepted can be written, and read again as the same.
#include "event/event.h"

#include <cstdint>

#include "base/assert.h"
#include "base/text.h"
#include "support/clock.h"
#include "support/ids.h"

namespace {

using namespace taskfeed;

void check_event(const Event& event) {
  const Result<std::string> encoded = encode_event(event);
  if (!encoded) {
    // Replacement makes a text longer; nothing else of an accepted event can be refused.
    TF_ASSERT_TEXT(encoded.error().code == Errc::kTooLarge, encoded.error().text);
    return;
  }
  TF_ASSERT(is_utf8(*encoded));
  TF_ASSERT(encoded->find_first_of("\r\n") == std::string::npos);
  const Result<Event> decoded = decode_event(*encoded);
  TF_ASSERT(decoded.ok());
  TF_ASSERT(*decoded == event);
  TF_ASSERT(encode_event(*decoded).value() == *encoded);
  for (const auto& [key, value] : event.payload.items()) TF_ASSERT(!is_reserved_key(key));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Result<Json> json = parse_json(text);
  if (!json) {
    TF_ASSERT(json.error().code == Errc::kInvalid && !decode_event(text).ok());
    return 0;
  }
  TF_ASSERT(parse_json(dump_json(*json)).value() == *json);
  if (const Result<Event> event = decode_event(text)) check_event(*event);

  testing::SeededIdSource ids;
  const testing::ManualClock clock;
  const EventContext context{testing::task("t1"), std::nullopt, std::nullopt};
  for (const std::string_view type : {"", "x.y"}) {
    const Result<Event> event = event_from_input(*json, type, context, ids, clock);
    if (event) check_event(*event);
  }
  return 0;
}
