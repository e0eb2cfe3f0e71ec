#include "worker_hint.h"

#include "redis/private_folder.h"
#include "redis/redis_broker.h"
#include "service/task_service.h"

namespace taskfeed::cmd {
namespace {

/// In the private Redis: a worker that has just been started may not be known there yet.
bool heard_of_worker(const Deps& deps) {
  const std::string& folder = deps.globals.state_dir;
  if (redis::private_redis_answers(folder) != redis::Answer::kReady) return false;
  redis::Url url;
  url.unix_path = folder + "/" + redis::kSocketName;
  redis::RedisBroker broker(url, deps.clock, {});
  const Result<redis::QueueState> queue = broker.queue_state(service::default_queue());
  return queue && queue->workers_alive > 0;
}

}  // namespace

void remark_missing_worker(Deps& deps) {
  if (!deps.backend->lacks_worker() || heard_of_worker(deps)) return;
  remark(deps,
         "it waits for a worker, and none was heard of lately: start `taskfeed worker` or "
         "`taskfeed serve`");
}

}  // namespace taskfeed::cmd
