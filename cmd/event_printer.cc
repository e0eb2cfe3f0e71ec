#include "event_printer.h"

#include <algorithm>

#include "event/sse_encoder.h"

namespace taskfeed::cmd {

std::string json_line(std::string_view json) {
  if (json.find_first_of("\r\n") == std::string_view::npos) return std::string(json);
  const Result<Json> parsed = parse_json(json);
  if (parsed) return dump_json(*parsed);
  std::string line(json);
  for (char& c : line) {
    if (c == '\r' || c == '\n') c = ' ';
  }
  return line;
}

std::string EventPrinter::safe(std::string json) const {
  return looks_.terminal ? json_for_terminal(json) : json;
}

std::string EventPrinter::raw_time(std::string_view json) {
  std::string time = renderer_.time_of(json);
  time.erase(0, time.find_first_not_of(' '));
  // One word, whatever a publisher took for a timestamp.
  std::replace(time.begin(), time.end(), ' ', '_');
  return time.empty() ? "-" : time;
}

void EventPrinter::event(const sse::Message& event, std::string_view prefix) {
  switch (format_) {
    case OutputFormat::kText:
      renderer_.set_columns(out_.columns().value_or(0));
      out_.write(renderer_.render(event.event, event.data, prefix));
      break;
    case OutputFormat::kJson:
      out_.write(safe(json_line(event.data)) + "\n");
      break;
    case OutputFormat::kRaw:
      if (looks_.timestamps) out_.write(raw_time(event.data) + " ");
      out_.write((event.cursor.empty() ? event.last_event_id : event.cursor) + " " +
                 safe(event.event + " " + json_line(event.data)) + "\n");
      break;
    case OutputFormat::kSse: {
      const bool of_many = !event.cursor.empty();
      const Cursor cursor =
          Cursor::read(of_many ? event.cursor : event.last_event_id).value_or(Cursor{});
      const FramePtr frame = sse::event_frame(cursor, event.event, event.data);
      out_.write(of_many ? sse::keyed_frame(*frame)->bytes() : frame->bytes());
      break;
    }
  }
  out_.flush();
}

void EventPrinter::control(const sse::Message& event) {
  if (format_ != OutputFormat::kSse) return;
  out_.write("event: " + event.event + "\n");
  std::string_view rest = event.data;
  for (;;) {
    const size_t end = rest.find('\n');
    out_.write("data: " + std::string(rest.substr(0, end)) + "\n");
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  out_.write("\n");
  out_.flush();
}

void EventPrinter::place(std::string_view id) {
  if (format_ != OutputFormat::kSse) return;
  out_.write(sse::id_frame(id)->bytes());
  out_.flush();
}

void EventPrinter::finish() {
  out_.write(renderer_.finish());
  out_.flush();
}

}  // namespace taskfeed::cmd
