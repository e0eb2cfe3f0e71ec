/// A StreamSource on Redis itself: the daemon's Hub, frames and all, on a loop of its own thread.
///
/// Threads  As StreamSource. Feed, Hub and sinks live on the loop's thread alone.
/// Errors   Redis away: the stream waits for it, as a daemon's readers do.
/// Owns     The thread, the loop and all on it. Borrows Clock and Log.
#pragma once

#include <memory>
#include <thread>

#include "base/log.h"
#include "loop/loop.h"
#include "redis/url.h"
#include "stream_source.h"

namespace taskfeed::cmd {

class RedisStream final : public StreamSource {
 public:
  static Result<std::unique_ptr<RedisStream>> start(const redis::Url& url, const Clock& clock,
                                                    Log& log);
  ~RedisStream() override;

  Result<void> open(const StreamRequest& request) override;
  std::optional<StreamItem> next(std::optional<MonoTime> until) override {
    return queue_.pop(until);
  }
  void wake() override { queue_.wake(); }

 private:
  class Side;
  explicit RedisStream(std::unique_ptr<loop::Loop> loop);

  StreamQueue queue_;
  std::unique_ptr<loop::Loop> loop_;
  std::unique_ptr<Side> side_;  // Only touched on the loop's thread, once that runs.
  std::thread thread_;
};

}  // namespace taskfeed::cmd
