/// Names of things, each a type of its own, so that one cannot stand where another belongs.
///
/// Construction through parse() is the one place that validates; an id that exists is valid, and
/// so is safe in a Redis key, a URL path and a file name.
///
/// Threads  Values. IdSource is safe from any thread.
/// Errors   parse() says what is wrong with the text.
/// Owns     Its text.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace taskfeed {

/// 128 bits in the textual form of RFC 9562, lower case.
class Uuid {
 public:
  static Result<Uuid> parse(std::string_view text);
  explicit Uuid(const std::array<uint8_t, 16>& bytes) : bytes_(bytes) {}
  std::string str() const;
  /// The last four bytes, big-endian: the tag of a cursor.
  uint32_t low32() const;
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  auto operator<=>(const Uuid&) const = default;

 private:
  std::array<uint8_t, 16> bytes_;
};

/// The rule of every Name: `[A-Za-z0-9_-]{1,64}`. `noun` says in the error what `text` should be.
Result<void> check_name(std::string_view noun, std::string_view text);

/// An id of `[A-Za-z0-9_-]{1,64}`; Tag keeps the kinds apart.
template <class Tag>
class Name {
 public:
  static Result<Name> parse(std::string_view text) {
    if (Result<void> checked = check_name(Tag::kNoun, text); !checked) return checked.error();
    return Name(std::string(text));
  }
  const std::string& str() const { return text_; }
  auto operator<=>(const Name&) const = default;

 private:
  explicit Name(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct TaskTag {
  static constexpr std::string_view kNoun = "task id";
};
struct AgentTag {
  static constexpr std::string_view kNoun = "agent id";
};
struct QueueTag {
  static constexpr std::string_view kNoun = "queue name";
};
struct WorkerTag {
  static constexpr std::string_view kNoun = "worker id";
};

/// taskfeed makes task ids as UUIDv7; foreign publishers may use any Name.
using TaskId = Name<TaskTag>;
using AgentId = Name<AgentTag>;
using QueueName = Name<QueueTag>;
using WorkerId = Name<WorkerTag>;
/// UUIDv7 when made here; any UUID is accepted from others.
using EventId = Uuid;
using ExecutionId = Uuid;

/// Where fresh ids come from. The system's source draws UUIDv7 from getrandom(2); a test's source
/// is seeded.
class IdSource {
 public:
  virtual ~IdSource() = default;
  virtual Uuid uuid7() = 0;
};

/// UUIDv7 of RFC 9562: 48 bits of `clock`'s wall time, 74 random bits.
class SystemIdSource final : public IdSource {
 public:
  explicit SystemIdSource(const Clock& clock) : clock_(clock) {}
  Uuid uuid7() override;

 private:
  const Clock& clock_;
};

/// `ids.uuid7()` as the Name of a new task.
TaskId new_task_id(IdSource& ids);

}  // namespace taskfeed

template <class Tag>
struct std::hash<taskfeed::Name<Tag>> {
  size_t operator()(const taskfeed::Name<Tag>& name) const noexcept {
    return std::hash<std::string>{}(name.str());
  }
};
