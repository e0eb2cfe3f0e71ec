#include "base/result.h"

namespace taskfeed {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::kInvalid:
      return "invalid";
    case Errc::kNotFound:
      return "not_found";
    case Errc::kConflict:
      return "conflict";
    case Errc::kReused:
      return "reused";
    case Errc::kEnded:
      return "ended";
    case Errc::kFenced:
      return "fenced";
    case Errc::kForbidden:
      return "forbidden";
    case Errc::kUnauthorised:
      return "unauthorised";
    case Errc::kTooLarge:
      return "too_large";
    case Errc::kFull:
      return "full";
    case Errc::kUnavailable:
      return "unavailable";
    case Errc::kTimeout:
      return "timeout";
    case Errc::kInternal:
      return "internal";
  }
  TF_ASSERT_TEXT(false, "an Errc outside its enumeration");
  return {};
}

}  // namespace taskfeed
