/// An event as a line for people: `12:03:04.512  LLM  ✓  gpt-4  1.2k→310 tok  $0.0041  1.8s`.
///
/// Nothing of an event reaches the terminal unescaped: its text may come from anywhere. A line is
/// fitted into the terminal, so that one event is one row; but what a program or a model writes is
/// never cut, since whoever copies it wants it whole: there the terminal wraps.
///
/// Threads  One at a time.
/// Errors   None: JSON that cannot be read is shown as it stands, escaped.
/// Owns     The time of the first event, for relative times.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event_fields.h"
#include "looks.h"

namespace taskfeed::cmd {

/// What stands after the time.
struct EventLine {
  std::string label;  ///< "LLM"
  std::string mark;   ///< "✓"
  Tone tone = Tone::kPlain;
  std::vector<EventField> fields;
};

class EventRenderer {
 public:
  explicit EventRenderer(Looks looks) : looks_(looks) {}

  /// Text with its line feeds. `prefix` (the task's id, where several are followed) starts each
  /// line. On a terminal, chunks of a model's text flow on without line feeds.
  std::string render(std::string_view type, std::string_view json, std::string_view prefix = {});
  /// Ends a flowing text: "" or a line feed.
  std::string finish();
  bool flowing() const { return flowing_.has_value(); }
  /// As the lines have it; "" where the event has none.
  std::string time_of(std::string_view json);
  /// As wide as the terminal is now; see Looks.
  void set_columns(size_t columns) { looks_.columns = columns; }

 private:
  /// What stands before an event's line.
  struct Head {
    std::string text;
    size_t columns = 0;
  };
  Head head_of(const Json& event, std::string_view prefix);
  /// "LLM ✓", and the fields in what is left of the row.
  std::string line_after(const Head& head, const EventLine& line) const;
  /// A piece of a model's text; another call's, or its thoughts, begin a line.
  std::string flow(const Json& chunk);
  std::string time_text(const Json& event);
  std::string output_lines(const Json& event, const std::string& head) const;

  Looks looks_;
  std::optional<WallTime> first_;
  std::optional<std::string> flowing_;  ///< The call and kind of text that flows.
  bool begins_line_ = true;             ///< What flows next, as nothing stands in its line yet.
};

/// Pure, for the golden files.
EventLine event_line(std::string_view type, const Json& event, const Looks& looks);

}  // namespace taskfeed::cmd
