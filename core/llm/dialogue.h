/// From what was said to what is sent: a conversation as a model server wants to read it.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>
#include <vector>

#include "llm/chat.h"

namespace taskfeed::llm {

/// Instructions, query, and every answer with the results of its calls, in their order.
std::vector<ChatMessage> dialogue(const std::string& instructions, const std::string& query,
                                  const workflow::Conversation& conversation);

/// How many of the last answers asked for tools of which not one succeeded.
int failed_turns(const workflow::Conversation& conversation);

}  // namespace taskfeed::llm
