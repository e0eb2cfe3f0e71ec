#include "llm/chat_reader.h"

#include <algorithm>
#include <array>

namespace taskfeed::llm {
namespace {

std::string_view without_blanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Whether a stream of events may begin so, of which no event came whole.
bool opens_events(std::string_view opening) {
  constexpr std::array<std::string_view, 5> kFields{":", "data", "event", "id", "retry"};
  return std::any_of(kFields.begin(), kFields.end(), [opening](std::string_view field) {
    return opening.starts_with(field) || field.starts_with(opening);
  });
}

}  // namespace

ChatReader::ChatReader(const ChatRequest& request, ChatListener& listener, const Clock& clock,
                       const ChatLimits& limits, const FailureContext& context)
    : clock_(clock),
      begun_(clock.mono()),
      limits_(limits),
      fold_(request, listener, limits, context),
      parser_([this](sse::Message&& frame) { take_frame(frame); },
              {.line_bytes_max = limits.line_bytes_max, .event_bytes_max = limits.line_bytes_max}) {
}

bool ChatReader::take(std::string_view bytes) {
  if (form_ == Form::kUnknown) {
    // Blanks keep a connection alive while the model thinks, and a BOM means nothing; neither
    // matters to what follows. Then the first byte tells the forms apart, whatever the content
    // type says: no field of an event stream begins like JSON.
    constexpr std::string_view kNothing = " \t\r\n\xEF\xBB\xBF";
    bytes.remove_prefix(std::min(bytes.find_first_not_of(kNothing), bytes.size()));
    if (bytes.empty()) return true;
    const char first = bytes.front();
    form_ = first == '{' || first == '[' ? Form::kDocument
            : first == '<'               ? Form::kPage
                                         : Form::kEvents;
  }
  switch (form_) {
    case Form::kUnknown:
    case Form::kPage:
      return false;
    case Form::kDocument:
      document_.append(bytes);
      return true;
    case Form::kEvents:
      return take_events(bytes);
  }
  return false;
}

bool ChatReader::take_events(std::string_view bytes) {
  constexpr size_t kOpeningBytes = 5;
  if (opening_.size() < kOpeningBytes) {
    opening_.append(bytes.substr(0, kOpeningBytes - opening_.size()));
  }
  const Result<void> fed = parser_.feed(bytes);
  if (!fed && !done_) {
    fold_.fail(failure_of_kind("too_large", "the model server's stream: " + fed.error().text));
  }
  if (!first_token_ && fold_.any_token()) first_token_ = clock_.mono() - begun_;
  return fed.ok() && !done_ && !fold_.failure() && !fold_.unwanted();
}

void ChatReader::take_frame(const sse::Message& frame) {
  if (done_ || fold_.failure() || fold_.unwanted()) return;
  const std::string_view text = without_blanks(frame.data);
  if (text.empty()) return;
  if (text == "[DONE]") {
    done_ = true;
    return;
  }
  const Result<JsonPart> part = parse_json_part(text);
  if (!part) {
    fold_.fail(failure_of_kind(
        "protocol", "the model server's stream holds what is no JSON: " + part.error().text));
  } else if (frame.event == "error") {
    fold_.take_error(part->json);
  } else {
    fold_.take(*part);
  }
}

void ChatReader::take_document(const std::optional<peer::Failure>& failure) {
  const Result<JsonPart> part = parse_json_part(document_);
  if (part) {
    fold_.take(*part);
    if (!fold_.any_choice()) {
      fold_.fail(failure_of_kind("protocol", "the model server's answer has no choices"));
    }
  } else if (failure) {
    fold_.fail(failure_of_peer(*failure));
  } else {
    fold_.fail(
        failure_of_kind("protocol", "the model server's answer is no JSON: " + part.error().text));
  }
}

void ChatReader::miss_end(const std::optional<peer::Failure>& failure) {
  if (failure) {
    fold_.fail(failure_of_peer(*failure));
  } else if (form_ == Form::kPage || (form_ == Form::kEvents && !opens_events(opening_))) {
    fold_.fail(failure_of_kind("protocol",
                               "the model server answered with what is neither JSON "
                               "nor a stream of events; is base_url right?"));
  } else {
    fold_.fail(failure_of_kind("stream_broken", "the model server's answer ended too early"));
  }
}

ChatEnd ChatReader::end(const std::optional<peer::Failure>& failure) {
  const bool stopped = failure && failure->fault == peer::Fault::kStopped;
  if (stopped) fold_.fail(failure_of_peer(*failure));
  bool complete = !stopped && (fold_.finished() || (done_ && fold_.any_choice()));
  if (form_ == Form::kDocument && !stopped) {
    take_document(failure);
    complete = !fold_.failure();
  }
  if (!complete && !fold_.failure() && !fold_.unwanted()) miss_end(failure);
  ChatEnd end = fold_.end(complete);
  if (fold_.unwanted()) end.failure = failure_of_kind("stopped", "the answer was no more wanted");
  end.time_to_first_token = first_token_;
  return end;
}

}  // namespace taskfeed::llm
