#include "process/step_output.h"

#include <algorithm>

#include "base/text.h"
#include "event/event.h"
#include "event/event_type.h"

namespace taskfeed::process {
namespace {

std::string_view stream_name(StepOutput::Stream stream) {
  return stream == StepOutput::Stream::kStdout ? "stdout" : "stderr";
}

/// Whether `text`, the beginning of a line, is or may become a directive.
bool may_be_directive(std::string_view text) {
  const size_t known = std::min(text.size(), kDirective.size());
  return known > 0 && text.substr(0, known) == kDirective.substr(0, known);
}

/// Bytes at the end that are the beginning of a character (at most 3).
size_t unfinished_bytes(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

/// What the workflow's fold believes only from its engine.
bool is_engines_own(std::string_view type) {
  return is_lifecycle(type) || is_terminal(type) || type == types::kStepStarted ||
         type == types::kStepCompleted;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

void Tail::add(std::string_view bytes) {
  added_ += bytes.size();
  kept_.append(bytes);
  if (kept_.size() > 2 * bytes_max_) kept_.erase(0, kept_.size() - bytes_max_);
}

std::string Tail::text() const {
  if (!cut()) return to_utf8(kept_);
  std::string_view end = kept_;
  end.remove_prefix(end.size() > bytes_max_ ? end.size() - bytes_max_ : 0);
  while (!end.empty() && (static_cast<unsigned char>(end.front()) & 0xC0) == 0x80) {
    end.remove_prefix(1);
  }
  return "[" + std::to_string(added_ - end.size()) + " earlier bytes left out]\n" + to_utf8(end);
}

StepOutput::StepOutput(std::string tool_call_id, const StepOutputLimits& limits,
                       runner::OutputSink& sink)
    : tool_call_id_(std::move(tool_call_id)),
      limits_(limits),
      sink_(sink),
      result_(limits.result_bytes_max),
      response_(limits.response_bytes_max) {}

void StepOutput::add(Stream stream, std::string_view bytes, MonoTime now) {
  line_of(stream).held.append(bytes);
  take_lines(stream);
  const bool waiting = !gathered_.empty() || !lines_[0].held.empty() || !lines_[1].held.empty();
  if (!waiting) {
    due_.reset();
  } else if (!due_) {
    due_ = now + limits_.gather_max;
  }
}

void StepOutput::take_lines(Stream stream) {
  Line& line = line_of(stream);
  std::string_view rest = line.held;
  for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    take_line(stream, rest.substr(0, end + 1));
    rest.remove_prefix(end + 1);
  }
  line.held.erase(0, line.held.size() - rest.size());
  if (may_publish(line) && may_be_directive(line.held)) {
    if (line.held.size() <= limits_.directive_bytes_max) return;
    refuse(stream, line.held,
           "the line is longer than " + std::to_string(limits_.directive_bytes_max) + " bytes");
    line.held.clear();
    line.at_start = false;
  } else if (line.held.size() > limits_.event_text_bytes_max) {
    pass_partial(stream);
  }
}

void StepOutput::take_line(Stream stream, std::string_view line) {
  Line& state = line_of(stream);
  if (may_publish(state) && line.starts_with(kDirective)) {
    publish(stream, line);
  } else {
    pass(stream, line);
  }
  state.at_start = true;
}

void StepOutput::pass_partial(Stream stream) {
  Line& line = line_of(stream);
  if (line.held.empty() || (may_publish(line) && may_be_directive(line.held))) return;
  const size_t whole = line.held.size() - unfinished_bytes(line.held);
  if (whole == 0) return;
  pass(stream, std::string_view(line.held).substr(0, whole));
  line.held.erase(0, whole);
  line.at_start = false;
}

void StepOutput::pass(Stream stream, std::string_view text) {
  result_.add(text);
  if (stream == Stream::kStdout) response_.add(text);
  if (over_) return;
  const size_t room = limits_.output_bytes_max - output_bytes_;
  const std::string_view fits = text.size() > room ? utf8_prefix(text, room) : text;
  output_bytes_ += fits.size();
  gather(stream, fits);
  if (fits.size() == text.size()) return;
  over_ = true;
  emit_gathered();
  emit_text(stream,
            "[output truncated after " + std::to_string(limits_.output_bytes_max) + " bytes]\n",
            true);
}

void StepOutput::gather(Stream stream, std::string_view text) {
  if (!sink_.streaming()) return;
  while (!text.empty()) {
    const bool fits = gathered_.size() + text.size() <= limits_.event_text_bytes_max;
    if (!gathered_.empty() && (stream != gathered_stream_ || !fits)) emit_gathered();
    gathered_stream_ = stream;
    std::string_view part = utf8_prefix(text, limits_.event_text_bytes_max);
    if (part.empty()) part = text.substr(0, limits_.event_text_bytes_max);
    gathered_.append(part);
    text.remove_prefix(part.size());
  }
}

void StepOutput::emit_gathered() {
  if (gathered_.empty()) return;
  emit_text(gathered_stream_, gathered_, false);
  gathered_.clear();
}

void StepOutput::emit_text(Stream stream, std::string_view text, bool marker) {
  if (!sink_.streaming()) return;
  Json payload = Json::object();
  payload["tool_call_id"] = tool_call_id_;
  payload["index"] = index_++;
  payload["stream"] = stream_name(stream);
  payload["text"] = to_utf8(text);
  if (marker) payload["truncated"] = true;
  if (!sink_.emit(types::kToolCallOutput, std::move(payload))) wanted_ = false;
}

void StepOutput::publish(Stream stream, std::string_view line) {
  Result<Json> json = parse_json(line.substr(kDirective.size()));
  if (!json) return refuse(stream, line, json.error().text);
  if (!json->is_object()) return refuse(stream, line, "not a JSON object");
  const std::string_view key = find(*json, "event_type") != nullptr ? "event_type" : "type";
  const Result<EventType> type = EventType::parse(string_at(*json, key));
  if (!type) return refuse(stream, line, type.error().text);
  if (is_engines_own(type->str())) {
    return refuse(stream, line, type->str() + " is written by the engine alone");
  }
  if (published_bytes_ + line.size() > limits_.published_bytes_max) {
    return refuse(
        stream, line,
        "this step has published " + std::to_string(limits_.published_bytes_max) + " bytes");
  }
  published_bytes_ += line.size();
  Json payload = Json::object();
  for (const auto& [name, value] : json->items()) {
    if (name != key && !is_reserved_key(name)) payload[name] = value;
  }
  emit_gathered();  // What was printed before the event stands before it.
  if (!sink_.emit(type->str(), std::move(payload))) wanted_ = false;
}

void StepOutput::refuse(Stream stream, std::string_view line, const std::string& reason) {
  pass(stream, line);
  if (!line.ends_with('\n')) pass(stream, "\n");
  pass(Stream::kStderr, "taskfeed: no event was published: " + reason + "\n");
}

void StepOutput::flush_due(MonoTime now) {
  if (!due_ || now < *due_) return;
  due_.reset();
  pass_partial(Stream::kStdout);
  pass_partial(Stream::kStderr);
  emit_gathered();
}

void StepOutput::finish() {
  for (const Stream stream : {Stream::kStdout, Stream::kStderr}) {
    Line& line = line_of(stream);
    if (!line.held.empty()) take_line(stream, line.held);
    line.held.clear();
  }
  emit_gathered();
  due_.reset();
}

std::string StepOutput::response() const {
  return std::string(trimmed(response_.text()));
}

bool StepOutput::truncated() const {
  return sink_.streaming() ? over_ : result_.cut();
}

}  // namespace taskfeed::process
