/// A shard with its server over a broker in memory, on a loop thread of its own.
///
/// Threads  The test's thread builds, asks and takes down; on_loop() goes over to the loop's.
/// Errors   What must not fail in a set-up aborts.
/// Owns     All of it.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>

#include "broker/memory_feed.h"
#include "engine/local_engine.h"
#include "http/server.h"
#include "service/task_service.h"
#include "support/fake_health.h"
#include "support/ids.h"

namespace taskfeed::testing {

struct HttpOptions {
  http::ServerLimits server;
  http::PoolLimits pool{.threads = 2};
  hub::Limits hub;
  http::Access access;
  std::string listen = "127.0.0.1:0";
  service::Tasks* tasks = nullptr;  ///< Instead of the TaskService over the MemoryBroker.
  const Clock* clock = nullptr;     ///< Of the server; instead of the system's.
};

class HttpWorld {
 public:
  explicit HttpWorld(const HttpOptions& options = {})
      : loop(loop::Loop::create().value()),
        hub(feed, clock, log, options.hub),
        api({options.tasks != nullptr ? *options.tasks : tasks, health, "1.2.3", clock, places}),
        pool(clock, options.pool) {
    TF_ASSERT(tasks.put_agent(external_agent("agent-1")).ok());
    loop->at_turn_end([this] { pump(); });
    server = std::make_unique<http::Server>(
        http::ServerPorts{*loop, hub, api, pool, options.clock != nullptr ? *options.clock : clock,
                          log},
        options.server);
    const auto wanted = http::ListenAddress::parse(options.listen).value();
    http::ListeningSocket socket = http::ListeningSocket::open(wanted, false).value();
    address = socket.address();
    TF_ASSERT(server->listen(std::move(socket), options.access).ok());
    thread_ = std::thread([this] { loop->run(); });
  }
  ~HttpWorld() {
    pool.stop();
    on_loop([this] { server.reset(); });
    loop->stop();
    thread_.join();
  }
  HttpWorld(const HttpWorld&) = delete;
  HttpWorld& operator=(const HttpWorld&) = delete;

  static runner::AgentConfig external_agent(std::string_view id) {
    return {.id = testing::agent(id),
            .description = "An agent of the tests",
            .runner = runner::RunnerKind::kExternal,
            .steps = {},
            .retry = {}};
  }

  /// Runs `action` on the loop's thread, and waits for it.
  template <class Action>
  std::invoke_result_t<Action> on_loop(Action action) {
    std::packaged_task<std::invoke_result_t<Action>()> task(std::move(action));
    auto done = task.get_future();
    loop->post([&task] { task(); });
    return done.get();
  }
  http::ServerStats stats() {
    return on_loop([this] { return server->stats(); });
  }
  /// Polls until `holds` of the stats, or the deadline.
  template <class Holds>
  bool wait_for(Holds holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds(stats())) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  Task create_task() {
    return tasks
        .create({.agent = testing::agent("agent-1"),
                 .description = "a goal",
                 .user_id = {},
                 .parameters = Json::object(),
                 .labels = {}})
        .value();
  }
  Cursor publish(const TaskId& task, std::string_view type, const Json& payload = Json::object()) {
    const auto cursors = tasks.publish(task, {{std::string(type), payload, false}}).value();
    loop->post([] {});  // A turn, in which the feed is pumped.
    return cursors.front();
  }
  static std::string stream_target(const Task& task) {
    return "/api/v1/agents/" + task.spec.agent.str() + "/tasks/" + task.id.str() + "/events/stream";
  }

  SystemClock clock;
  NullLog log;
  SystemIdSource ids{clock};
  broker::MemoryBroker broker{clock};
  broker::MemoryFeed feed{broker};
  engine::LocalEngine engine{broker, broker, broker, ids, clock};
  service::TaskService tasks{{broker, broker, broker, engine, ids, clock}};
  service::ManyPlaces places{broker, broker, clock};
  FakeHealth health;
  std::unique_ptr<loop::Loop> loop;
  hub::Hub hub;
  http::Api api;
  http::RequestPool pool;
  std::unique_ptr<http::Server> server;
  http::ListenAddress address;

 private:
  /// The hub's reads are answered in the turn in which they are made.
  void pump() {
    for (int i = 0; i < 4; ++i) {
      feed.pump();
      if (hub.tick()) loop->post([] {});
    }
  }
  std::thread thread_;
};

}  // namespace taskfeed::testing
