/// The benchmark's event: real in form, 256 bytes of JSON, its send time within.
///
/// Encoded once; then its event_id, task_id and sent_ns are written over in place, so that making
/// an event costs the publisher next to nothing.
///
/// Threads  One.
/// Errors   None.
/// Owns     Its text.
#pragma once

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "bench/flags.h"
#include "event/event.h"

namespace taskfeed::bench {

inline constexpr std::string_view kEventType = "BenchTick";
inline constexpr size_t kEventBytes = 256;

class EventTemplate {
 public:
  /// Task ids all have the length of `task`, a UUID.
  explicit EventTemplate(const TaskId& task) {
    const auto type = EventType::parse(kEventType);
    if (!type) die(type.error().text);
    Event event{.id = EventId(bytes_of(0)),
                .type = *type,
                .time = SystemClock().wall(),
                .task = task,
                .agent = {},
                .execution = {}};
    event.payload["sent_ns"] = kTimeMark;
    event.payload["pad"] = "";
    const size_t bare = encoded(event).size();
    event.payload["pad"] = std::string(kEventBytes - bare, 'x');
    json_ = encoded(event);
    id_at_ = json_.find(event.id.str());
    task_at_ = json_.find(task.str());
    time_at_ = json_.find(std::to_string(kTimeMark));
  }

  /// Valid until the next call.
  std::string_view make(uint64_t number, std::string_view task, uint64_t sent_ns) {
    tag_ = EventId(bytes_of(number)).low32();
    put(id_at_, EventId(bytes_of(number)).str());
    put(task_at_, task);
    char digits[24];
    // Spaces in front are JSON's white space: its numbers have no leading zero.
    std::snprintf(digits, sizeof digits, "%16lu", sent_ns);
    put(time_at_, std::string_view(digits, 16));
    return json_;
  }
  /// Of the event last made.
  uint32_t tag() const { return tag_; }

 private:
  static constexpr uint64_t kTimeMark = 1'111'111'111'111'111;

  static std::string encoded(const Event& event) {
    auto json = encode_event(event);
    if (!json) die(json.error().text);
    return *std::move(json);
  }
  /// A UUIDv7 whose last half is scrambled, as random ids' are, and never repeats in a run.
  static std::array<uint8_t, 16> bytes_of(uint64_t number) {
    std::array<uint8_t, 16> bytes{0x01, 0x9a, 0, 0, 0, 0, 0x70, 0};
    const uint64_t low = (number + 1) * 0x9e3779b97f4a7c15;
    std::memcpy(bytes.data() + 8, &low, sizeof low);
    bytes[8] = static_cast<uint8_t>(0x80 | (bytes[8] & 0x3f));
    return bytes;
  }
  void put(size_t at, std::string_view text) { json_.replace(at, text.size(), text); }

  std::string json_;
  size_t id_at_ = 0;
  size_t task_at_ = 0;
  size_t time_at_ = 0;
  uint32_t tag_ = 0;
};

}  // namespace taskfeed::bench
