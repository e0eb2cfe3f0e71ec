/// What went wrong with a run, in few kinds, and whether trying again may help.
///
/// | kind | when | retry |
/// | --- | --- | --- |
/// | connect, timeout_connect, timeout_first_byte, timeout_idle, stream_broken | the connection |
/// yes | | rate_limited, server | 429; 408, 409, 5xx | yes | | tls, auth, quota, invalid_request,
/// not_found, context_length, content_filter | as they say | no | | protocol, too_large, limit,
/// timeout, agent_error, no_response, waiting | the answer | no |
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
