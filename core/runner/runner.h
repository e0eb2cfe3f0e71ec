/// What carries an activity out: the command runner, a model server, an ADK server.
///
/// Threads  run() blocks on the calling worker thread; one call per task at a time. `stop` may be
///          requested from any thread, and run() then returns within a second.
/// Errors   None thrown: a failed activity is an Outcome.
/// Owns     Nothing between calls.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "event/event_type.h"
#include "runner/agent_config.h"
#include "task/task.h"
#include "workflow/budget.h"
#include "workflow/conversation.h"
#include "workflow/open_calls.h"

namespace taskfeed::runner {

/// One attempt at one step.
struct Activity {
  TaskId task;
  ExecutionId execution;
  const AgentConfig& agent;
  std::string query;
  Json parameters = Json::object();
  int step = 0;
  int attempt = 1;
  std::string previous_response;  ///< Of the step before.
  /// What this step has asked so far, all of it answered, in the order of asking. With `continued`
  /// the attempt goes on where it ended with kAsks.
  std::vector<Question> questions;
  bool continued = false;
  /// What was said and called so far, where Runner::beginning() asked for it; of this attempt's
  /// start.
  const workflow::Conversation* conversation = nullptr;
  /// Model calls of earlier attempts of which nobody told the end.
  std::vector<workflow::OpenModelCall> open_calls;
  workflow::Spent spent;  ///< By the task, before this attempt.
  bool budget_warned = false;
};

struct Outcome {
  /// kStopped: because `stop` asked. kAsks: `questions` must be answered first; the engine asks
  /// them, lets go of the worker, and runs the same attempt again with the answers.
  enum class Status { kCompleted, kFailed, kStopped, kAsks };
  Status status = Status::kCompleted;
  bool last = true;        ///< No step comes after this one.
  bool go_on = false;      ///< Failed, and the next step runs all the same.
  bool retryable = false;  ///< Failed, and the same activity may be tried again.
  std::optional<Milliseconds> retry_after = std::nullopt;  ///< … and not before, its peer said.
  std::string response;
  std::optional<TaskFailure> failure;
  NanoDollars cost = 0;
  /// Kind, call, and tool with arguments or prompt; the engine sets the times. A call is asked
  /// once: one that stands in Activity::questions already is passed over.
  std::vector<Question> questions;
};

/// Where an activity's events go: published as they occur (streaming) or kept until it ends
/// (batch). The caller of run() adds the reserved keys.
class OutputSink {
 public:
  /// False when nobody will read what follows (the lease was lost): stop soon.
  virtual bool emit(std::string_view type, Json payload) = 0;
  /// Types such as WorkflowToolCallOutput are only wanted while streaming.
  virtual bool streaming() const = 0;
  /// What was emitted so far is in the task's history before this returns, in batch mode too: so
  /// that a worker that takes over knows what was begun, and what is done. False as emit().
  virtual bool persist() = 0;

 protected:
  ~OutputSink() = default;
};

/// What WorkflowStarted says of a task's run.
struct Beginning {
  std::string model;
  Json limits = Json::object();
  bool conversation = false;  ///< The task's state keeps the calls: Activity::conversation.
};

class Runner {
 public:
  virtual ~Runner() = default;
  virtual Beginning beginning(const AgentConfig& agent, const Json& parameters) const;
  /// For WorkflowStepStarted.
  virtual std::string step_name(const AgentConfig& agent, int step) const = 0;
  virtual Outcome run(const Activity& activity, OutputSink& output, std::stop_token stop) = 0;
  /// The task ends, and an attempt without an outcome is not repeated: emits what can still be
  /// found out of its model calls. Takes three seconds at most; there is no stop. Of calls that are
  /// open even then, the engine makes an estimate.
  virtual void settle(const Activity& activity, OutputSink& output);
};

/// Finds the runner that an agent names. Borrowed by the engine.
class Runners {
 public:
  virtual ~Runners() = default;
  virtual Runner* find(RunnerKind kind) = 0;  ///< nullptr: not in this binary.
};

}  // namespace taskfeed::runner
