/// What went wrong with a run, in few kinds, and whether trying again may help: peer/failures.h,
/// and what only ADK's api_server says.
///
/// - auth is 403 too, server is 503 and 529 too: a run has neither permission nor overloaded.
/// - not_found: also a 500 that says so; retryable only where a session is gone.
/// - content_filter: a model's FinishReason says so.
/// - agent_error, no_response, waiting, limit, budget_exceeded: what became of the run.
///
/// Threads  Pure functions.
/// Errors   None: anything has a kind.
/// Owns     Nothing.
#pragma once

#include "peer/http_call.h"
#include "task/task.h"
#include "workflow/budget.h"

namespace taskfeed::adk {

struct RunFailure {
  TaskFailure failure;
  bool retryable = false;
  int http_status = 0;
};

RunFailure failure_of(const peer::Failure& failure);
/// An answer that is none of a run's: `body` may be JSON, text or a page.
RunFailure failure_of(const peer::AnswerHead& head, std::string_view body);
/// An event with errorCode, or a frame with `error` (`code` is empty then).
RunFailure failure_of_agent(std::string_view code, std::string_view message);
/// The budget allows no model call more.
RunFailure used_up_failure(const workflow::BudgetUse& use);
RunFailure final_failure(std::string_view kind, std::string message);

}  // namespace taskfeed::adk
