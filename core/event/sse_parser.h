/// Incremental parser of `text/event-stream`, to the letter of WHATWG HTML section 9.2.6.
///
/// Bytes arrive in any pieces; what is dispatched does not depend on where they were cut. Shared
/// by the command line and by the clients of agents' peers.
///
/// Threads  One at a time.
/// Errors   The format has none: unknown fields are ignored, ill-formed UTF-8 becomes U+FFFD. Over
///          a limit feed() answers kTooLarge and the parser stays refused.
/// Owns     The unfinished line and event.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace taskfeed::sse {

struct Message {
  std::string event;  ///< "message" when the stream named none.
  std::string data;
  std::string last_event_id;  ///< As it stands after this event.
  /// Beyond the standard: the `cursor:` field of taskfeed's streams over many tasks.
  std::string cursor{};
  bool operator==(const Message&) const = default;
};

struct ParserLimits {
  size_t line_bytes_max = 16 * 1024 * 1024;
  size_t event_bytes_max = 32 * 1024 * 1024;
};

class Parser {
 public:
  using OnMessage = std::function<void(Message&&)>;

  explicit Parser(OnMessage on_message, ParserLimits limits = {});

  /// Calls on_message for every event that `bytes` completes. An event that the stream's end cuts
  /// short is never dispatched.
  Result<void> feed(std::string_view bytes);

  /// The last event id buffer: what a reconnect sends. It moves with an `id:` alone too, when the
  /// empty line comes.
  const std::string& last_event_id() const { return last_event_id_; }
  /// The last valid `retry:`, at most ten years.
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }
  /// True where a comment line was seen since the last call: a sign of life.
  bool take_sign_of_life();

 private:
  Result<void> take_line(std::string_view piece);
  Result<void> process_line(std::string_view line);
  Result<void> process_field(std::string_view field, std::string_view value);
  void dispatch();
  Result<void> refuse(std::string_view what, size_t bytes_max);

  OnMessage on_message_;
  ParserLimits limits_;
  std::string last_event_id_;
  std::optional<std::chrono::milliseconds> retry_;

  std::string line_;  ///< Bytes of the unfinished line, not decoded yet.
  std::string data_;  ///< Each line with its line feed: empty means "no data line".
  std::string event_;
  std::string cursor_;
  std::string pending_id_;  ///< Becomes last_event_id_ at the empty line.
  bool first_line_ = true;  ///< A BOM may stand here, and nowhere else.
  bool after_cr_ = false;   ///< The next LF belongs to a CR that was a line's end already.
  bool sign_of_life_ = false;
  std::optional<Error> refusal_;
};

}  // namespace taskfeed::sse
