/// The payloads of the workflow's own events: one spelling for who writes and who folds them.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "workflow/decide.h"

namespace taskfeed::workflow {

namespace keys {
inline constexpr std::string_view kGoal = "goal";
inline constexpr std::string_view kMode = "mode";
inline constexpr std::string_view kRunner = "runner";
inline constexpr std::string_view kModel = "model";
inline constexpr std::string_view kLimits = "limits";
inline constexpr std::string_view kRetry = "retry";
inline constexpr std::string_view kAttempt = "attempt";
inline constexpr std::string_view kStep = "step";
inline constexpr std::string_view kSteps = "steps";
inline constexpr std::string_view kName = "name";
inline constexpr std::string_view kStatus = "status";
inline constexpr std::string_view kLast = "last";
inline constexpr std::string_view kGoOn = "go_on";
inline constexpr std::string_view kRetryable = "retryable";
inline constexpr std::string_view kResponse = "response";
inline constexpr std::string_view kFinalResponse = "final_response";
inline constexpr std::string_view kPartialResponse = "partial_response";
inline constexpr std::string_view kError = "error";
inline constexpr std::string_view kCost = "cost";
inline constexpr std::string_view kTotalCost = "total_cost";
inline constexpr std::string_view kDuration = "duration_ms";
inline constexpr std::string_view kBy = "by";
inline constexpr std::string_view kReason = "reason";
inline constexpr std::string_view kContinued = "continued";
inline constexpr std::string_view kCall = "tool_call_id";
inline constexpr std::string_view kTool = "tool";
inline constexpr std::string_view kArguments = "arguments";
inline constexpr std::string_view kPrompt = "prompt";
inline constexpr std::string_view kExpiresAt = "expires_at";
inline constexpr std::string_view kApproved = "approved";
inline constexpr std::string_view kText = "text";
inline constexpr std::string_view kConversation = "conversation";
inline constexpr std::string_view kRetryAfter = "retry_after_ms";
inline constexpr std::string_view kTold = "told";
}  // namespace keys

inline constexpr std::string_view kModeBatch = "batch";
inline constexpr std::string_view kModeStreaming = "streaming";

/// WorkflowStarted.
struct Started {
  std::string goal;
  bool streaming = false;
  std::string runner;
  std::string model;             ///< Left out where empty.
  Json limits = Json::object();  ///< The policy is added under `retry`.
  int attempt = 1;
  RetryPolicy retry;
  bool conversation = false;  ///< The fold keeps what agent and model say.
};
Json started_payload(const Started& started);

/// WorkflowStepStarted. `continued`: after what it asked was answered; then it says so.
Json step_started_payload(int step, std::string_view name, int attempt, bool continued = false);

/// WorkflowStepCompleted: how an attempt at a step ended.
struct StepResult {
  bool completed = true;
  bool last = true;        ///< No step comes after this one.
  bool go_on = false;      ///< Failed, and the next step runs all the same.
  bool retryable = false;  ///< Failed, and may be tried again.
  std::optional<Milliseconds> retry_after = std::nullopt;  ///< … and not before.
  std::string response;
  std::optional<TaskFailure> failure;
  NanoDollars cost = 0;
};
Json step_completed_payload(int step, std::string_view name, int attempt, const StepResult& result,
                            std::chrono::milliseconds duration);

/// WorkflowApprovalRequested and WorkflowInputRequested, with `expires_at` where it is due.
std::string_view question_type(const Question& question);
Json question_payload(const Question& question, int step);
/// WorkflowApprovalReceived and WorkflowInputReceived. For want of an answer: not approved, or
/// without a text.
std::string_view answer_type(const Answered& answered);
Json answer_payload(const Answered& answered, int step);

/// WorkflowPaused, WorkflowResumed and WorkflowCancelled.
Json request_payload(const Requests::Request& request);

/// The terminal event that `finish` asks for, and its payload; `now` gives the duration.
std::string_view finish_type(const Finish& finish);
Json finish_payload(const Finish& finish, const State& state, WallTime now);

}  // namespace taskfeed::workflow
