#include "attend.h"

#include "follow.h"
#include "inputs.h"
#include "task_text.h"

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

/// Of a task that `status` says has ended; another says that following it did not work out.
ExitStatus print_result(const TaskId& task, ExitStatus status, Deps& deps) {
  const Result<service::FinalResponse> result = deps.tasks().result(task);
  if (!result) return fail(deps, result.error());
  if (result->status == TaskStatus::kCompleted) print_response(result->response, deps);
  if (result->error) {
    (void)fail(deps, {Errc::kConflict, "the task " + task.str() + " failed: " +
                                           result->error->kind + ": " + result->error->message});
  }
  return status;
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
  const bool response_alone = attendance.print && deps.globals.quiet && !deps.json();
  FollowRequest request{.tasks = {task}};
  request.print = attendance.print && !response_alone;
  request.resume_line = !attendance.cancel_on_interrupt;
  request.on_event = [&cursor](const TaskId&, const sse::Message& event) {
    cursor = event.last_event_id;
  };
  const ExitStatus status = follow(request, deps);
  if (deps.interrupts.received() == 0) {
    return response_alone ? print_result(task, status, deps) : status;
  }
  if (attendance.cancel_on_interrupt) return cancel_and_see(task, attendance, cursor, deps);
  if (works_here) {
    remark(deps,
           "the task was executed by this process; it goes on when a worker comes: "
           "`taskfeed worker`, or `taskfeed serve`");
  }
  return status;
}

}  // namespace taskfeed::cmd
