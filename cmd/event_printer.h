/// Events onto stdout, in the format that was asked for.
///
/// text: a line for people. json: the event as it was published, on one line. raw: cursor, type and
/// JSON, with spaces between, after the time where timestamps are asked for. sse: the frame as a
/// daemon sends it, control frames included.
///
/// Threads  One at a time.
/// Errors   None; Output says when nobody reads.
/// Owns     The renderer. Borrows Output.
#pragma once

#include "event/sse_parser.h"
#include "output.h"
#include "render.h"

namespace taskfeed::cmd {

class EventPrinter {
 public:
  EventPrinter(Output& out, OutputFormat format, const Looks& looks)
      : out_(out), format_(format), looks_(looks), renderer_(looks) {}

  /// `prefix` starts lines of text, where several tasks are followed; may be empty.
  void event(const sse::Message& event, std::string_view prefix);
  /// A control frame: for sse alone.
  void control(const sse::Message& event);
  /// An id of a stream over many tasks: for sse alone.
  void place(std::string_view id);
  void finish();
  /// A text flows on: the last line has no end yet.
  bool flowing() const { return renderer_.flowing(); }

 private:
  std::string safe(std::string json) const;
  std::string raw_time(std::string_view json);

  Output& out_;
  OutputFormat format_;
  Looks looks_;
  EventRenderer renderer_;
};

/// `json` on one line; a foreign publisher's may hold line breaks.
std::string json_line(std::string_view json);

}  // namespace taskfeed::cmd
