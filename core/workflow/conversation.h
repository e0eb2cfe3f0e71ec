/// What an agent and its model have said: the fold of a task's model and tool calls.
///
/// A worker that takes a task over goes on from here, so that no call that has an outcome is made
/// again. Only tasks whose WorkflowStarted says `conversation` have one.
///
/// Threads  Values; pure functions.
/// Errors   conversation_from_json() names what is wrong.
/// Owns     Its text.
#pragma once

#include <string>
#include <vector>

#include "event/event.h"

namespace taskfeed::workflow {

struct ConversationLimits {
  size_t bytes_max = 4 * 1024 * 1024;  ///< Of all texts; then the runner ends the task.
  size_t calls_max = 128;              ///< Tool calls that one answer may ask for.
};

/// A tool call that a model asked for.
struct AskedCall {
  enum class Stage {
    kAsked,
    kBegun,  ///< No outcome: it runs, or its worker died in it.
    kDone,
  };
  std::string id;
  std::string tool;
  std::string arguments;        ///< The JSON that the model wrote, or what it wrote instead.
  Json extra = Json::object();  ///< Other members of the call, which some servers want back.
  Stage stage = Stage::kAsked;
  std::string result;
  bool is_error = false;

  bool operator==(const AskedCall&) const = default;
};

/// One answer of the model, and what became of the calls that it asked for.
struct Turn {
  std::string text;
  std::string finish_reason;
  std::vector<AskedCall> calls;
  bool operator==(const Turn&) const = default;
};

struct Conversation {
  std::vector<Turn> turns;
  size_t bytes = 0;  ///< Of all texts, as JSON writes them.

  bool operator==(const Conversation&) const = default;
};

/// What a model or tool call's event says; every other type changes nothing.
void take(Conversation& conversation, const Event& event);

Json conversation_to_json(const Conversation& conversation);
Result<Conversation> conversation_from_json(const Json& json);

/// `tool_calls` of WorkflowLLMCallCompleted: [{"id", "name", "arguments", …}].
Json asked_to_json(const std::vector<AskedCall>& calls);
std::vector<AskedCall> asked_from_json(const Json* json);

}  // namespace taskfeed::workflow
