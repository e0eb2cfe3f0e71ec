/// What a subscriber connection receives, as views into the bytes: no copy, no allocation.
///
/// hiredis builds a tree of heap strings for each; here a published event is one look at its
/// lengths. RESP2: arrays of up to four bulk strings or integers, and single-line replies.
///
/// Threads  Pure functions.
/// Errors   kBad for bytes that are no such RESP: the connection must be closed.
/// Owns     Nothing.
#pragma once

#include <cstddef>
#include <string_view>

namespace taskfeed::redis {

struct Push {
  enum class Kind {
    kPublished,            ///< `channel` and `payload`.
    kPatternPublished,     ///< `pattern`, `channel` and `payload`.
    kSubscribed,           ///< `channel`.
    kPatternSubscribed,    ///< `pattern`.
    kUnsubscribed,         ///< `channel`.
    kPatternUnsubscribed,  ///< `payload` is how many subscriptions are left.
    kStatus,               ///< +OK, +PONG: `payload` is the text.
    kArray,                ///< Another: `channel` and `payload` are its first two, as PING and TIME
                           ///< answer a subscriber.
    kError,                ///< `payload` is the text.
  };
  Kind kind = Kind::kStatus;
  std::string_view pattern;
  std::string_view channel;
  std::string_view payload;
  size_t size = 0;  ///< Bytes that it took.
};

enum class PushParse {
  kDone,
  kIncomplete,
  kBad,
  /// What a pattern heard has a payload over the limit: `push` is read but for that, and its `size`
  /// counts bytes that may not be here yet.
  kTooLarge,
};

/// The first push of `bytes`. Any other bulk string over `bulk_bytes_max` is kBad.
PushParse parse_push(std::string_view bytes, size_t bulk_bytes_max, Push& push);

}  // namespace taskfeed::redis
