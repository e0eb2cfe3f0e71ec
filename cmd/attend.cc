#include "attend.h"

#include "follow.h"
#include "inputs.h"
#include "task_text.h"

namespace taskfeed::cmd {
namespace {

/// How long a task that was asked to stop is followed to its end.
constexpr Milliseconds kCancelWait{10'000};

ExitStatus cancel_and_see(const TaskId& task, bool print, const std::string& cursor, Deps& deps) {
  const Result<Task> asked = deps.tasks().control(task, {.kind = broker::SignalKind::kCancel,
                                                         .by = user_name(deps.environment),
                                                         .reason = "interrupted"});
  if (!asked && asked.error().code != Errc::kEnded) return fail(deps, asked.error());
  FollowRequest rest{.tasks = {task}};
  rest.after = Cursor::read(cursor);
  rest.print = print;
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
  if (result->status == TaskStatus::kCancelled) {
    deps.err.line("taskfeed: the task " + task.str() + " was cancelled");
  }
  return status;
}

/// Who shows no events would seem to hang for as long as nobody answers.
void tell_of_question(const TaskId& task, std::string_view type, Deps& deps) {
  const std::string taskfeed = "taskfeed" + deps.backend->origin_options();
  if (type == types::kApprovalRequested) {
    deps.err.line("taskfeed: the task waits for a yes; give it with: " + taskfeed + " approve " +
                  task.str());
  } else if (type == types::kInputRequested) {
    deps.err.line("taskfeed: the task waits for a text; give it with: " + taskfeed + " input " +
                  task.str() + " TEXT");
  }
}

}  // namespace

ExitStatus execute_and_attend(const TaskId& task, const Attendance& attendance, Deps& deps) {
  const bool works_here = deps.backend->lacks_worker();
  const Result<Task> executed = deps.tasks().execute(task, attendance.request);
  if (!executed) return fail(deps, executed.error());
  if (works_here) {
    if (const Result<void> started = deps.backend->start_worker(task); !started) {
      return fail(deps, started.error());
    }
  }

  std::string cursor;
  const bool response_alone = attendance.print && deps.globals.quiet && !deps.json();
  FollowRequest request{.tasks = {task}};
  request.print = attendance.print && !response_alone;
  request.resume_line = !attendance.cancel_on_interrupt;
  request.on_event = [&](const TaskId&, const sse::Message& event) {
    cursor = event.last_event_id;
    if (!request.print) tell_of_question(task, event.event, deps);
  };
  ExitStatus status = follow(request, deps);
  const bool interrupted = deps.interrupts.received() != 0;
  if (interrupted && attendance.cancel_on_interrupt) {
    status = cancel_and_see(task, request.print, cursor, deps);
    return response_alone ? print_result(task, status, deps) : status;
  }
  const bool left = interrupted || status == ExitStatus::kTimeout || status == ExitStatus::kPipe;
  if (left && works_here) {
    remark(deps,
           "the task was executed by this process; it goes on when a worker comes: "
           "`taskfeed worker`, or `taskfeed serve`");
  }
  return response_alone && !left ? print_result(task, status, deps) : status;
}

}  // namespace taskfeed::cmd
