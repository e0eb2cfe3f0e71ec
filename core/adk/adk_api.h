/// The calls of ADK's api_server that a run needs, in the form that both of its editions take.
///
/// Threads  Each blocks its caller; `stop` may be asked for from any thread.
/// Errors   RunFailure; kStopped where the stop ended it.
/// Owns     Nothing between calls but the headers, secrets among them, which are never shown.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "adk/adk_event.h"
#include "adk/failures.h"
#include "peer/http_call.h"
#include "runner/adk_config.h"

namespace taskfeed::adk {

struct ApiLimits {
  size_t frame_bytes_max = 8 * 1024 * 1024;   ///< Of one event.
  size_t run_bytes_max = 256 * 1024 * 1024;   ///< Of all of a run's.
  size_t batch_bytes_max = 32 * 1024 * 1024;  ///< Of a run's one answer, or of a session.
  size_t small_bytes_max = 64 * 1024;         ///< Of any other answer; the rest of it is not read.
  Milliseconds small_timeout{30'000};         ///< Of the calls that run nothing.
};

/// How a call ended that did not do what was asked.
struct Ended {
  bool stopped = false;
  RunFailure failure;
};

/// What the model is told: a person's words, or the answers that a paused run waits for.
struct RunMessage {
  std::string text;
  std::vector<AdkPart> responses;  ///< Kind kResponse; then `text` is not sent.
};

class AdkApi {
 public:
  AdkApi(const runner::AdkServer& server, std::map<std::string, std::string> headers,
         std::string session, const ApiLimits& limits, std::stop_token stop);

  /// Makes the session where it is not there yet.
  std::optional<Ended> ensure_session();
  /// The events that the session keeps, which are the full ones.
  std::variant<std::vector<AdkEvent>, Ended> session_events();
  /// The same, or as good as nothing where it takes longer.
  std::variant<std::vector<AdkEvent>, Ended> session_events(Milliseconds within);

  struct Reader {
    std::function<bool(const AdkEvent&)> on_event;  ///< False ends the call.
    std::function<void()> on_pause;                 ///< Nothing more has arrived for now.
  };
  struct RunEnd {
    std::optional<Ended> ended;  ///< Empty: the run's answer is over, or on_event had enough.
    bool proper = false;         ///< … as its framing says.
  };
  /// `/run`: all events at the end.
  RunEnd run_batch(const RunMessage& message, const Reader& reader);
  /// `/run_sse`: each as it occurs, partial ones among them.
  RunEnd run_streaming(const RunMessage& message, const Reader& reader);

 private:
  std::string session_path() const;
  std::string run_body(const RunMessage& message, bool streaming) const;
  peer::CallLimits call_limits(size_t body_bytes_max) const;
  peer::CallRequest request(std::string method, std::string target, std::string body) const;
  std::variant<std::vector<AdkEvent>, Ended> session_events(const peer::CallLimits& limits);
  Ended ended(const peer::Failure& failure) const;

  const runner::AdkServer& server_;
  const std::map<std::string, std::string> headers_;
  const std::string session_;
  const ApiLimits limits_;
  const std::stop_token stop_;
};

}  // namespace taskfeed::adk
