/// WHATWG HTML section 9.2.6, read aloud: the whole stream at once, decoded first and then cut
/// into lines, with no thought of speed. What sse::Parser is held against.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "event/sse_parser.h"

namespace taskfeed::testing {

/// All that a reader of a stream can see.
struct SseOutcome {
  std::vector<sse::Message> events;
  std::string last_event_id;
  std::optional<std::chrono::milliseconds> retry;
  bool sign_of_life = false;
  bool operator==(const SseOutcome&) const = default;
};

/// sse::Parser, fed with these pieces.
inline SseOutcome parse_pieces(const std::vector<std::string_view>& pieces) {
  SseOutcome outcome;
  sse::Parser parser(
      [&outcome](sse::Message&& event) { outcome.events.push_back(std::move(event)); });
  for (const std::string_view piece : pieces) {
    // A copy of exactly this size, so that a sanitizer sees a read beyond the piece.
    const std::vector<char> bytes(piece.begin(), piece.end());
    TF_ASSERT(parser.feed(std::string_view(bytes.data(), bytes.size())).ok());
  }
  outcome.last_event_id = parser.last_event_id();
  outcome.retry = parser.retry();
  outcome.sign_of_life = parser.take_sign_of_life();
  return outcome;
}

inline std::vector<std::string> sse_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::string line;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\r' && text[at] != '\n') {
      line += text[at];
      continue;
    }
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
    lines.push_back(line);
    line.clear();
  }
  return lines;  // What has no line end is no line.
}

inline SseOutcome parse_by_the_letter(std::string_view stream) {
  std::string text = to_utf8(stream);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  SseOutcome outcome;
  std::string data, type, id;
  for (const std::string& line : sse_lines(text)) {
    if (line.empty()) {
      outcome.last_event_id = id;
      if (!data.empty()) {
        if (data.back() == '\n') data.pop_back();
        outcome.events.push_back({type.empty() ? "message" : type, data, id});
      }
      data.clear();
      type.clear();
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == 0) {
      outcome.sign_of_life = true;
      continue;
    }
    const std::string field = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.erase(0, 1);
    if (field == "event") type = value;
    if (field == "data") data += value + "\n";
    if (field == "id" && value.find('\0') == std::string::npos) id = value;
    if (field == "retry" && !value.empty() &&
        value.find_first_not_of("0123456789") == std::string::npos) {
      // The parser's own ceiling, ten years; the standard knows none.
      const long double most = 315'360'000'000.0L;
      const long double asked = std::stold(value);
      outcome.retry = std::chrono::milliseconds(static_cast<int64_t>(std::min(asked, most)));
    }
  }
  return outcome;
}

}  // namespace taskfeed::testing
