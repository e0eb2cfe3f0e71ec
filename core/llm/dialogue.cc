#include "llm/dialogue.h"

#include <algorithm>

namespace taskfeed::llm {

using workflow::AskedCall;

std::vector<ChatMessage> dialogue(const std::string& instructions, const std::string& query,
                                  const workflow::Conversation& conversation) {
  using Role = ChatMessage::Role;
  std::vector<ChatMessage> messages;
  if (!instructions.empty()) messages.push_back({Role::kSystem, instructions, {}, {}});
  messages.push_back({Role::kUser, query, {}, {}});
  for (const workflow::Turn& turn : conversation.turns) {
    messages.push_back({Role::kAssistant, turn.text, turn.calls, {}});
    for (const AskedCall& call : turn.calls) {
      messages.push_back({Role::kTool, call.result, {}, call.id});
    }
  }
  return messages;
}

int failed_turns(const workflow::Conversation& conversation) {
  int failed = 0;
  for (auto turn = conversation.turns.rbegin(); turn != conversation.turns.rend(); ++turn) {
    const auto& calls = turn->calls;
    const bool none_succeeded =
        !calls.empty() && std::all_of(calls.begin(), calls.end(), [](const AskedCall& call) {
          return call.stage == AskedCall::Stage::kDone && call.is_error;
        });
    if (!none_succeeded) break;
    ++failed;
  }
  return failed;
}

}  // namespace taskfeed::llm
