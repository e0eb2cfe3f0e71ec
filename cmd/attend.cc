#include "attend.h"

#include "follow.h"
#include "inputs.h"

namespace taskfeed::cmd {
namespace {

/// How long a task that was asked to stop is followed to its end.
constexpr Milliseconds kCancelWait{10'000};

ExitStatus cancel_and_see(const TaskId& task, const Attendance& attendance,
                          const std::string& cursor, Deps& deps) {
  const Result<Task> asked = deps.tasks().control(task, {.kind = broker::SignalKind::kCancel,
                                                         .by = user_name(deps.environment),
                                                         .reason = "interrupted"});
  if (!asked && asked.error().code != Errc::kEnded) return fail(deps, asked.error());
  FollowRequest rest{.tasks = {task}};
  rest.after = Cursor::read(cursor);
  rest.print = attendance.print;
  rest.resume_line = false;
  rest.heed_interrupts = false;
  rest.time_max = kCancelWait;
  (void)follow(rest, deps);
  return deps.interrupts.status();
}

}  // namespace

ExitStatus execute_and_attend(const TaskId& task, const Attendance& attendance, Deps& deps) {
  const bool works_here = deps.backend->lacks_worker();
  if (works_here) {
    if (const Result<void> started = deps.backend->start_worker(); !started) {
      return fail(deps, started.error());
    }
  }
  const Result<Task> executed = deps.tasks().execute(task, attendance.request);
  if (!executed) return fail(deps, executed.error());

  std::string cursor;
  FollowRequest request{.tasks = {task}};
  request.print = attendance.print;
  request.resume_line = !attendance.cancel_on_interrupt;
  request.on_event = [&cursor](const TaskId&, const sse::Message& event) {
    cursor = event.last_event_id;
  };
  const ExitStatus status = follow(request, deps);
  if (deps.interrupts.received() == 0) return status;
  if (attendance.cancel_on_interrupt) return cancel_and_see(task, attendance, cursor, deps);
  if (works_here) {
    remark(deps,
           "the task was executed by this process; it goes on when a worker comes: "
           "`taskfeed worker`, or `taskfeed serve`");
  }
  return status;
}

}  // namespace taskfeed::cmd
