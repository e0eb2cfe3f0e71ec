/// History: what was appended is there, in order, once.
///
/// What every implementation promises, and what breaks otherwise (tests/contract proves each over
/// MemoryBroker and real Redis):
///  1. append() is one atomic step: the next seq, the entry in history, the publish to followers.
///     Were they apart, a follower could see an event that history lacks, or miss one that it has.
///  2. Nothing is published that was not stored, also when memory runs out.
///  3. Refused after a terminal event (kEnded), whoever asks.
///  4. Idempotent by event id when `maybe_repeated` is set: the same cursor again, nothing stored
///     or published twice. Recognised among the last kRepeatWindow entries.
///  5. seq has no hole: n events appended occupy n consecutive seqs.
///
/// Threads  Safe from any thread unless the implementation says otherwise; calls block, bounded by
///          the implementation's timeout.
/// Errors   kEnded, kFull (nothing stored), kConflict (a lifecycle type while a worker holds the
///          lease), kNotFound (no such task), kUnavailable, kTimeout (the outcome is unknown:
///          repeat with maybe_repeated).
/// Owns     Nothing.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "event/event.h"
#include "task/status.h"

namespace taskfeed::broker {

inline constexpr size_t kRepeatWindow = 64;
inline constexpr size_t kPageEventsMax = 1'000;
inline constexpr size_t kPageBytesMax = 4 * 1024 * 1024;  ///< Reached first by large events.
inline constexpr size_t kAppendEventsMax = 1'000;         ///< In one append() or commit().

struct AppendOptions {
  bool maybe_repeated = false;
  bool create_stream = false;  ///< Accept a task id that no create() made (bridge).
};

/// Where the reader's cursor stands against what history holds.
enum class Anchor {
  kStart,     ///< 0-0: the beginning was asked for.
  kMatches,   ///< The cursor's event is there.
  kTrimmed,   ///< Older than the oldest kept.
  kMismatch,  ///< Another event stands at that seq.
  kAhead,     ///< Newer than the newest: history was lost.
};

struct ReadRange {
  Cursor after;                        ///< Exclusive. 0-0 reads from the oldest.
  std::optional<uint64_t> before_seq;  ///< Exclusive.
  std::optional<uint64_t> newest;      ///< Only the newest N of the range; `after` still holds.
  size_t limit = kPageEventsMax;
  size_t bytes_max = kPageBytesMax;  ///< Of JSON; one event comes in any case.
};

struct Page {
  std::vector<StoredEvent> events;
  std::optional<Cursor> first;       ///< Oldest kept; empty for an empty stream.
  Cursor last;                       ///< Newest ever appended; 0-0 before the first.
  Anchor anchor = Anchor::kStart;    ///< Of `after`.
  bool more = false;                 ///< The range goes on after events.back().
  std::optional<TaskStatus> status;  ///< The task's; empty for an unknown task.
};

class EventLog {
 public:
  virtual ~EventLog() = default;
  /// The cursors of `events`, in their order. All or nothing.
  virtual Result<std::vector<Cursor>> append(const TaskId& task,
                                             std::span<const EncodedEvent> events,
                                             const AppendOptions& options) = 0;
  /// An unknown task is an empty page with an empty status, no error. After kTrimmed, kMismatch and
  /// kAhead the page starts at the oldest kept event, and Page::anchor says why.
  virtual Result<Page> read(const TaskId& task, const ReadRange& range) = 0;
};

}  // namespace taskfeed::broker
