/// The one place that writes Server-Sent Events (WHATWG HTML, section 9.2).
///
/// CR, LF and NUL cannot enter `id` or `event` (their types exclude them); data is split into one
/// `data:` line per line, at CR, LF and CRLF alike.
///
/// Threads  Pure functions; the Frames belong to the calling shard.
/// Errors   None: the types exclude what could not be encoded.
/// Owns     Nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "event/event.h"
#include "event/frame.h"

namespace taskfeed::sse {

/// id, event, data. `type` and `json` as they came from the broker; a type that EventType::parse
/// would refuse (a foreign writer's) is encoded as an unnamed event.
FramePtr event_frame(const Cursor& cursor, std::string_view type, std::string_view json);
/// The same event without its `event:` line, for `event_names=off`.
FramePtr unnamed_frame(const Frame& named);
/// The same event with its payload under `data`, the reserved keys beside it, for
/// `envelope=nested`; with its name or without. What is no JSON object stays as it is.
FramePtr nested_frame(const Frame& named, bool with_name);
/// A frame's data as it was before it was split into lines, which may stand in `room`.
std::string_view data_of(const Frame& frame, std::string& room);
/// `id:` alone: moves the reader's cursor and dispatches nothing.
FramePtr progress_frame(const Cursor& cursor);
/// Whether `frame` is one of these.
bool is_progress(const Frame& frame);
/// `: text`; every line break in `text` starts another comment line.
FramePtr comment_frame(std::string_view text);
/// `retry: N` with its line feed and no empty line after it, jittered by the caller.
std::string retry_line(std::chrono::milliseconds delay);

/// How much of what the reader asked for the stream can give.
enum class Replay { kComplete, kPartial, kReset, kLive };
std::string_view to_string(Replay replay);
enum class GapReason { kTrimmed, kReset, kSlow };
std::string_view to_string(GapReason reason);

struct Open {
  TaskId task;
  Replay replay = Replay::kComplete;
  std::optional<Cursor> first;  ///< Oldest event that Redis still has.
  std::optional<Cursor> last;   ///< Newest event when the stream was opened.
  std::chrono::milliseconds heartbeat_interval{15'000};
};
/// `stream.open`. Control frames carry no id.
FramePtr open_frame(const Open& open);
/// `stream.gap`: events after `from` up to and with `to` are lost to this reader. from 0-0 stands
/// for the beginning.
FramePtr gap_frame(const Cursor& from, const Cursor& to, GapReason reason);
/// `stream.end`; `status` is the task's, or "gone" where Redis has no such task any more.
FramePtr end_frame(std::string_view status, const Cursor& last);

// Of a stream over many tasks, whose ids are of its own kind (event/many_cursor.h).

/// The same event with `cursor:` in place of `id:`. A client ignores a field that it does not know
/// (9.2.6), and its own id stays.
FramePtr keyed_frame(const Frame& frame);
/// `id:` alone.
FramePtr id_frame(std::string_view id);
struct ManyOpen {
  Replay replay = Replay::kLive;
  size_t tasks = 0;
  bool resumable = true;
  std::chrono::milliseconds heartbeat_interval{15'000};
};
FramePtr many_open_frame(const ManyOpen& open);
/// `stream.gap` or `stream.end` of one task, which is then named in it; the end is
/// `stream.task_end`. Without a task, of the record of creations: tasks may be missing.
FramePtr frame_of_task(const Frame& control, const std::optional<TaskId>& task);
/// `stream.gap` for who comes back and had no place: the stream begins anew.
FramePtr lost_place_frame();
/// `stream.gap` of a task that is kept no longer, and was read up to `from`.
FramePtr forgotten_frame(const TaskId& task, const Cursor& from);
struct ManyState {
  size_t tasks = 0;
  bool resumable = true;  ///< False: too many are open for an id; the last one stays.
  bool full = false;      ///< Further tasks wait until others have ended.
};
/// `stream.state`, when one of these changes.
FramePtr many_state_frame(const ManyState& state);
FramePtr many_end_frame();

}  // namespace taskfeed::sse
