/// The bridge over Redis, whole: an ear, the queue, and the store, on one loop.
///
/// Threads  The loop's.
/// Errors   To the log.
/// Owns     Its connections. Borrows Loop, Log, Clock, IdSource.
#pragma once

#include <string>
#include <vector>

#include "bridge/bridge.h"
#include "redis/bridge_store.h"
#include "redis/channel_ear.h"

namespace taskfeed::redis {

struct RedisBridgeOptions {
  std::vector<std::string> patterns;  ///< At least one, as PSUBSCRIBE takes them; each once.
  bridge::Options bridge;
  BridgeStoreOptions store;
  LinkLimits ear;
  Milliseconds look_interval{50};  ///< At which what waits is tried again.
};

class RedisBridge final : private ChannelEar::Owner, private BridgeStore::Watcher {
 public:
  struct Ports {
    Log& log;
    const Clock& clock;
    IdSource& ids;
  };
  RedisBridge(loop::Loop& loop, const Url& url, const Ports& ports,
              const RedisBridgeOptions& options);
  RedisBridge(const RedisBridge&) = delete;
  RedisBridge& operator=(const RedisBridge&) = delete;

  bool listening() const { return ear_.listening(); }
  /// Hears no more, but for what is on its way already; then has_left(). What waits is still
  /// stored.
  void leave() { ear_.leave(); }
  bool has_left() const { return ear_.has_left(); }
  size_t waiting() const { return bridge_.waiting(); }
  const bridge::Stats& stats() const { return bridge_.stats(); }
  const EarStats& ear_stats() const { return ear_.stats(); }

 private:
  void on_published(const ChannelEar::Published& published) override;
  void on_too_large(const ChannelEar::Published& published, size_t size) override;
  void on_burst_end() override { bridge_.flush(); }
  void on_ready() override { bridge_.flush(); }

  const std::vector<std::string> patterns_;
  std::vector<bridge::Listener> listeners_;  // One for each pattern.
  BridgeStore store_;
  bridge::Bridge bridge_;
  ChannelEar ear_;
  loop::Timer look_timer_;
};

}  // namespace taskfeed::redis
