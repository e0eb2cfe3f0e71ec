#include "event/event_type.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"

namespace taskfeed {
namespace {

/// Unicode's White_Space property beyond ASCII, and C1.
bool is_wide_space_or_control(char32_t c) {
  return c <= 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_printable_run(std::string_view text) {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte <= ' ' || byte == 0x7F) return false;
    size_t size = 1;
    if (byte >= 0x80) {
      const Utf8Step step = utf8_step(text);
      if (!step.well_formed || is_wide_space_or_control(step.code_point)) return false;
      size = step.size;
    }
    text.remove_prefix(size);
  }
  return true;
}

bool is_control_frame(std::string_view text) {
  return text.starts_with("stream.") || text.starts_with("heartbeat");
}

}  // namespace

bool is_event_type(std::string_view text) {
  return !text.empty() && text.size() <= kEventTypeBytesMax && is_printable_run(text) &&
         !is_control_frame(text);
}

Result<EventType> EventType::parse(std::string_view text) {
  if (is_event_type(text)) return EventType(text);
  const std::string subject =
      "'" + escape_controls(utf8_prefix(text, kEventTypeBytesMax)) + "' is no event type: ";
  if (is_control_frame(text)) {
    return {Errc::kInvalid, subject + "names that start with 'stream.' and 'heartbeat' are taken"};
  }
  return {Errc::kInvalid, subject + "use 1 to " + std::to_string(kEventTypeBytesMax) +
                              " bytes of UTF-8 without spaces and control characters"};
}

EventType known_type(std::string_view name) {
  TF_ASSERT_TEXT(is_event_type(name), name);
  return EventType(name);
}

bool is_terminal(std::string_view type) {
  return type == types::kCompleted || type == types::kFailed || type == types::kCancelled;
}

bool is_lifecycle(std::string_view type) {
  return type == types::kStarted || type == types::kPaused || type == types::kResumed ||
         is_terminal(type);
}

}  // namespace taskfeed
