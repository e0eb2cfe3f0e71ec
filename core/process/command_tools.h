/// An agent's `[[agent.tools]]` as a Toolbox: programs that its model may call.
///
/// A program gets what the operator wrote, with the model's arguments in their places: each one
/// within one element of argv, never a shell's text, or all of them as JSON on stdin. It gets PATH,
/// HOME, the tool's `env` and `pass_env`, and TASKFEED_TASK_ID, _AGENT_ID and _TOOL_CALL_ID;
/// nothing else is inherited. Its output is text for the model: a line `::taskfeed {…}` publishes
/// nothing, since what a tool prints is often a stranger's.
///
/// Threads  As runner::Toolbox says; each call waits for its own program.
/// Errors   As runner::Toolbox says: arguments that do not fit, a program that cannot start, exits
///          with another status than 0, or does not end in time.
/// Owns     The tools. Borrows the clock.
#pragma once

#include "base/variables.h"
#include "process/step_output.h"
#include "process/supervise.h"
#include "runner/agent_config.h"
#include "runner/tools.h"

namespace taskfeed::process {

/// Whose model calls.
struct ToolOwner {
  TaskId task;
  AgentId agent;
};

class CommandTools final : public runner::Toolbox {
 public:
  CommandTools(std::vector<runner::CommandTool> tools, ToolOwner owner, const Clock& clock,
               Variables variables, SuperviseLimits limits = {});

  Result<std::vector<runner::Tool>> list(std::stop_token stop) override;
  runner::ToolResult call(const runner::ToolCall& call, runner::OutputSink& output,
                          std::stop_token stop) override;

 private:
  const runner::CommandTool* find(const std::string& name) const;
  Result<std::vector<std::string>> environment(const runner::CommandTool& tool,
                                               const std::string& call_id) const;

  const std::vector<runner::CommandTool> tools_;
  const ToolOwner owner_;
  const Clock& clock_;
  const Variables variables_;
  const SuperviseLimits limits_;  ///< Its timeout is the tool's.
};

}  // namespace taskfeed::process
