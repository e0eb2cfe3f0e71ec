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

/// Aligned columns with a heading; descriptions are cut at the terminal's edge.
std::string task_table(const std::vector<Task>& tasks, const Deps& deps);
/// "ID  STATUS  AGENT  DESCRIPTION" of one task, with its line feed.
std::string task_line(const Task& task, const Deps& deps);
/// One fact a line.
std::string task_details(const Task& task, const Deps& deps);
/// Text of several lines, each but the first moved in by `indent`; controls escaped.
std::string indented(std::string_view text, size_t indent);
/// In its tone.
std::string status_text(TaskStatus status, const Looks& looks);
/// Onto stdout: task_line(), or the task's JSON.
void print_task(const Task& task, Deps& deps);

}  // namespace taskfeed::cmd
