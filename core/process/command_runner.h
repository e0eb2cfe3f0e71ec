/// Runs a step that is a program: argv, never a shell.
///
/// Each step is one tool call: WorkflowToolCallStarted, its output while streaming, and
/// WorkflowToolCallCompleted. A step with `input` or `approval` asks first (Outcome::kAsks); the
/// text that it is given is the program's stdin, and TASKFEED_INPUT. The environment is PATH, HOME,
/// the step's own `env`, and TASKFEED_TASK_ID, _AGENT_ID, _QUERY and _STEP (counted from 0);
/// nothing else is inherited, and no value of it is ever written to an event.
///
/// Threads  run() blocks its caller and may be called from several threads at once. It answers
///          within the grace of SuperviseLimits (2 s, then SIGKILL) after a stop request.
/// Errors   Outcome::failure with kind step_failed, timeout, refused or spawn_failed.
/// Owns     Nothing between calls. Borrows ids and clock.
#pragma once

#include "process/step_output.h"
#include "process/supervise.h"
#include "runner/runner.h"

namespace taskfeed::process {

struct CommandOptions {
  /// `taskfeed run -- CMD` from a person's own terminal: everything is inherited, and a step
  /// without cwd runs where the person stands. Never set for a worker.
  bool inherit_environment = false;
  StepOutputLimits output;
  SuperviseLimits supervise;  ///< Its timeout is the step's.
};

class CommandRunner final : public runner::Runner {
 public:
  CommandRunner(IdSource& ids, const Clock& clock, CommandOptions options = {});

  std::string step_name(const runner::AgentConfig& agent, int step) const override;
  runner::Outcome run(const runner::Activity& activity, runner::OutputSink& output,
                      std::stop_token stop) override;

 private:
  IdSource& ids_;
  const Clock& clock_;
  CommandOptions options_;
};

/// The one step of `taskfeed run -- CMD ARG…`: named after the program, without a timeout.
runner::CommandStep ad_hoc_step(std::vector<std::string> argv);

}  // namespace taskfeed::process
