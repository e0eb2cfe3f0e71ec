/// Refusals as problem documents (RFC 9457), and the statuses of HTTP that are used here.
///
/// Threads  Pure functions.
/// Errors   None; both maps are total.
/// Owns     Its text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace taskfeed::http {

inline constexpr std::string_view kProblemType = "application/problem+json";

/// What is wrong with one member of the body.
struct FieldError {
  std::string pointer;  ///< JSON Pointer (RFC 6901) into the request's body: "/task_parameters".
  std::string detail;
};

struct Problem {
  int status = 500;
  std::string code;    ///< Stable word: an Errc's, or the status' phrase in snake_case.
  std::string detail;  ///< One sentence for a person.
  std::vector<FieldError> errors;
};

/// kFenced, kEnded and kConflict are all "the state forbids it": 409.
int status_of(Errc code);
/// RFC 9110's phrase: "Not Found".
std::string_view phrase_of(int status);

Problem problem_from(const Error& error);
/// For what has no Errc: 404 of a route, 405, 415 …
Problem problem_of(int status, std::string_view detail);
/// The document. `instance` is the request's path, `request_id` what X-Request-Id says.
std::string problem_json(const Problem& problem, std::string_view instance,
                         std::string_view request_id);

/// Whether the caller may try the same again later: such a refusal carries Retry-After.
bool is_passing(int status);

}  // namespace taskfeed::http
