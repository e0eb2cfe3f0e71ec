/// The service on one Redis, and the workers on it: what `serve`, `worker`, and a command line
/// without a daemon have in common.
///
/// Threads  RedisCore's parts are safe from any thread. LocalWorkers: start() and the destructor
///          from one.
/// Errors   None here: RedisCore connects with the first call.
/// Owns     Its adapters. Borrows Clock, IdSource and Log, which must outlive it.
#pragma once

#include <memory>

#include "adk/adk_runner.h"
#include "base/ids.h"
#include "base/log.h"
#include "engine/local_engine.h"
#include "engine/worker_pool.h"
#include "llm/openai_runner.h"
#include "mcp/servers.h"
#include "process/command_runner.h"
#include "process/command_tools.h"
#include "redis/redis_broker.h"
#include "runner/joined_toolbox.h"
#include "service/many_places.h"
#include "service/task_service.h"

namespace taskfeed::cmd {

struct CorePorts {
  const Clock& clock;
  IdSource& ids;
  Log& log;
};

class RedisCore {
 public:
  RedisCore(const redis::Url& url, const QueueName& queue, const CorePorts& ports)
      : broker(url, ports.clock, {}),
        engine(broker, broker, broker, ports.ids, ports.clock),
        tasks({broker, broker, broker, engine, ports.ids, ports.clock}, {}, queue),
        places(broker, broker, ports.clock) {}

  redis::RedisBroker broker;
  engine::LocalEngine engine;
  service::TaskService tasks;
  service::ManyPlaces places;
};

struct WorkersOptions {
  QueueName queue = service::default_queue();
  size_t concurrency = 4;
  Milliseconds take_wait{1'000};  ///< What stopping an idle pool may take.
  std::optional<TaskId> only;     ///< Carries this task out, and leaves the others.
  engine::WorkerLimits limits;
};

/// A pool of workers with every runner of this binary.
class LocalWorkers {
 public:
  LocalWorkers(RedisCore& core, const WorkersOptions& options, const CorePorts& ports);

  void start() { pool_.start(); }
  /// Bounded by WorkerLimits::drain.
  void stop() { pool_.stop(); }
  size_t running() const { return pool_.running(); }
  engine::RunCounts counts() const { return pool_.counts(); }
  const WorkerId& id() const { return id_; }

 private:
  class Runners final : public runner::Runners {
   public:
    explicit Runners(const CorePorts& ports);
    runner::Runner* find(runner::RunnerKind kind) override;

   private:
    std::unique_ptr<runner::Toolbox> toolbox(const runner::AgentConfig& agent, const TaskId& task,
                                             const CorePorts& ports);

    process::CommandRunner command_;
    adk::AdkRunner adk_;
    mcp::Servers mcp_servers_;
    llm::OpenAiRunner openai_;
  };

  const WorkerId id_;
  Runners runners_;
  engine::WorkerPool pool_;
};

}  // namespace taskfeed::cmd
