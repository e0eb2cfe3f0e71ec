/// The tool calls that a model's answer asked for, carried out side by side.
///
/// What cannot be carried out (unknown tool, arguments that are no JSON or do not fit, a refusal, a
/// call whose worker died) is told to the model, not to the task.
///
/// Threads  carry_out() blocks its caller; calls run on threads of its own, which end before it
///          returns. Events are emitted on the caller's thread alone.
/// Errors   Outcome.
/// Owns     Nothing afterwards.
#pragma once

#include "llm/openai_runner.h"

namespace taskfeed::llm {

class ToolStep {
 public:
  struct Ports {
    runner::OutputSink& output;
    runner::Toolbox& toolbox;
    const Clock& clock;
  };
  ToolStep(const runner::Activity& activity, const Ports& ports, const LoopLimits& limits,
           std::stop_token stop);

  runner::Outcome carry_out();

 private:
  struct Planned {
    runner::ToolCall call;
    Json shown;  ///< The arguments, in events.
    /// What the model is told without a call being made.
    std::optional<runner::ToolResult> verdict;
    std::string server;
  };

  Planned plan(const workflow::AskedCall& asked, const runner::Tool* tool) const;
  std::optional<runner::ToolResult> refusal(const workflow::AskedCall& asked,
                                            const runner::Tool& tool, const Json& arguments) const;
  void ask(const Planned& planned, std::vector<Question>& questions) const;
  bool begin(const std::vector<Planned>& planned);
  /// False where it was stopped, or nobody reads.
  bool run_all(const std::vector<Planned>& planned);
  bool end(const Planned& planned, const runner::ToolResult& result, Milliseconds duration);

  const runner::Activity& activity_;
  const Ports ports_;
  const LoopLimits& limits_;
  const std::stop_token stop_;
};

}  // namespace taskfeed::llm
