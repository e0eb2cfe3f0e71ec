/// Follows tasks from a StreamSource to a printer, and says with which status to exit.
///
/// Threads  Main thread; a signal's thread wakes it.
/// Errors   Printed to stderr; the answer is the exit status.
/// Owns     Nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "deps.h"
#include "event_filter.h"
#include "event_printer.h"

namespace taskfeed::cmd {

struct FollowRequest {
  std::vector<TaskId> tasks;
  std::optional<Cursor> after;     ///< With one task only.
  std::optional<uint64_t> newest;  ///< -n: only the newest N of what is there already.
  EventFilter filter;              ///< With --until it ends by the clock, if the task has not.
  bool follow = true;              ///< Off: up to what is there.
  std::string until_event;         ///< A glob over types; stops after the first match.
  bool fail_on_gap = false;
  bool prefix = false;      ///< Each line begins with its task's id.
  bool timestamps = false;  ///< Each line begins with its time.
  bool print = true;
  /// An interrupted follow() says how to resume.
  bool resume_line = true;
  /// Off: an interrupt that came before does not end it (a second one ends the process).
  bool heed_interrupts = true;
  /// Beside --timeout.
  std::optional<Milliseconds> time_max;
  /// Called with an event's cursor once its line, and each before it, is written through; also for
  /// events that are not shown. An error ends follow().
  std::function<Result<void>(const Cursor&)> on_shown;
  /// What the line that resumes says in place of --after: " --cursor-file F".
  std::string resume_option;
  /// Called with every event that arrives, printed or not.
  std::function<void(const TaskId&, const sse::Message&)> on_event;
};

ExitStatus follow(const FollowRequest& request, Deps& deps);

}  // namespace taskfeed::cmd
