/// Follows many tasks over one stream to a printer: `tail --all`, `tail --agent A`.
///
/// The stream's own ids come about once a second. What was printed since is known here by task, so
/// that nothing is printed twice after a reconnect, and the place to resume from is exact.
///
/// Threads  Main thread; a signal's thread wakes it.
/// Errors   Printed to stderr; the answer is the exit status.
/// Owns     Nothing.
#pragma once

#include <functional>
#include <string>

#include "deps.h"
#include "event/many_cursor.h"
#include "event_filter.h"

namespace taskfeed::cmd {

struct FollowManyRequest {
  TaskSelection selection;
  std::string after;        ///< A place of such a stream; empty: now, or filter.since.
  EventFilter filter;       ///< With --until it ends by the clock.
  std::string until_event;  ///< A glob over types; stops after the first match.
  bool timestamps = false;  ///< Each line begins with its time.
  bool fail_on_gap = false;
  /// Called with the place after an event once its line is written through; also for events that
  /// are not shown. An error ends it.
  std::function<Result<void>(const std::string& place)> on_shown;
  std::string resume_option;  ///< What the line that resumes says in place of --after.
};

/// Has no end of its own: until a signal, --timeout, until_event, or a stream that is refused.
ExitStatus follow_many(const FollowManyRequest& request, Deps& deps);

}  // namespace taskfeed::cmd
