/// The bytes of a model server's answer, in any pieces: a stream of events or one JSON document,
/// whichever was asked for. What comes of them does not depend on where they were cut.
///
/// Threads  One; calls the request's listener.
/// Errors   end() says what the answer lacks.
/// Owns     What has come so far.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/sse_parser.h"
#include "llm/answer_fold.h"

namespace taskfeed::llm {

class ChatReader {
 public:
  ChatReader(const ChatRequest& request, ChatListener& listener, const Clock& clock,
             const ChatLimits& limits, const FailureContext& context);
  ChatReader(const ChatReader&) = delete;
  ChatReader& operator=(const ChatReader&) = delete;

  /// False: no more is wanted; the answer is whole, or has failed.
  bool take(std::string_view bytes);
  /// The bytes are over; `failure` is the transport's, if it has one.
  ChatEnd end(const std::optional<peer::Failure>& failure);

 private:
  enum class Form { kUnknown, kEvents, kDocument, kPage };
  bool take_events(std::string_view bytes);
  void take_frame(const sse::Message& frame);
  void take_document(const std::optional<peer::Failure>& failure);
  void miss_end(const std::optional<peer::Failure>& failure);

  const Clock& clock_;
  const MonoTime begun_;
  const ChatLimits limits_;
  AnswerFold fold_;
  sse::Parser parser_;
  Form form_ = Form::kUnknown;
  std::string document_;
  std::string opening_;  ///< The first bytes of what is taken for events.
  bool done_ = false;    ///< "[DONE]".
  std::optional<Milliseconds> first_token_;
};

}  // namespace taskfeed::llm
