/// An answer that is read without a socket, in the pieces that a test chooses.
///
/// Threads  One.
/// Errors   None.
/// Owns     The reader and all that it borrows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chat_world.h"
#include "llm/chat_reader.h"
#include "support/clock.h"

namespace taskfeed::llm {

struct Reading {
  /// A new one, with what has been heard forgotten.
  ChatReader& reader() {
    listener.forget();
    return reader_.emplace(request, listener, clock, limits, context);
  }
  ChatEnd read(const std::vector<std::string>& pieces,
               const std::optional<peer::Failure>& failure = {}) {
    ChatReader& fresh = reader();
    for (const std::string& piece : pieces) {
      if (!fresh.take(piece)) break;
    }
    return fresh.end(failure);
  }

  testing::ManualClock clock;
  runner::ModelServer server;
  ChatRequest request = request_to(server);
  HearingListener listener;
  ChatLimits limits;
  std::map<std::string, std::string> headers{{"Authorization", "Bearer sk-secret-1"}};
  FailureContext context{runner::Secrets(headers), clock, Milliseconds(300'000)};

 private:
  std::optional<ChatReader> reader_;
};

}  // namespace taskfeed::llm
