/// One event of an ADK run, as api_server writes it in both of its editions.
///
/// Both SDKs add members from version to version; what is unknown here is passed over, and what is
/// missing has its default.
///
/// Threads  Values; pure functions.
/// Errors   adk_event_from() answers kInvalid for what is no event at all.
/// Owns     Its text, each name bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/json.h"
#include "workflow/usage.h"

namespace taskfeed::adk {

/// Names that a server makes up (authors, branches, tools, ids) are cut here.
inline constexpr size_t kNameBytesMax = 256;

/// How the names of ADK's own calls begin.
inline constexpr std::string_view kOwnCalls = "adk_request_";

struct AdkPart {
  enum class Kind { kText, kThought, kCall, kResponse, kOther };
  Kind kind = Kind::kOther;
  std::string text;  ///< Of kText and kThought.
  std::string id;    ///< Of a function's call and response; may be empty.
  std::string name;
  Json value;  ///< Arguments or response.
};

struct AdkEvent {
  std::string id;  ///< The same in a run's answer and in the session; may be empty.
  std::string author;
  std::string branch;  ///< "fan.left"; empty outside of parallel branches.
  bool partial = false;
  bool from_user = false;  ///< content.role is "user": a message, or what tools answered.
  std::vector<AdkPart> parts;
  std::vector<std::string> long_running;  ///< Ids of calls that the run waits for.
  bool skip_summarization = false;
  std::string finish_reason;
  std::string model;  ///< modelVersion
  std::string error_code;
  std::string error_message;
  /// As the server counts; reasoning, which Gemini counts apart, is billed as output.
  std::optional<workflow::Usage> usage;
  std::string failure;  ///< Of a frame that is `{"error": …}` rather than an event: the run's end.

  bool has(AdkPart::Kind kind) const;
  /// All text of that kind, joined.
  std::string text(AdkPart::Kind kind = AdkPart::Kind::kText) const;
  /// ADK's own question, which no model has said.
  bool asks_a_person() const;
  /// What a model has said, whole: a call that was paid for.
  bool is_answer() const;
  /// ADK's rule for the last word of an agent, but for what a run waits for.
  bool is_final() const;
};

Result<AdkEvent> adk_event_from(const Json& json);

}  // namespace taskfeed::adk
