/// The daemon: shards that serve HTTP and SSE, workers that execute, and the watch over Redis.
///
/// Threads  Constructed, run and destroyed on the main thread, which meanwhile turns a loop of its
///          own for signals, the service manager, and the drain.
/// Errors   open() names the address that cannot be listened on. Redis may be absent: then the
///          daemon answers /livez, refuses the rest, and goes on once it comes.
/// Owns     Everything in it. Borrows what Deps and the place of Redis hold.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "bridge_thread.h"
#include "declared_agents.h"
#include "deps.h"
#include "redis_core.h"
#include "redis_watch.h"
#include "service_manager.h"
#include "shard.h"

namespace taskfeed::cmd {

struct DaemonOptions {
  std::vector<http::ListenAddress> listen;
  std::vector<int> inherited;  ///< Sockets that the service manager opened.
  std::string local_socket;    ///< Beside all others, for command lines on this machine.
  http::HostRule hosts = http::HostRule::loopback();
  std::vector<std::string> origins;  ///< Sites whose scripts may call.
  std::string tokens_file;           ///< Empty: whoever reaches a socket may call.
  bool beyond_loopback = false;      ///< --behind-proxy: somebody else keeps strangers out.
  QueueName queue = service::default_queue();
  size_t workers = 4;  ///< Tasks at a time; 0: others execute.
  size_t shards = 1;
  std::string agents_folder;
  redis::RedisBridgeOptions bridge;  ///< No patterns: no bridge.
  Milliseconds drain{10'000};        ///< From the signal to the end.
};

/// Why an address that strangers reach is refused without --behind-proxy.
Error beyond_loopback(const http::ListenAddress& address);
/// As many connections as descriptors allow, over all shards.
ShardLimits shard_limits(size_t shards);

class Daemon final : private http::HealthSource {
 public:
  Daemon(DaemonOptions options, const redis::Url& url, Deps& deps);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Agents, sockets, threads. Nothing is left behind where it fails.
  Result<void> open();
  /// Until SIGTERM or SIGINT, and the drain after it.
  void run();

 private:
  http::HealthReport health() override;
  std::string metrics() override;

  Result<void> open_shards();
  Result<std::vector<http::ListeningSocket>> bind(const http::ListenAddress& address);
  Result<void> add_doors(std::vector<std::vector<Door>>& doors, const http::ListenAddress& address);
  Result<void> adopt(std::vector<std::vector<Door>>& doors, int descriptor);
  http::Access access_of(const http::ListenAddress& address) const;
  Result<void> load_tokens();
  Result<void> open_bridge();
  void make_workers();
  bool redis_arrived();
  void reload();
  void beat();
  void tell_ready();
  void tell_status();
  void begin_drain();
  void drained();

  const DaemonOptions options_;
  Deps& deps_;
  const CorePorts ports_;
  const redis::Url url_;
  const ServiceManager manager_;
  RedisCore core_;
  DeclaredAgents agents_;
  RedisWatch watch_;                         // Its thread puts the agents.
  std::shared_ptr<http::TokenBook> tokens_;  // Null without a file.
  http::Api api_;
  http::RequestPool pool_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<LocalWorkers> workers_;
  std::unique_ptr<BridgeThread> bridge_;

  std::unique_ptr<loop::Loop> loop_;  // The main thread's.
  std::unique_ptr<loop::Timer> timer_;
  std::unique_ptr<loop::SignalWatch> hangup_;
  MonoTime begun_{};
  MonoTime fed_at_{};  // The service manager's watchdog.
  std::vector<uint64_t> beats_seen_;
  uint64_t bridge_beats_seen_ = 0;
  std::string status_told_;
  bool ready_told_ = false;
  std::atomic<bool> draining_{false};
  MonoTime drain_until_{};
  std::atomic<bool> workers_ended_{false};
  std::thread workers_ending_;
};

}  // namespace taskfeed::cmd
