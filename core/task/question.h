/// What a task asks of a person, and what the person answered.
///
/// Threads  Values; pure functions.
/// Errors   question_from_json() names the key that is wrong.
/// Owns     Its text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "event/json.h"

namespace taskfeed {

struct QuestionLimits {
  size_t open_max = 64;  ///< Of one step; beyond it events are not believed.
  /// An answer's text: it stands in an event, and fits into a pipe whole (pipe(7): 64 KiB).
  size_t input_bytes_max = 32 * 1024;
};

/// A yes or no before a call is made, or a text.
enum class QuestionKind : uint8_t { kApproval, kInput };
std::string_view to_string(QuestionKind kind);
std::optional<QuestionKind> parse_question(std::string_view text);

struct Answer {
  bool approved = false;  ///< Of an approval.
  std::string text;       ///< Of an input.
  std::string by;
  std::string reason;  ///< kNobodyAnswered: the time ran out.
  bool operator==(const Answer&) const = default;
};
inline constexpr std::string_view kNobodyAnswered = "timeout";

struct Question {
  QuestionKind kind = QuestionKind::kApproval;
  std::string call;                 ///< `tool_call_id`: names it within the task.
  std::string tool;                 ///< Of an approval.
  Json arguments = Json::object();  ///< Of an approval: what the tool would be given.
  std::string prompt;               ///< Of an input.
  std::optional<WallTime> asked_at;
  std::optional<WallTime> due;  ///< Without an answer by then it is refused; empty: it waits on.
  std::optional<Answer> answer;

  bool operator==(const Question&) const = default;
};

/// Whether it was answered by a person: a refusal for want of an answer is none.
bool answered_in_time(const Question& question);
/// Those that nobody has answered yet.
std::vector<Question> unanswered(const std::vector<Question>& questions);

/// {kind, tool_call_id, tool, arguments, prompt, asked_at, expires_at, answer}; absent parts are
/// left out.
Json question_to_json(const Question& question);
Result<Question> question_from_json(const Json& json);
Json questions_to_json(const std::vector<Question>& questions);
/// Of an array; absent or null is none.
Result<std::vector<Question>> questions_from_json(const Json* json);

}  // namespace taskfeed
