/// What the service refuses, and in which words.
///
/// Threads  Pure functions.
/// Errors   kInvalid, kTooLarge, kConflict, kEnded, kNotFound; each names the task or the key.
/// Owns     Nothing.
#pragma once

#include "broker/agent_store.h"
#include "broker/task_store.h"
#include "runner/agent_config.h"
#include "service/tasks.h"
#include "task/task.h"

namespace taskfeed::service {

/// 1 to 255 printable characters of ASCII.
Result<void> check_idempotency_key(std::string_view key);
/// The UUIDv8 (RFC 9562, 5.8) that the agent and the key make: the store creates an id once, and so
/// a key's task, without a place of its own for keys.
TaskId task_id_of_key(const AgentId& agent, std::string_view key);
Result<void> check_spec(const TaskSpec& spec, const TaskLimits& limits);
/// Only a submitted task is executed.
Result<void> check_execute(const Task& task);
/// `budget` of an execution as it is kept: an object, or null where nothing was said. kInvalid for
/// an agent that keeps to none.
Result<Json> execute_budget(const runner::AgentConfig& agent, const Json& budget);
/// kEnded on a finished task; kConflict where the status forbids pause or resume.
Result<void> check_control(const Task& task, broker::SignalKind kind);
/// The question that an answer is meant for. Empty: the same was answered before, which is no error
/// however often it is said. kConflict where nothing waits, where several do and none is named, and
/// where something else was answered; `signals` are those that no worker has taken yet.
Result<std::optional<Question>> question_for(const Task& task,
                                             const std::vector<Question>& questions,
                                             const std::vector<broker::Signal>& signals,
                                             const ControlRequest& request);

/// Whether `questions` has one that the answer could be meant for, answered or not.
bool is_about_one_of(const std::vector<Question>& questions, const ControlRequest& request);
/// The newest of a task's `events` that answers a question of that kind, or that call of it.
std::optional<Question> answered_among(const std::vector<StoredEvent>& events,
                                       const ControlRequest& request);
/// Of a question whose step may be over long since: only the very same answer, by the same person
/// and for the same reason, is a repeat; else kConflict says what was answered.
Result<void> said_again(const Task& task, const Question& answered, const ControlRequest& request);

Error unknown_task(const TaskId& task);
Error built_in_agent(const AgentId& agent);
/// What was stored by an operator, `kOperator`.
Result<runner::AgentConfig> read_agent(const broker::StoredAgent& stored);

}  // namespace taskfeed::service
