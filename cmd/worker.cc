// worker: workers alone, on a Redis that daemons share with them.
#include <semaphore>

#include "daemon_start.h"
#include "redis_core.h"
#include "service_manager.h"
#include "subcommand.h"
#include "wiring.h"

namespace taskfeed::cmd {
namespace {

struct WorkerArgs {
  std::string queue = "default";
  std::string concurrency = "4";
  size_t slots = 0;
};

void declare(ArgParser& parser, WorkerArgs& options) {
  parser.option("--queue", options.queue, "NAME", "take tasks from this queue (default: default)");
  parser.option("--concurrency", options.concurrency, "N",
                "tasks at a time, 1 to 256 (default: 4)");
}

Result<void> validate(WorkerArgs& options) {
  if (const auto queue = QueueName::parse(options.queue); !queue) {
    return Error{Errc::kInvalid, "--queue: " + queue.error().text};
  }
  const Result<size_t> slots = whole_number("--concurrency", options.concurrency, {1, 256});
  if (!slots) return slots.error();
  options.slots = *slots;
  return {};
}

ExitStatus run(const WorkerArgs& options, Deps& deps) {
  const WiringPorts wiring{deps.globals, deps.environment, deps.clock, deps.ids, deps.log};
  if (auto refused = refuse_server_option(wiring); !refused) return fail(deps, refused.error());
  const ServiceManager manager(deps.environment);
  const Result<RedisPlace> place = open_redis_to_serve(wiring);
  if (!place) return fail(deps, place.error());
  raise_descriptor_limit(deps.log);

  const CorePorts ports{deps.clock, deps.ids, deps.log};
  const QueueName queue = QueueName::parse(options.queue).value();
  RedisCore core(place->url, queue, ports);
  WorkersOptions pool;
  pool.queue = queue;
  pool.concurrency = options.slots;
  LocalWorkers workers(core, pool, ports);
  workers.start();
  deps.log.info("worker " + workers.id().str() + " takes tasks from queue " + queue.str() +
                " of Redis at " + place->url.str());
  manager.ready("takes tasks from queue " + queue.str());

  std::binary_semaphore asked_to_end(0);
  deps.interrupts.on_signal([&asked_to_end] { asked_to_end.release(); });
  asked_to_end.acquire();
  deps.interrupts.on_signal({});
  manager.stopping();
  deps.log.info("ending: " + std::to_string(workers.running()) + " tasks under way");
  workers.stop();
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_worker(Invocation& invocation, Needs needs) {
  static constexpr auto kAbout = "Execute tasks from a queue, without a daemon.";
  return enter<WorkerArgs>(
      {{"worker", "[OPTIONS]", kAbout,
        "  taskfeed worker --redis redis://queue.example:6379 --concurrency 8\n"},
       declare,
       validate,
       run,
       false},
      invocation, needs);
}

}  // namespace taskfeed::cmd
