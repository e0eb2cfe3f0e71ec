/// Agents that a model drives: the loop of model calls and tool calls, one activity each.
///
/// Even steps call the model, odd ones carry out the tool calls that its answer asked for. What was
/// said before stands in Activity::conversation, the fold of the task's events; so a worker that
/// takes over makes no call again that has an outcome.
///
/// Threads  run() blocks its caller; one at a time for a task, any number of tasks.
/// Errors   As runner::Runner says.
/// Owns     Nothing between calls. Borrows ids, clock, log and what makes toolboxes.
#pragma once

#include <functional>
#include <memory>

#include "base/ids.h"
#include "base/log.h"
#include "llm/chat.h"
#include "peer/credentials.h"
#include "runner/tools.h"

namespace taskfeed::llm {

struct LoopLimits {
  int64_t answers_max = 100;      ///< Model answers of a task, where its budget has no `steps`.
  int failed_turns_max = 5;       ///< In a row, with no tool call that succeeded.
  size_t parallel_calls_max = 8;  ///< Tool calls of one answer that run at a time.
  size_t answer_event_bytes_max = 200 * 1024;  ///< Encoded; below the event's own bound.
  size_t reasoning_bytes_max = 16 * 1024;      ///< In the event of the whole answer.
  size_t chunk_bytes_max = 4 * 1024;           ///< Of text that is gathered for one event …
  Milliseconds chunk_interval{50};             ///< … within this time of the one before.
  ChatLimits chat;
};

/// The tools of an agent, for one activity of `task`.
using Toolboxes =
    std::function<std::unique_ptr<runner::Toolbox>(const runner::AgentConfig&, const TaskId& task)>;

class OpenAiRunner final : public runner::Runner {
 public:
  struct Ports {
    IdSource& ids;
    const Clock& clock;
    Log& log;
    Variables variables;
    Toolboxes toolboxes;
  };
  explicit OpenAiRunner(Ports ports, LoopLimits limits = {});

  runner::Beginning beginning(const runner::AgentConfig& agent,
                              const Json& parameters) const override;
  std::string step_name(const runner::AgentConfig& agent, int step) const override;
  runner::Outcome run(const runner::Activity& activity, runner::OutputSink& output,
                      std::stop_token stop) override;

 private:
  using Headers = Result<std::map<std::string, std::string>>;
  runner::Outcome run_step(const runner::Activity& activity, const Headers& headers,
                           runner::OutputSink& output, const std::stop_token& stop);

  const Ports ports_;
  const LoopLimits limits_;
};

}  // namespace taskfeed::llm
