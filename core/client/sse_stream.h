/// A reader of a daemon's SSE endpoint that comes back: with its cursor, after the delay that the
/// server asked for, until the stream says that it is over.
///
/// Rules are EventSource's (WHATWG HTML, 9.2.3): 204 ends it for good; another answer than 200
/// with text/event-stream fails it; a broken connection is made again after `retry:`. Beyond the
/// standard: 429, 502, 503 and 504 count as broken, and the delay doubles while nothing answers.
///
/// Threads  follow() blocks its caller; stop() from any thread.
/// Errors   follow() answers what the server refused; kUnavailable where the first connection
///          fails, or no connection came back within give_up_after.
/// Owns     Its connection.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "client/http_call.h"
#include "event/sse_parser.h"

namespace taskfeed::client {

struct SseLimits {
  HttpLimits http{.connect_timeout = Milliseconds(5'000),
                  .answer_timeout = Milliseconds(45'000),  ///< Three heartbeats of silence.
                  .body_bytes_max = 0};
  Milliseconds retry_default{1'000};
  Milliseconds retry_min{100};  ///< Whatever the server asks for: `retry: 0` would be a busy loop.
  Milliseconds retry_max{30'000};
  Milliseconds give_up_after{600'000};  ///< Of no answer at all, after the first.
};

class SseStream {
 public:
  enum class End {
    kEnded,    ///< stream.end, or 204: all has been read.
    kStopped,  ///< stop(), or on_event answered false.
  };
  using OnEvent = std::function<bool(sse::Message&&)>;

  /// `target` is the path and query without a cursor; `last_event_id` may be empty.
  SseStream(Endpoint endpoint, std::string target, std::string last_event_id,
            SseLimits limits = {});

  Result<End> follow(const OnEvent& on_event);
  void stop();

 private:
  enum class Turn { kBroken, kEnded, kStopped, kRefused };
  Turn connect_once(const OnEvent& on_event);
  void wait(Milliseconds delay);

  const std::string target_;
  const SseLimits limits_;
  HttpCall call_;
  std::string last_event_id_;
  Milliseconds retry_;
  bool answered_ = false;  ///< In the connection under way.
  Error refusal_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopped_{false};
};

}  // namespace taskfeed::client
