/// One line at the bottom of a terminal that says how the watched tasks stand.
///
/// It is drawn on stderr, and the cursor goes back to its beginning: whatever is written next would
/// stand in its place, so that hide() comes before each write to either output; the log sees to
/// that itself (bottom_line.h). The terminal moves the cursor along when it is resized and wraps
/// the line anew; from there on everything is erased, so no row of it is left over.
///
/// Threads  One at a time.
/// Errors   None. Where nobody watches, nothing is drawn.
/// Owns     What it has drawn: the destructor erases it.
#pragma once

#include "deps.h"
#include "watch_summary.h"

namespace taskfeed::cmd {

class StatusLine {
 public:
  explicit StatusLine(Deps& deps);
  ~StatusLine() { hide(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  /// Somebody watches: stderr is a terminal that understands, and stdout feeds no other program.
  bool on() const { return on_; }
  void add(const TaskId& task, std::string_view type, std::string_view json);
  /// It is of all tasks that there are; see WatchSummary.
  void watch_all();
  void ended(const TaskId& task);
  /// Draws it as wide as the terminal is now; nothing while a background job.
  void show();
  void hide();

 private:
  const Output& err_;
  BottomLine* const bottom_;
  const Clock& clock_;
  Looks looks_;
  bool on_;
  WatchSummary summary_;
};

}  // namespace taskfeed::cmd
