#include "workflow/events.h"

#include <algorithm>

namespace taskfeed::workflow {
namespace {

Json failure_to_json(const TaskFailure& failure) {
  return Json{{"kind", failure.kind}, {"message", failure.message}};
}

}  // namespace

Json started_payload(const Started& started) {
  Json payload = Json::object();
  payload[keys::kGoal] = started.goal;
  payload[keys::kMode] = started.streaming ? kModeStreaming : kModeBatch;
  payload[keys::kRunner] = started.runner;
  if (!started.model.empty()) payload[keys::kModel] = started.model;
  payload[keys::kLimits] = started.limits;
  payload[keys::kLimits][keys::kRetry] = retry_to_json(started.retry);
  payload[keys::kAttempt] = started.attempt;
  if (started.conversation) payload[keys::kConversation] = true;
  return payload;
}

Json step_started_payload(int step, std::string_view name, int attempt, bool continued) {
  Json payload = Json::object();
  payload[keys::kStep] = step;
  payload[keys::kName] = name;
  payload[keys::kAttempt] = attempt;
  if (continued) payload[keys::kContinued] = true;
  return payload;
}

std::string_view question_type(const Question& question) {
  return question.kind == QuestionKind::kApproval ? types::kApprovalRequested
                                                  : types::kInputRequested;
}

Json question_payload(const Question& question, int step) {
  Json payload = Json::object();
  payload[keys::kCall] = question.call;
  if (question.kind == QuestionKind::kApproval) {
    payload[keys::kTool] = question.tool;
    payload[keys::kArguments] = question.arguments;
  } else {
    payload[keys::kPrompt] = question.prompt;
  }
  payload[keys::kStep] = step;
  if (question.due) payload[keys::kExpiresAt] = format_rfc3339(*question.due);
  return payload;
}

std::string_view answer_type(const Answered& answered) {
  return answered.kind == QuestionKind::kApproval ? types::kApprovalReceived
                                                  : types::kInputReceived;
}

Json answer_payload(const Answered& answered, int step) {
  Json payload = Json::object();
  payload[keys::kCall] = answered.call;
  payload[keys::kStep] = step;
  if (answered.kind == QuestionKind::kApproval) {
    payload[keys::kApproved] = answered.answer.approved;
  } else if (!answered.timed_out) {
    payload[keys::kText] = answered.answer.text;
  }
  payload[keys::kBy] = answered.answer.by;
  payload[keys::kReason] = answered.answer.reason;
  return payload;
}

Json step_completed_payload(int step, std::string_view name, int attempt, const StepResult& result,
                            std::chrono::milliseconds duration) {
  Json payload = step_started_payload(step, name, attempt);
  payload[keys::kStatus] = result.completed ? "completed" : "failed";
  payload[keys::kLast] = result.last;
  if (!result.completed) {
    payload[keys::kGoOn] = result.go_on;
    payload[keys::kRetryable] = result.retryable;
    if (result.retry_after) payload[keys::kRetryAfter] = result.retry_after->count();
    payload[keys::kError] = failure_to_json(result.failure.value_or(TaskFailure{}));
  }
  payload[keys::kResponse] = result.response;
  payload[keys::kCost] = dollars_to_json(result.cost);
  payload[keys::kDuration] = duration.count();
  return payload;
}

Json request_payload(const Requests::Request& request) {
  Json payload = Json::object();
  payload[keys::kBy] = request.by;
  payload[keys::kReason] = request.reason;
  return payload;
}

std::string_view finish_type(const Finish& finish) {
  TF_ASSERT_TEXT(is_terminal(finish.status), to_string(finish.status));
  if (finish.status == TaskStatus::kCompleted) return types::kCompleted;
  return finish.status == TaskStatus::kFailed ? types::kFailed : types::kCancelled;
}

Json finish_payload(const Finish& finish, const State& state, WallTime now) {
  Json payload = Json::object();
  if (finish.status == TaskStatus::kCancelled) {
    payload = request_payload(finish.request);
  } else if (finish.status == TaskStatus::kFailed) {
    payload[keys::kError] = failure_to_json(finish.failure.value_or(TaskFailure{}));
    payload[keys::kPartialResponse] = finish.response;
  } else {
    payload[keys::kFinalResponse] = finish.response;
  }
  payload[keys::kTotalCost] = dollars_to_json(state.total_cost);
  payload[keys::kSteps] = state.steps_completed;
  // The wall clock may have been set back meanwhile.
  const Milliseconds duration = state.started_at ? now - *state.started_at : Milliseconds(0);
  payload[keys::kDuration] = std::max<int64_t>(0, duration.count());
  return payload;
}

}  // namespace taskfeed::workflow
