/// The request's JSON, with or without the one option that some servers refuse.
///
/// Threads  Pure functions.
/// Errors   None: whatever the messages hold, valid JSON comes of it.
/// Owns     Nothing.
#pragma once

#include <string>

#include "llm/chat.h"

namespace taskfeed::llm {

/// `asks_usage`: stream_options.include_usage, where the request streams.
std::string request_body(const ChatRequest& request, bool asks_usage);

}  // namespace taskfeed::llm
