#include "event/sse_encoder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "event/json.h"

namespace taskfeed::sse {
namespace {

constexpr std::string_view kId = "id: ";
constexpr std::string_view kEvent = "event: ";
constexpr std::string_view kData = "data: ";
constexpr std::string_view kCursor = "cursor: ";

bool has_line_break(std::string_view text) {
  return std::memchr(text.data(), '\n', text.size()) != nullptr ||
         std::memchr(text.data(), '\r', text.size()) != nullptr;
}

/// `prefix` before every line of `text`; CR, LF and CRLF end a line (9.2.5). A text that ends with
/// a line break has an empty last line.
void append_lines(std::string& out, std::string_view prefix, std::string_view text) {
  while (true) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    out.append(prefix).append(text.substr(0, end)).append("\n");
    if (end == text.size()) return;
    const bool pair = text.substr(end).starts_with("\r\n");
    text.remove_prefix(end + (pair ? 2 : 1));
  }
}

size_t line_breaks(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }));
}

std::string_view cursor_text(const std::optional<Cursor>& cursor,
                             std::array<char, kCursorTextMax>& text) {
  return cursor ? cursor->write(text) : std::string_view();
}

Json cursor_json(const std::optional<Cursor>& cursor) {
  return cursor ? Json(cursor->str()) : Json(nullptr);
}

FramePtr frame_of(const std::optional<Cursor>& cursor, std::string_view type, std::string_view data,
                  bool terminal) {
  std::array<char, kCursorTextMax> place;
  const std::string_view id = cursor_text(cursor, place);
  const bool lines = has_line_break(data);
  const size_t data_lines = lines ? line_breaks(data) + 1 : 1;
  std::string out;
  out.reserve(kId.size() + id.size() + 1 + kEvent.size() + type.size() + 1 + data.size() +
              data_lines * (kData.size() + 1) + 1);
  if (!id.empty()) out.append(kId).append(id).append("\n");
  const size_t type_at = type.empty() ? 0 : out.size() + kEvent.size();
  if (!type.empty()) out.append(kEvent).append(type).append("\n");
  if (lines) {
    append_lines(out, kData, data);
  } else {
    out.append(kData).append(data).append("\n");
  }
  out += '\n';
  return Frame::make(out, cursor.value_or(Cursor()), type_at, type.size(), terminal);
}

FramePtr control_frame(std::string_view type, const Json& json) {
  return frame_of(std::nullopt, type, dump_json(json), false);
}

}  // namespace

FramePtr event_frame(const Cursor& cursor, std::string_view type, std::string_view json) {
  return frame_of(cursor, is_event_type(type) ? type : std::string_view(), json, is_terminal(type));
}

FramePtr unnamed_frame(const Frame& named) {
  const std::string_view bytes = named.bytes();
  const std::string_view type = named.type();
  std::string out;
  out.reserve(bytes.size());
  if (type.empty()) {
    out.append(bytes);
  } else {
    const auto type_at = static_cast<size_t>(type.data() - bytes.data());
    out.append(bytes.substr(0, type_at - kEvent.size()));
    out.append(bytes.substr(type_at + type.size() + 1));
  }
  return Frame::make(out, named.cursor(), 0, 0, named.terminal());
}

std::string_view data_of(const Frame& frame, std::string& room) {
  std::string_view rest = frame.bytes();
  // Before the first data line stand lines of other names only.
  const size_t begin = rest.starts_with(kData) ? 0 : rest.find("\ndata: ") + 1;
  if (begin == 0 && !rest.starts_with(kData)) return {};
  rest.remove_prefix(begin);
  room.clear();
  for (bool first = true;; first = false) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(kData.size(), end - kData.size());
    rest.remove_prefix(end + 1);
    const bool last = !rest.starts_with(kData);
    if (first && last) return line;
    room.append(first ? "" : "\n").append(line);
    if (last) return room;
  }
}

FramePtr nested_frame(const Frame& named, bool with_name) {
  std::string room;
  const std::string_view flat = data_of(named, room);
  Result<Json> parsed = parse_json(flat);
  std::string nested(flat);
  if (parsed && parsed->is_object()) {
    Json envelope = Json::object();
    Json payload = Json::object();
    for (auto& [key, value] : parsed->items()) {
      (is_reserved_key(key) ? envelope : payload)[key] = std::move(value);
    }
    envelope["data"] = std::move(payload);
    nested = dump_json(envelope);
  }
  return frame_of(named.cursor(), with_name ? named.type() : std::string_view(), nested,
                  named.terminal());
}

