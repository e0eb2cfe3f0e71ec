#include "client/problem.h"

#include <array>
#include <optional>

#include "event/json.h"

namespace taskfeed::client {
namespace {

constexpr std::array kCodes{
    Errc::kReused,      Errc::kInvalid,   Errc::kNotFound,     Errc::kConflict, Errc::kEnded,
    Errc::kFenced,      Errc::kForbidden, Errc::kUnauthorised, Errc::kTooLarge, Errc::kFull,
    Errc::kUnavailable, Errc::kTimeout,   Errc::kInternal};

std::optional<Errc> code_named(std::string_view name) {
  for (const Errc code : kCodes) {
    if (to_string(code) == name) return code;
  }
  return std::nullopt;
}

Errc code_of(int status) {
  switch (status) {
    case 401:
      return Errc::kUnauthorised;
    case 403:
      return Errc::kForbidden;
    case 404:
      return Errc::kNotFound;
    case 409:
      return Errc::kConflict;
    case 410:
      return Errc::kEnded;
    case 413:
    case 414:
    case 431:
      return Errc::kTooLarge;
    case 422:
      return Errc::kReused;
    case 429:
    case 507:
      return Errc::kFull;
    case 502:
    case 503:
      return Errc::kUnavailable;
    case 504:
      return Errc::kTimeout;
    default:
      return status >= 400 && status < 500 ? Errc::kInvalid : Errc::kInternal;
  }
}

}  // namespace

Error error_from(int status, std::string_view body, std::string_view server) {
  Error error{code_of(status), std::string(server) + " answered " + std::to_string(status)};
  constexpr size_t kProblemBytesMax = 64 * 1024;
  if (body.size() > kProblemBytesMax) return error;
  const Result<Json> problem = parse_json(body);
  if (!problem || !problem->is_object()) return error;
  if (const auto code = code_named(string_at(*problem, "code"))) error.code = *code;
  const std::string detail = string_at(*problem, "detail", string_at(*problem, "title"));
  if (!detail.empty()) error.text = detail;
  return error;
}

}  // namespace taskfeed::client
