#include "workflow/state.h"

#include <algorithm>
#include <limits>

#include "workflow/depth.h"
#include "workflow/events.h"

namespace taskfeed::workflow {
namespace {

/// No step or attempt beyond this is believed; a foreign event could name any number.
constexpr int64_t kCountMax = 1'000'000;
constexpr Milliseconds kRetryAfterMax = std::chrono::hours(24);

int count_at(const Json& payload, std::string_view key, int otherwise) {
  const int64_t value = int_at(payload, key, otherwise);
  return value < 0 || value > kCountMax ? otherwise : static_cast<int>(value);
}

std::optional<TaskFailure> failure_of(const Json& payload) {
  const Json* const error = find(payload, keys::kError);
  if (error == nullptr) return std::nullopt;
  if (error->is_string()) return TaskFailure{"", error->get<std::string>()};
  return TaskFailure{string_at(*error, "kind"), string_at(*error, "message")};
}

NanoDollars sum(NanoDollars a, NanoDollars b) {
  NanoDollars total = 0;
  if (!__builtin_add_overflow(a, b, &total)) return total;
  return b < 0 ? std::numeric_limits<NanoDollars>::min() : std::numeric_limits<NanoDollars>::max();
}

/// Anybody may publish a cost; a negative one would give a budget back.
NanoDollars cost_at(const Json& payload) {
  return std::max<NanoDollars>(0, dollars_from_json(find(payload, keys::kCost)));
}

/// A model call that has ended: what it took, and what it cost.
void model_call_ended(State& state, const Event& event) {
  state.usage = state.usage + usage_from_json(find(event.payload, "usage"));
  const NanoDollars cost = cost_at(event.payload);
  state.step.calls_cost = sum(state.step.calls_cost, cost);
  state.total_cost = sum(state.total_cost, cost);
}

void started(State& state, const Event& event) {
  const Json& payload = event.payload;
  if (state.started_at) return;  // Told again by a foreign publisher: the first one counts.
  state.started_at = event.time;
  state.goal = string_at(payload, keys::kGoal);
  state.streaming = string_at(payload, keys::kMode) == kModeStreaming;
  if (bool_at(payload, keys::kConversation)) state.conversation.emplace();
  const Json* const limits = find(payload, keys::kLimits);
  const Json* const retry = limits == nullptr ? nullptr : find(*limits, keys::kRetry);
  if (retry == nullptr) return;
  if (Result<RetryPolicy> policy = retry_from_json(*retry)) state.retry = *std::move(policy);
}

/// Of another step: what was asked for the one before is of no interest any more.
void begin_step(State& state, int index) {
  if (index != state.step.index) state.questions.clear();
  state.step = Step{};
  state.step.index = index;
}

void step_started(State& state, const Event& event) {
  const int index = count_at(event.payload, keys::kStep, state.step.index);
  if (index < state.step.index) return;  // An old attempt's, told late.
  const bool same = index == state.step.index;
  const int attempt = !same ? 1 : state.step.attempt + (state.step.suspended ? 0 : 1);
  begin_step(state, index);
  state.step.attempt = count_at(event.payload, keys::kAttempt, attempt);
  state.step.open = true;
}

Milliseconds retry_after_of(const Json& payload) {
  const int64_t asked = int_at(payload, keys::kRetryAfter);
  return Milliseconds(std::clamp<int64_t>(asked, 0, kRetryAfterMax.count()));
}

void step_failed(State& state, const Event& event) {
  const Json& payload = event.payload;
  const TaskFailure failure = failure_of(payload).value_or(TaskFailure{"step_failed", ""});
  const bool again = bool_at(payload, keys::kRetryable) &&
                     may_retry(state.retry, state.step.attempt, failure.kind);
  state.response = string_at(payload, keys::kResponse);
  if (again) {
    state.step.failed_at = event.time;
    state.step.retry_after = retry_after_of(payload);
  } else {
    state.failure = failure;
  }
}

void step_completed(State& state, const Event& event) {
  const Json& payload = event.payload;
  const int index = count_at(payload, keys::kStep, state.step.index);
  if (index < state.step.index) return;
  if (index > state.step.index) begin_step(state, index);
  state.step.attempt = count_at(payload, keys::kAttempt, std::max(1, state.step.attempt));
  state.step.open = false;
  state.step.suspended = false;
  // What its calls have told already is a part of it.
  const NanoDollars untold = std::max<NanoDollars>(0, cost_at(payload) - state.step.calls_cost);
  state.total_cost = sum(state.total_cost, untold);
  state.step.calls_cost = 0;
  const bool completed = string_at(payload, keys::kStatus, "completed") != "failed";
  if (!completed) {
    step_failed(state, event);
    if (state.step.failed_at) return;
    if (!bool_at(payload, keys::kGoOn)) return;
    state.failure.reset();
  }
  state.response = string_at(payload, keys::kResponse);
  ++state.steps_completed;
  state.last_step_done = bool_at(payload, keys::kLast);
  begin_step(state, index + 1);
}

/// The question that an answer is meant for: the one that it names, or the only one of its kind
/// that waits, where a publisher elsewhere names none.
Question* question_for(State& state, QuestionKind kind, const std::string& call) {
  Question* found = nullptr;
  for (Question& each : state.questions) {
    if (each.kind != kind || each.answer) continue;
    if (!call.empty() ? each.call == call : found == nullptr) {
      found = &each;
    } else if (call.empty()) {
      return nullptr;
    }
  }
  return found;
}

void asked(State& state, const Event& event, QuestionKind kind) {
  const Json& payload = event.payload;
  if (count_at(payload, keys::kStep, state.step.index) != state.step.index) return;
  Question question;
  question.kind = kind;
  question.call = string_at(payload, keys::kCall);
  if (question.call.empty()) question.call = event.id.str();
  const bool known = std::any_of(state.questions.begin(), state.questions.end(),
                                 [&](const Question& each) { return each.call == question.call; });
  if (known || state.questions.size() >= QuestionLimits{}.open_max) return;
  if (kind == QuestionKind::kApproval) {
    question.tool = string_at(payload, keys::kTool);
    if (const Json* const arguments = find(payload, keys::kArguments)) {
      question.arguments =
          is_deeper(*arguments, kArgumentsDepthMax) ? Json(dump_json(*arguments)) : *arguments;
    }
  } else {
    question.prompt = string_at(payload, keys::kPrompt);
  }
  question.asked_at = event.time;
  if (const auto due = parse_rfc3339(string_at(payload, keys::kExpiresAt))) question.due = *due;
  state.questions.push_back(std::move(question));
  state.step.suspended = state.step.suspended || state.step.open;
  state.step.open = false;
}

void answered(State& state, const Event& event, QuestionKind kind) {
  const Json& payload = event.payload;
  Question* const question = question_for(state, kind, string_at(payload, keys::kCall));
  if (question == nullptr) return;
  question->answer = Answer{bool_at(payload, keys::kApproved), string_at(payload, keys::kText),
                            string_at(payload, keys::kBy), string_at(payload, keys::kReason)};
  if (kind == QuestionKind::kApproval) question->answer->text.clear();
  if (kind == QuestionKind::kInput) question->answer->approved = false;
}

/// total_cost is the publisher's own sum where it gives one.
void finished(State& state, const Event& event) {
  const Json& payload = event.payload;
  state.completed_at = event.time;
  state.step.open = false;
  state.step.suspended = false;
  state.questions.clear();
  if (const Json* const total = find(payload, keys::kTotalCost)) {
    if (total->is_number()) state.total_cost = dollars_from_json(total);
  }
  if (event.type.str() == types::kCompleted) {
    state.response = string_at(payload, keys::kFinalResponse, state.response);
    state.last_step_done = true;
    state.failure.reset();
  } else if (event.type.str() == types::kFailed) {
    state.response = string_at(payload, keys::kPartialResponse, state.response);
    state.failure = failure_of(payload).value_or(TaskFailure{"failed", ""});
  }
}

void apply_model_call(State& state, const Event& event) {
  const std::string& type = event.type.str();
  if (type == types::kLlmCallStarted) ++state.model_calls;
  if (type == types::kLlmCallCompleted) ++state.answers;
  if (type == types::kLlmCallCompleted || type == types::kLlmCallFailed) {
    model_call_ended(state, event);
  }
  take(state.open_calls, event);
}

/// The facts that carry no status of their own.
void apply_step_facts(State& state, const Event& event) {
  if (event.type.str() == types::kStepStarted) step_started(state, event);
  if (event.type.str() == types::kStepCompleted) step_completed(state, event);
  const std::string& type = event.type.str();
  // What was told before is told again where a lost attempt is looked back at.
  if (!bool_at(event.payload, keys::kTold)) apply_model_call(state, event);
  if (type == types::kBudgetWarning) state.budget_warned = true;
  if (state.conversation) take(*state.conversation, event);
  if (type == types::kApprovalRequested) asked(state, event, QuestionKind::kApproval);
  if (type == types::kApprovalReceived) answered(state, event, QuestionKind::kApproval);
  if (type == types::kInputRequested) asked(state, event, QuestionKind::kInput);
  if (type == types::kInputReceived) answered(state, event, QuestionKind::kInput);
}

}  // namespace

State initial_state() {
  return State{};
}

State evolve(State state, const Event& event, const Cursor& cursor) {
  if (cursor.seq <= state.folded.seq) return state;
  state.folded = cursor;
  if (is_terminal(state.status)) return state;
  const std::optional<TaskInput> input = input_of(event.type.str());
  if (!input) {
    apply_step_facts(state, event);
    return state;
  }
  const std::optional<TaskStatus> next = transition(state.status, *input);
  if (!next) return state;
  state.status = *next;
  if (*input == TaskInput::kStarted) started(state, event);
  if (is_terminal(*next)) finished(state, event);
  return state;
}

Spent spent_by(const State& state, WallTime now) {
  Spent spent{.usd = state.total_cost,
              .tokens = state.usage.total(),
              .steps = state.answers,
              .model_calls = state.model_calls};
  if (state.started_at) spent.wall_time = std::max(Milliseconds(0), now - *state.started_at);
  return spent;
}

bool is_passing(std::string_view type) {
  return type == types::kLlmCallChunk || type == types::kToolCallOutput;
}

Task with_state(Task task, const State& state) {
  const bool nothing_yet = state.folded.seq == 0;
  if (!nothing_yet) task.status = state.status;
  task.started_at = state.started_at;
  task.completed_at = state.completed_at;
  task.total_cost = state.total_cost;
  task.waiting_for = unanswered(state.questions);
  task.result.reset();
  task.error.reset();
  if (state.status == TaskStatus::kCompleted) task.result = state.response;
  if (state.status == TaskStatus::kFailed) task.error = state.failure;
  if (!nothing_yet) task.last_event = std::max(state.folded, task.last_event.value_or(Cursor{}));
  return task;
}

}  // namespace taskfeed::workflow
