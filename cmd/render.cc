#include "render.h"

#include "base/text.h"
#include "event/event.h"
#include "width.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kBetween = 2;
constexpr size_t kLabelColumns = 4;
/// With less beside them, a task's id is shortened, and then the time left out.
constexpr size_t kBesideIdLeast = 40;
constexpr size_t kBesideTimeLeast = 24;
/// A terminal narrower than any line: it wraps.
constexpr size_t kRoomLeast = 8;

/// What is left of the row; 0 where it has no end.
size_t room_after(size_t before, const Looks& looks) {
  if (looks.columns == 0) return 0;
  return looks.columns > before + kRoomLeast ? looks.columns - before : kRoomLeast;
}

/// Its end: UUIDs of tasks that were created together begin alike.
std::string short_id(const std::string& id, const Looks& looks) {
  constexpr size_t kKept = 8;
  if (id.size() <= kKept) return id;
  return (looks.utf8 ? "…" : "...") + id.substr(id.size() - kKept);
}

}  // namespace

std::string EventRenderer::render(std::string_view type, std::string_view json,
                                  std::string_view prefix) {
  const Result<Json> parsed = parse_json(json);
  const Json event = parsed && parsed->is_object() ? *parsed : Json::object();
  if (type == types::kLlmCallChunk && looks_.terminal && prefix.empty()) return flow(event);
  std::string text = finish();
  const Head head = head_of(event, prefix);
  if (!parsed) {
    const std::string_view ellipsis = looks_.utf8 ? "…" : "...";
    const std::string line = one_line(json, 400, looks_);
    const size_t room = room_after(head.columns, looks_);
    return text + head.text + (room == 0 ? line : cut_to(line, room, ellipsis)) + "\n";
  }
  if (type == types::kToolCallOutput) return text + output_lines(event, head.text);
  return text + head.text + line_after(head, event_line(type, event, looks_)) + "\n";
}

EventRenderer::Head EventRenderer::head_of(const Json& event, std::string_view prefix) {
  std::string time = time_text(event);
  std::string task(prefix);
  const auto wide = [&] {
    return (task.empty() ? 0 : width_of(task) + kBetween) +
           (time.empty() ? 0 : width_of(time) + kBetween);
  };
  if (looks_.columns > 0 && !task.empty() && wide() + kBesideIdLeast > looks_.columns) {
    task = short_id(task, looks_);
  }
  if (looks_.columns > 0 && !looks_.timestamps && wide() + kBesideTimeLeast > looks_.columns)
    time.clear();
  const std::string between(kBetween, ' ');
  return {(task.empty() ? "" : paint(task, Tone::kDim, looks_) + between) +
              (time.empty() ? "" : paint(time, Tone::kDim, looks_) + between),
          wide()};
}

std::string EventRenderer::line_after(const Head& head, const EventLine& line) const {
  const std::string_view ellipsis = looks_.utf8 ? "…" : "...";
  std::string label = line.label;
  if (const size_t room = room_after(head.columns, looks_); room > 0) {
    const size_t fields = std::min(room, kBetween + 2 + kRoomLeast);
    label = cut_to(label, std::max(std::min(room / 2, room - fields), kLabelColumns), ellipsis);
  }
  label = padded(label, kLabelColumns) + " " + line.mark;
  const size_t before = head.columns + width_of(label) + kBetween;
  const std::string fields = fitted(line.fields, room_after(before, looks_), looks_);
  return paint(label, line.tone, looks_) +
         (fields.empty() ? "" : std::string(kBetween, ' ') + fields);
}

std::string EventRenderer::flow(const Json& chunk) {
  const std::string kind = string_at(chunk, "kind");
  const std::string source = string_at(chunk, "call_id") + " " + kind;
  std::string text;
  if (flowing_ && *flowing_ != source) text = finish();
  if (!flowing_) begins_line_ = true;
  flowing_ = source;
  // What a model thinks is not yet its answer.
  const Tone tone = kind == "reasoning" ? Tone::kDim : Tone::kPlain;
  const std::string said = escape_controls(to_utf8(string_at(chunk, "text")), true);
  const std::string time = looks_.timestamps ? time_text(chunk) : std::string();
  if (time.empty()) {
    if (!said.empty()) begins_line_ = said.ends_with('\n');
    return text + paint(said, tone, looks_);
  }
  for (std::string_view rest = said; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (begins_line_) text += paint(time, Tone::kDim, looks_) + std::string(kBetween, ' ');
    if (!line.empty()) text += paint(line, tone, looks_);
    begins_line_ = line.size() < rest.size();
    if (begins_line_) text += "\n";
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return text;
}

std::string EventRenderer::finish() {
  if (!flowing_) return {};
  flowing_.reset();
  return begins_line_ ? "" : "\n";
}

std::string EventRenderer::time_of(std::string_view json) {
  const Result<Json> parsed = parse_json(json);
  return parsed && parsed->is_object() ? time_text(*parsed) : std::string();
}

std::string EventRenderer::time_text(const Json& event) {
  const std::string stamp = string_at(event, "timestamp");
  const Result<WallTime> time = parse_rfc3339(stamp);
  if (!time || looks_.time == TimeStyle::kRaw) return escape_controls(to_utf8(stamp));
  if (!first_) first_ = *time;
  switch (looks_.time) {
    case TimeStyle::kIso:
      return format_rfc3339(*time);
    case TimeStyle::kRelative: {
      const int64_t since = (*time - *first_).count();
      std::string text = (since < 0 ? "-" : "+") + std::to_string(std::abs(since) / 1'000) + ".";
      std::string fraction = std::to_string(std::abs(since) % 1'000);
      fraction.insert(0, 3 - fraction.size(), '0');
      text += fraction + "s";
      text.insert(0, text.size() < 9 ? 9 - text.size() : 0, ' ');
      return text;
    }
    case TimeStyle::kClock:
    case TimeStyle::kRaw:
      break;
  }
  return clock_time(*time, looks_.utc);
}

std::string EventRenderer::output_lines(const Json& event, const std::string& head) const {
  const bool from_stderr = string_at(event, "stream") == "stderr";
  const std::string_view bar = looks_.utf8 ? (from_stderr ? "┃" : "│") : (from_stderr ? "!" : "|");
  const std::string start =
      head + "     " + paint(bar, from_stderr ? Tone::kBudget : Tone::kDim, looks_) + "  ";
  const std::string text = string_at(event, "text");
  std::string lines;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines += start + escape_controls(to_utf8(line)) + "\n";
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return lines;
}

}  // namespace taskfeed::cmd
