/// Threads that carry tool calls out, and the one queue through which they tell of it.
///
/// An OutputSink belongs to its activity's thread: what a tool says while it runs, and how it ends,
/// is handed over to the thread that called run().
///
/// Threads  run() blocks its caller, and `heard` is called there. Calls run on threads that have
///          ended when run() returns.
/// Errors   None: a tool's trouble is its ToolResult.
/// Owns     Its threads and what is not yet handed over.
#pragma once

#include <functional>
#include <vector>

#include "base/clock.h"
#include "runner/tools.h"

namespace taskfeed::llm {

struct CrewReport {
  size_t call = 0;   ///< Its place among the calls.
  std::string type;  ///< Of an event that a tool emitted; empty: the call has ended.
  Json payload;
  runner::ToolResult result;
  Milliseconds duration{0};
};

struct CrewOptions {
  size_t threads_max = 8;
  size_t reports_max = 256;  ///< Not yet handed over; then tools wait.
  bool streaming = false;
};

/// `heard` answers false when nothing more is wanted: the calls under way are then stopped, and no
/// other begins. False where that happened, or `stop` was asked for.
bool run_calls(const std::vector<runner::ToolCall>& calls, runner::Toolbox& toolbox,
               const Clock& clock, const CrewOptions& options, const std::stop_token& stop,
               const std::function<bool(CrewReport)>& heard);

}  // namespace taskfeed::llm
