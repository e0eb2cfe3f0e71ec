/// An event as a line for people: `12:03:04.512  LLM  ✓  gpt-4  1.2k→310 tok  $0.0041  1.8s`.
///
/// Nothing of an event reaches the terminal unescaped: its text may come from anywhere.
///
/// Threads  One at a time.
/// Errors   None: JSON that cannot be read is shown as it stands, escaped.
/// Owns     The time of the first event, for relative times.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/json.h"
#include "looks.h"

namespace taskfeed::cmd {

class EventRenderer {
 public:
  explicit EventRenderer(Looks looks) : looks_(looks) {}

  /// Text with its line feeds. `prefix` (the task's id, where several are followed) starts each
  /// line. On a terminal, chunks of a model's text flow on without line feeds.
  std::string render(std::string_view type, std::string_view json, std::string_view prefix = {});
  /// Ends a flowing text: "" or a line feed.
  std::string finish();
  bool flowing() const { return flowing_.has_value(); }

 private:
  /// A piece of a model's text; another call's, or its thoughts, begin a line.
  std::string flow(const Json& chunk);
  std::string time_text(const Json& event);
  std::string output_lines(const Json& event, const std::string& head) const;

  Looks looks_;
  std::optional<WallTime> first_;
  std::optional<std::string> flowing_;  ///< The call and kind of text that flows.
};

/// What stands after the time: pure, for the golden files.
struct EventLine {
  std::string label;  ///< "LLM"
  std::string mark;   ///< "✓"
  Tone tone = Tone::kPlain;
  std::string text;  ///< Fields, two spaces between them.
};
EventLine event_line(std::string_view type, const Json& event, const Looks& looks);

}  // namespace taskfeed::cmd
