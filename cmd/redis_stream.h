/// A StreamSource on Redis itself: the daemon's Hub, frames and all, on a loop of its own thread.
///
/// Threads  As StreamSource. Feed, Hub and sinks live on the loop's thread alone.
/// Errors   open(): kNotFound for an unknown task, kUnavailable while Redis is away. A Redis that
///          goes away later is waited for, as a daemon's readers do.
/// Owns     The thread, the loop and all on it. Borrows its ports, Clock and Log.
#pragma once

#include <memory>
#include <thread>

#include "base/log.h"
#include "loop/loop.h"
#include "many_source.h"
#include "redis/url.h"
#include "service/many_places.h"
#include "service/tasks.h"
#include "stream_source.h"

namespace taskfeed::cmd {

class RedisStream final : public StreamSource, public ManySource {
 public:
  /// Those of the same Redis.
  struct Ports {
    service::Tasks& tasks;
    service::ManyPlaces& places;
  };
  static Result<std::unique_ptr<RedisStream>> start(const redis::Url& url, const Ports& ports,
                                                    const Clock& clock, Log& log);
  ~RedisStream() override;

  Result<void> open(const StreamRequest& request) override;
  Result<void> open_many(const ManyRequest& request) override;
  std::optional<StreamItem> next(std::optional<MonoTime> until) override {
    return queue_.pop(until);
  }
  void wake() override { queue_.wake(); }

 private:
  class Side;
  RedisStream(const Ports& ports, std::unique_ptr<loop::Loop> loop);

  const Ports ports_;
  StreamQueue queue_;
  std::unique_ptr<loop::Loop> loop_;
  std::unique_ptr<Side> side_;  // Only touched on the loop's thread, once that runs.
  std::thread thread_;
};

}  // namespace taskfeed::cmd
