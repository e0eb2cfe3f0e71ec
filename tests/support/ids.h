/// Ids that repeat under a seed, and short ways to write ids down in a test.
///
/// Threads  Any: a mutex guards the generator.
/// Errors   task("…") and its like abort on text that is no such id.
/// Owns     The generator's state.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <random>
#include <string_view>

#include "base/ids.h"

namespace taskfeed::testing {

/// UUIDv7 whose time part counts milliseconds from 2026-11-22T10:00:00Z, one per id: ids are in
/// the order in which they were drawn.
class SeededIdSource final : public IdSource {
 public:
  explicit SeededIdSource(uint64_t seed = 1) : random_(seed) {}

  Uuid uuid7() override {
    const std::lock_guard lock(mutex_);
    std::array<uint8_t, 16> bytes;
    for (size_t at = 6; at < bytes.size(); ++at) bytes[at] = static_cast<uint8_t>(random_());
    const uint64_t time = milliseconds_++;
    for (size_t at = 0; at < 6; ++at) bytes[at] = static_cast<uint8_t>(time >> (8 * (5 - at)));
    bytes[6] = static_cast<uint8_t>(0x70 | (bytes[6] & 0x0F));
    bytes[8] = static_cast<uint8_t>(0x80 | (bytes[8] & 0x3F));
    return Uuid(bytes);
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 random_;
  uint64_t milliseconds_ = 1'795'341'600'000;
};

inline TaskId task(std::string_view text) {
  return TaskId::parse(text).value();
}
inline AgentId agent(std::string_view text) {
  return AgentId::parse(text).value();
}
inline QueueName queue(std::string_view text) {
  return QueueName::parse(text).value();
}
inline WorkerId worker(std::string_view text) {
  return WorkerId::parse(text).value();
}

/// A UUIDv7 with `tag` as its last 32 bits: the tag of its cursor.
inline Uuid uuid_with_tag(uint32_t tag) {
  std::array<uint8_t, 16> bytes{0x01, 0x98, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0};
  for (size_t at = 0; at < 4; ++at) bytes[12 + at] = static_cast<uint8_t>(tag >> (8 * (3 - at)));
  return Uuid(bytes);
}

}  // namespace taskfeed::testing
