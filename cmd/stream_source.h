/// The events of tasks as the command line reads them: one way, whatever stands behind it.
///
/// (a) a daemon's SSE, (b) Redis itself, through the same Hub and the same frames as the daemon's.
/// Both feed their bytes to sse::Parser, so a reader gets the same from either, byte for byte.
///
/// Threads  open() and next() from one thread; wake() from any, a signal's thread among them.
/// Errors   What ends one task's stream for good is an item, kFailed.
/// Owns     Its threads and connections; the destructor ends them.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "event/cursor.h"
#include "event/sse_parser.h"
#include "task/task.h"

namespace taskfeed::cmd {

struct StreamRequest {
  TaskId task;
  std::optional<Cursor> after;
  bool include_history = true;             ///< Without a cursor.
  std::optional<uint64_t> history_newest;  ///< Without a cursor.
  std::string types;                       ///< As --types and --exclude gave them; validated.
  std::string exclude;
  std::optional<WallTime> since;
};

struct StreamItem {
  enum class Kind {
    kEvent,  ///< An event, or one of the control frames stream.open, stream.gap, stream.end.
    kEnd,    ///< This task's stream is over: after stream.end, or since all had been read before.
    kFailed,
  };
  Kind kind = Kind::kEvent;
  TaskId task;
  sse::Message event;
  Error error;
};

/// Between the threads that read and the one that prints. Bounded: push() waits.
class StreamQueue {
 public:
  /// False once closed.
  bool push(StreamItem item);
  /// Never waits; for threads that must not.
  void push_now(StreamItem item);
  /// Empty at `until`, and after wake().
  std::optional<StreamItem> pop(std::optional<MonoTime> until);
  void wake();
  void close();
  size_t bytes() const;

 private:
  static constexpr size_t kBytesMax = 8 * 1024 * 1024;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<StreamItem> items_;
  size_t bytes_ = 0;
  bool woken_ = false;
  bool closed_ = false;
};

class StreamSource {
 public:
  virtual ~StreamSource() = default;
  virtual Result<void> open(const StreamRequest& request) = 0;
  /// The next item of any open stream; empty at `until` and after wake().
  virtual std::optional<StreamItem> next(std::optional<MonoTime> until) = 0;
  virtual void wake() = 0;
};

}  // namespace taskfeed::cmd
