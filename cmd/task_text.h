/// A task as text: a line, a table, or all that is known of it.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>
#include <vector>

#include "deps.h"
#include "task/task.h"

namespace taskfeed::cmd {

/// Newest first, as they come.
std::string task_table(const std::vector<Task>& tasks, const Looks& looks);
/// "ID  STATUS  AGENT  DESCRIPTION" of one task, with its line feed.
std::string task_line(const Task& task, const Looks& looks);
/// One fact a line, long ones folded.
std::string task_details(const Task& task, const Looks& looks);
/// Onto stdout: task_line(), or the task's JSON.
void print_task(const Task& task, Deps& deps);
/// Onto stdout: a final response alone, as it is; escaped only where it would reach a terminal.
void print_response(const std::string& response, Deps& deps);

}  // namespace taskfeed::cmd
