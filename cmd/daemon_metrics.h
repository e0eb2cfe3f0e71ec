/// A daemon's numbers as what /metrics answers; taskfeed-serve(8) describes the families.
///
/// Threads  A pure function.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/worker.h"
#include "ops/process_stats.h"
#include "shard.h"

namespace taskfeed::cmd {

struct DaemonNumbers {
  std::string version;
  size_t shards = 0;
  std::vector<ShardStats> answered;  ///< Of the shards that told in time.
  http::HealthReport health;
  size_t requests_queued = 0;  ///< In the RequestPool.
  uint64_t redis_connects = 0;
  uint64_t redis_round_trips = 0;
  std::optional<engine::RunCounts> runs;  ///< Where there are workers.
  size_t running = 0;
  ops::ProcessStats process;
};

std::string metrics_text(const DaemonNumbers& numbers);

}  // namespace taskfeed::cmd
