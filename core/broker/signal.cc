#include "broker/task_store.h"

namespace taskfeed::broker {

std::string_view to_string(SignalKind kind) {
  switch (kind) {
    case SignalKind::kCancel:
      return "cancel";
    case SignalKind::kPause:
      return "pause";
    case SignalKind::kResume:
      return "resume";
  }
  TF_ASSERT_TEXT(false, "a SignalKind outside its enumeration");
  return {};
}

std::optional<SignalKind> parse_signal(std::string_view text) {
  for (const SignalKind kind : {SignalKind::kCancel, SignalKind::kPause, SignalKind::kResume}) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

}  // namespace taskfeed::broker
