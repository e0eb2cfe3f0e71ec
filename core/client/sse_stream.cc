#include "client/sse_stream.h"

#include <algorithm>

#include "client/problem.h"

namespace taskfeed::client {
namespace {

constexpr size_t kProblemBytesMax = 64 * 1024;

bool worth_a_retry(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

SseStream::SseStream(Endpoint endpoint, std::string target, std::string last_event_id,
                     SseLimits limits)
    : target_(std::move(target)),
      limits_(limits),
      call_(std::move(endpoint), limits.http),
      last_event_id_(std::move(last_event_id)),
      retry_(limits.retry_default) {}

Result<SseStream::End> SseStream::follow(const OnEvent& on_event) {
  bool ever_answered = false;
  Milliseconds delay = retry_;
  auto silent_since = std::chrono::steady_clock::now();
  while (!stopped_) {
    const Turn turn = connect_once(on_event);
    if (turn == Turn::kEnded) return End::kEnded;
    if (turn == Turn::kStopped || stopped_) return End::kStopped;
    if (turn == Turn::kRefused) return refusal_;
    const auto now = std::chrono::steady_clock::now();
    if (answered_) {
      ever_answered = true;
      silent_since = now;
      delay = retry_;
    } else if (!ever_answered || now - silent_since > limits_.give_up_after) {
      return refusal_;
    }
    wait(delay);
    delay = std::min(delay * 2, limits_.retry_max);
  }
  return End::kStopped;
}

SseStream::Turn SseStream::connect_once(const OnEvent& on_event) {
  answered_ = false;
  bool ended = false;
  bool wanted = true;
  bool over_limit = false;
  int status = 0;
  std::string problem;
  // A new parser for each connection: the standard drops the unfinished event, and keeps the id.
  sse::Parser parser([&](sse::Message&& event) {
    if (!wanted || ended) return;
    ended = ended || event.event == "stream.end";
    last_event_id_ = event.last_event_id.empty() ? last_event_id_ : event.last_event_id;
    wanted = on_event(std::move(event));
  });
  HttpRequest request;
  request.target = target_;
  request.headers = {{"Accept", "text/event-stream"}, {"Cache-Control", "no-store"}};
  if (!last_event_id_.empty()) request.headers["Last-Event-ID"] = last_event_id_;

  const Result<void> done = call_.stream(
      request, {.on_head =
                    [&](int answer, std::string_view content_type) {
                      status = answer;
                      answered_ = answer == 200 && content_type.starts_with("text/event-stream");
                      return answer != 204;
                    },
                .on_bytes =
                    [&](std::string_view bytes) {
                      if (!answered_) {
                        problem += bytes.substr(
                            0, kProblemBytesMax - std::min(problem.size(), kProblemBytesMax));
                        return problem.size() < kProblemBytesMax;
                      }
                      const Result<void> fed = parser.feed(bytes);
                      if (!fed) {
                        refusal_ = fed.error();
                        over_limit = true;
                      }
                      if (!parser.last_event_id().empty()) last_event_id_ = parser.last_event_id();
                      return fed.ok() && wanted && !ended && !stopped_;
                    }});
  if (parser.retry()) {
    retry_ = std::clamp(*parser.retry(), limits_.retry_min, limits_.retry_max);
  }
  if (status == 204 || ended) return Turn::kEnded;
  if (stopped_ || !wanted) return Turn::kStopped;
  if (over_limit) return Turn::kRefused;  // It would come again.
  if (!done) {
    refusal_ = done.error();
    return Turn::kBroken;
  }
  if (answered_) return Turn::kBroken;
  refusal_ = status == 200 ? Error{Errc::kInternal, call_.server() + " answered no event stream"}
                           : error_from(status, problem, call_.server());
  return worth_a_retry(status) ? Turn::kBroken : Turn::kRefused;
}

void SseStream::wait(Milliseconds delay) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, delay, [this] { return stopped_.load(); });
}

void SseStream::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  call_.stop();
}

}  // namespace taskfeed::client