FramePtr progress_frame(const Cursor& cursor) {
  std::array<char, kCursorTextMax> place;
  std::string out;
  out.append(kId).append(cursor.write(place)).append("\n\n");
  return Frame::make(out, cursor, 0, 0, false);
}

bool is_progress(const Frame& frame) {
  const std::string_view bytes = frame.bytes();
  return bytes.starts_with(kId) && bytes.find('\n') + 2 == bytes.size();
}

FramePtr comment_frame(std::string_view text) {
  std::string out;
  append_lines(out, ": ", text);
  out += '\n';
  return Frame::make(out, Cursor(), 0, 0, false);
}

std::string retry_line(std::chrono::milliseconds delay) {
  return "retry: " + std::to_string(std::max<int64_t>(delay.count(), 0)) + "\n";
}

std::string_view to_string(Replay replay) {
  switch (replay) {
    case Replay::kComplete:
      return "complete";
    case Replay::kPartial:
      return "partial";
    case Replay::kReset:
      return "reset";
    case Replay::kLive:
      return "live";
  }
  TF_ASSERT_TEXT(false, "a Replay outside its enumeration");
  return {};
}

std::string_view to_string(GapReason reason) {
  switch (reason) {
    case GapReason::kTrimmed:
      return "trimmed";
    case GapReason::kReset:
      return "reset";
    case GapReason::kSlow:
      return "slow";
  }
  TF_ASSERT_TEXT(false, "a GapReason outside its enumeration");
  return {};
}

FramePtr open_frame(const Open& open) {
  return control_frame("stream.open", Json{{"task_id", open.task.str()},
                                           {"replay", to_string(open.replay)},
                                           {"first_id", cursor_json(open.first)},
                                           {"last_id", cursor_json(open.last)},
                                           {"heartbeat_ms", open.heartbeat_interval.count()}});
}

FramePtr gap_frame(const Cursor& from, const Cursor& to, GapReason reason) {
  return control_frame("stream.gap",
                       Json{{"from", from.str()}, {"to", to.str()}, {"reason", to_string(reason)}});
}

FramePtr end_frame(std::string_view status, const Cursor& last) {
  return control_frame("stream.end", Json{{"status", status}, {"last_id", last.str()}});
}

FramePtr keyed_frame(const Frame& frame) {
  const std::string_view bytes = frame.bytes();
  TF_ASSERT(bytes.starts_with(kId));
  std::string out;
  out.reserve(bytes.size() + kCursor.size());
  out.append(kCursor).append(bytes.substr(kId.size()));
  const std::string_view type = frame.type();
  const size_t type_at =
      type.empty() ? 0
                   : static_cast<size_t>(type.data() - bytes.data()) + kCursor.size() - kId.size();
  return Frame::make(out, frame.cursor(), type_at, type.size(), frame.terminal());
}

FramePtr id_frame(std::string_view id) {
  return Frame::make(std::string(kId).append(id).append("\n\n"), Cursor(), 0, 0, false);
}

FramePtr many_open_frame(const ManyOpen& open) {
  return control_frame("stream.open", Json{{"replay", to_string(open.replay)},
                                           {"tasks", open.tasks},
                                           {"resumable", open.resumable},
                                           {"heartbeat_ms", open.heartbeat_interval.count()}});
}

FramePtr frame_of_task(const Frame& control, const std::optional<TaskId>& task) {
  std::string room;
  const std::string_view data = data_of(control, room);
  TF_ASSERT(data.starts_with('{') && data.size() > 2);
  // Our own text, whose members follow the brace.
  std::string named = "{\"task_id\":" + (task ? "\"" + task->str() + "\"" : "null") + ",";
  named.append(data.substr(1));
  const bool ends = control.type() == "stream.end";
  return frame_of(std::nullopt, ends ? "stream.task_end" : control.type(), named, false);
}

FramePtr lost_place_frame() {
  return control_frame(
      "stream.gap",
      Json{{"task_id", nullptr}, {"from", nullptr}, {"to", nullptr}, {"reason", "unresumable"}});
}

FramePtr forgotten_frame(const TaskId& task, const Cursor& from) {
  return control_frame("stream.gap", Json{{"task_id", task.str()},
                                          {"from", from.str()},
                                          {"to", nullptr},
                                          {"reason", to_string(GapReason::kTrimmed)}});
}

FramePtr many_state_frame(const ManyState& state) {
  return control_frame(
      "stream.state",
      Json{{"tasks", state.tasks}, {"resumable", state.resumable}, {"full", state.full}});
}

FramePtr many_end_frame() {
  return control_frame("stream.end", Json{{"status", "ended"}});
}

}  // namespace taskfeed::sse
