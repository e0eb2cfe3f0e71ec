#include "worlds.h"

#include <future>
#include <thread>

#include "broker/memory_broker.h"
#include "broker/memory_feed.h"
#include "loop/loop.h"
#include "redis/redis_broker.h"
#include "redis/redis_feed.h"
#include "support/clock.h"
#include "support/redis_server.h"

namespace taskfeed::testing {
namespace {

template <class Broker>
Ports ports_of(Broker& broker) {
  return {broker, broker, broker, broker, broker};
}

class MemoryFeedHandle final : public FeedHandle {
 public:
  explicit MemoryFeedHandle(broker::MemoryBroker& broker) : feed_(broker) {}
  void on_thread(const std::function<void(broker::Feed&)>& action) override { action(feed_); }
  bool until(const std::function<bool()>& fact) override {
    feed_.pump();
    return fact();
  }
  void lose() override { feed_.lose(); }
  void restore() override { feed_.restore(); }

 private:
  broker::MemoryFeed feed_;
};

class MemoryWorld final : public World {
 public:
  explicit MemoryWorld(size_t events_kept_max) : broker_(clock_, {events_kept_max}) {}
  Ports ports() override { return ports_of(broker_); }
  std::unique_ptr<FeedHandle> feed() override {
    return std::make_unique<MemoryFeedHandle>(broker_);
  }
  void pass(Milliseconds by) override { clock_.advance(by); }
  void set_full(bool full) override { broker_.set_full(full); }
  void trim_before(const TaskId& task, uint64_t seq) override { broker_.trim_before(task, seq); }
  void lose_everything() override { broker_.lose_everything(); }

 private:
  ManualClock clock_;
  broker::MemoryBroker broker_;
};

class RedisFeedHandle final : public FeedHandle {
 public:
  explicit RedisFeedHandle(RedisServer& server) : server_(server) {
    redis::FeedOptions options;
    options.limits.backoff_initial = Milliseconds(5);
    options.limits.backoff_max = Milliseconds(50);
    loop_ = loop::Loop::create().value();
    feed_ = std::make_unique<redis::RedisFeed>(*loop_, redis::Url::parse(server.url()).value(),
                                               log_, options);
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~RedisFeedHandle() override {
    on_thread([this](broker::Feed&) { feed_.reset(); });
    loop_->stop();
    thread_.join();
  }
  void on_thread(const std::function<void(broker::Feed&)>& action) override {
    std::promise<void> done;
    loop_->post([&] {
      action(*feed_);
      done.set_value();
    });
    done.get_future().wait();
  }
  bool until(const std::function<bool()>& fact) override { return eventually(fact); }
  void lose() override { server_.stop(); }
  void restore() override { server_.start(); }

 private:
  RedisServer& server_;
  NullLog log_;
  std::unique_ptr<loop::Loop> loop_;
  std::unique_ptr<redis::RedisFeed> feed_;
  std::thread thread_;
};

class RedisWorld final : public World {
 public:
  explicit RedisWorld(size_t events_kept_max) : broker_(url(), clock_, options(events_kept_max)) {}
  Ports ports() override { return ports_of(broker_); }
  std::unique_ptr<FeedHandle> feed() override { return std::make_unique<RedisFeedHandle>(server_); }
  void pass(Milliseconds by) override {
    const Milliseconds till = now() + by;
    TF_ASSERT(eventually([&] { return now() > till; }));
  }
  void set_full(bool full) override {
    server_.command({"CONFIG", "SET", "maxmemory", full ? "1" : "0"});
  }
  void trim_before(const TaskId& task, uint64_t seq) override {
    server_.command(
        {"XTRIM", "taskfeed:{" + task.str() + "}:events", "MINID", "=", std::to_string(seq)});
  }
  void lose_everything() override { server_.command({"FLUSHALL"}); }

 private:
  redis::Url url() const { return redis::Url::parse(server_.url()).value(); }
  static redis::BrokerOptions options(size_t events_kept_max) {
    redis::BrokerOptions options;
    options.events_kept_max = events_kept_max;
    return options;
  }
  /// Redis' own time.
  Milliseconds now() const {
    const std::string text = server_.command({"TIME"});
    const size_t line = text.find('\n');
    return Milliseconds(std::stoll(text.substr(0, line)) * 1'000 +
                        std::stoll(text.substr(line + 1)) / 1'000);
  }

  RedisServer server_;
  SystemClock clock_;
  redis::RedisBroker broker_;
};

}  // namespace

void PrintTo(const WorldMaker& maker, std::ostream* out) {
  *out << maker.name;
}

std::vector<WorldMaker> every_world() {
  return {{"memory", [](size_t kept) { return std::make_unique<MemoryWorld>(kept); }},
          {"redis", [](size_t kept) { return std::make_unique<RedisWorld>(kept); }}};
}

Contract::Contract(size_t events_kept_max)
    : world(GetParam().make(events_kept_max)),
      log(world->ports().log),
      tasks(world->ports().tasks),
      leases(world->ports().leases),
      queue(world->ports().queue),
      agents(world->ports().agents) {}

std::vector<EncodedEvent> Contract::notes(size_t count, size_t padding) {
  std::vector<EncodedEvent> events;
  for (; count > 0; --count) events.push_back(event("Note", padding));
  return events;
}

TaskId Contract::created(std::string_view id, std::string_view agent_id) {
  const Task task = a_task(id, agent_id);
  TF_ASSERT(tasks.create(task).ok());
  return task.id;
}

TaskId Contract::pending(std::string_view id) {
  const TaskId task = created(id);
  TF_ASSERT(tasks
                .execute(task, {ids.uuid7(), "hello?", true, testing::queue("default"),
                                Json{{"usd", 0.5}}})
                .ok());
  return task;
}

broker::Claimed Contract::claimed(std::string_view id, std::string_view by) {
  return leases.claim(pending(id), worker(by), kLong).value();
}

std::vector<Cursor> Contract::append_all(const TaskId& task,
                                         const std::vector<EncodedEvent>& events,
                                         const broker::AppendOptions& options) {
  return log.append(task, events, options).value();
}

Cursor Contract::append(const TaskId& task, const EncodedEvent& one,
                        const broker::AppendOptions& options) {
  return append_all(task, {one}, options).at(0);
}

broker::Page Contract::read(const TaskId& task, const broker::ReadRange& range) {
  return log.read(task, range).value();
}

std::vector<uint64_t> Contract::seqs(const broker::Page& page) {
  std::vector<uint64_t> all;
  for (const StoredEvent& event : page.events) all.push_back(event.cursor.seq);
  return all;
}

TaskStatus Contract::status_of(const TaskId& task) {
  return tasks.load(task).value().task.status;
}

broker::Snapshot snapshot_of(const Task& task, TaskStatus status, std::string state) {
  Task next = task;
  next.status = status;
  return {std::move(next), std::move(state)};
}

}  // namespace taskfeed::testing
