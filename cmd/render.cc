#include "render.h"

#include "base/text.h"
#include "event/event.h"

namespace taskfeed::cmd {

std::string EventRenderer::render(std::string_view type, std::string_view json,
                                  std::string_view prefix) {
  const Result<Json> parsed = parse_json(json);
  const Json event = parsed && parsed->is_object() ? *parsed : Json::object();
  if (type == types::kLlmCallChunk && looks_.terminal && prefix.empty()) return flow(event);
  std::string text = finish();
  std::string head;
  if (!prefix.empty()) head += paint(prefix, Tone::kDim, looks_) + "  ";
  const std::string time = time_text(event);
  if (!time.empty()) head += paint(time, Tone::kDim, looks_) + "  ";
  if (!parsed) return text + head + one_line(json, 400, looks_) + "\n";
  if (type == types::kToolCallOutput) return text + output_lines(event, head);

  const EventLine line = event_line(type, event, looks_);
  std::string label = line.label;
  label.resize(std::max<size_t>(label.size(), 4), ' ');
  text += head + paint(label + " " + line.mark, line.tone, looks_);
  if (!line.text.empty()) text += "  " + line.text;
  return text + "\n";
}

std::string EventRenderer::flow(const Json& chunk) {
  const std::string kind = string_at(chunk, "kind");
  const std::string source = string_at(chunk, "call_id") + " " + kind;
  std::string text;
  if (flowing_ && *flowing_ != source) text = finish();
  flowing_ = source;
  // What a model thinks is not yet its answer.
  const Tone tone = kind == "reasoning" ? Tone::kDim : Tone::kPlain;
  return text + paint(escape_controls(to_utf8(string_at(chunk, "text")), true), tone, looks_);
}

std::string EventRenderer::finish() {
  if (!flowing_) return {};
  flowing_.reset();
  return "\n";
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
