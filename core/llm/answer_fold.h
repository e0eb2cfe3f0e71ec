/// Folds what a model server sends, chunk by chunk or as one document, into one answer.
///
/// Threads  One; calls its listener.
/// Errors   failure(), after which nothing more is taken.
/// Owns     The answer so far.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "llm/chat.h"
#include "llm/failures.h"
#include "llm/half_joiner.h"
#include "llm/tool_assembly.h"

namespace taskfeed::llm {

class AnswerFold {
 public:
  AnswerFold(const ChatRequest& request, ChatListener& listener, const ChatLimits& limits,
             const FailureContext& context);
  AnswerFold(const AnswerFold&) = delete;
  AnswerFold& operator=(const AnswerFold&) = delete;

  /// False: no more is wanted. `part` is a chunk of a stream (`choices[].delta`), or an answer
  /// (`choices[].message`).
  bool take(const JsonPart& part);
  /// An event of the stream whose name says that it is an error.
  void take_error(const Json& json);
  void fail(ChatFailure failure);

  bool any_choice() const { return any_choice_; }
  bool any_token() const { return any_token_; }  ///< Of text, reasoning or a tool call.
  bool finished() const { return !answer_.finish_reason.empty(); }
  bool unwanted() const { return unwanted_; }  ///< The listener answered false.
  const std::optional<ChatFailure>& failure() const { return failure_; }

  /// `complete`: all of the answer has come.
  ChatEnd end(bool complete);

 private:
  struct Channel {
    std::string& text;
    bool (ChatListener::*hear)(std::string_view);
    HalfJoiner joiner{};
  };
  bool going() const { return !failure_ && !unwanted_; }
  void take_head(const Json& json);
  void take_choice(const Json& choice, bool halves);
  void take_words(const Json& words, bool halves);
  void add(Channel& channel, std::string_view piece, bool halves);
  void say(Channel& channel, const std::string& text);
  void end_words();
  std::set<std::string> known_ids() const;

  const ChatRequest& request_;
  ChatListener& listener_;
  const ChatLimits limits_;
  const FailureContext& context_;
  ChatAnswer answer_;
  Channel text_{answer_.text, &ChatListener::on_text};
  Channel reasoning_{answer_.reasoning, &ChatListener::on_reasoning};
  ToolAssembly tools_;
  std::optional<ChatFailure> failure_;
  bool any_choice_ = false;
  bool any_token_ = false;
  bool unwanted_ = false;
};

}  // namespace taskfeed::llm
