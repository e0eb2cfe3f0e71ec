/// Executes a task and stays with it until it ends: what `execute -f`, `execute --wait` and `run`
/// have in common.
///
/// Threads  Main thread.
/// Errors   Printed to stderr; the answer is the exit status.
/// Owns     Nothing.
#pragma once

#include "deps.h"

namespace taskfeed::cmd {

struct Attendance {
  service::ExecuteRequest request;
  bool print = true;  ///< Its events; otherwise it is waited for in silence.
  bool cancel_on_interrupt = false;
};

/// Where nobody else executes tasks, this process does meanwhile. With --quiet, text is the final
/// response and nothing else.
ExitStatus execute_and_attend(const TaskId& task, const Attendance& attendance, Deps& deps);

}  // namespace taskfeed::cmd
