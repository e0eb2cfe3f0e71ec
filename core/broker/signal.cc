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
    case SignalKind::kApprove:
      return "approve";
    case SignalKind::kRefuse:
      return "refuse";
    case SignalKind::kInput:
      return "input";
  }
  TF_ASSERT_TEXT(false, "a SignalKind outside its enumeration");
  return {};
}

std::optional<SignalKind> parse_signal(std::string_view text) {
  for (const SignalKind kind : kSignalKinds) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

bool is_answer(SignalKind kind) {
  return kind == SignalKind::kApprove || kind == SignalKind::kRefuse || kind == SignalKind::kInput;
}

}  // namespace taskfeed::broker
