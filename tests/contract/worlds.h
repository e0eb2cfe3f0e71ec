/// The brokers that keep the contract of core/broker: each a World with the same handles for a
/// test to turn, so that one test runs over all of them.
///
/// Threads  The test's; what a Watcher hears comes on the feed's own.
/// Errors   A set-up that fails aborts.
/// Owns     The broker, its clock, its feed, and a real Redis where one is needed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/agent_store.h"
#include "broker/event_log.h"
#include "broker/feed.h"
#include "broker/task_store.h"
#include "broker/work_queue.h"
#include "support/ids.h"
#include "support/redis_world.h"

namespace taskfeed::testing {

/// A Feed and the thread on which it lives.
class FeedHandle {
 public:
  virtual ~FeedHandle() = default;
  /// Runs on the feed's thread, and waits until it has.
  virtual void on_thread(const std::function<void(broker::Feed&)>& action) = 0;
  /// Lets the feed work until `fact()` holds; false where it does not in good time.
  virtual bool until(const std::function<bool()>& fact) = 0;
  /// The store goes away, and comes back with what it had.
  virtual void lose() = 0;
  virtual void restore() = 0;
};

/// A broker's ports.
struct Ports {
  broker::EventLog& log;
  broker::TaskStore& tasks;
  broker::LeaseStore& leases;
  broker::WorkQueue& queue;
  broker::AgentStore& agents;
};

class World {
 public:
  virtual ~World() = default;
  virtual Ports ports() = 0;
  virtual std::unique_ptr<FeedHandle> feed() = 0;
  /// The store's clock moves on by at least so much.
  virtual void pass(Milliseconds by) = 0;
  /// Memory is out from here on, or is there again.
  virtual void set_full(bool full) = 0;
  /// The events before `seq` are gone.
  virtual void trim_before(const TaskId& task, uint64_t seq) = 0;
  virtual void lose_everything() = 0;
};

struct WorldMaker {
  std::string name;
  /// A store that keeps about so many events of a task.
  std::function<std::unique_ptr<World>(size_t events_kept_max)> make;
};
void PrintTo(const WorldMaker& maker, std::ostream* out);
std::vector<WorldMaker> every_world();

/// A test over every broker.
class Contract : public ::testing::TestWithParam<WorldMaker> {
 protected:
  explicit Contract(size_t events_kept_max = 10'000);

  EncodedEvent event(std::string_view type = "Note", size_t padding = 0) {
    return an_event(ids, type, padding);
  }
  std::vector<EncodedEvent> notes(size_t count, size_t padding = 0);
  /// A task that is there, as `create` made it.
  TaskId created(std::string_view id = "t1", std::string_view agent_id = "a1");
  /// … that waits in the queue "default".
  TaskId pending(std::string_view id = "t1");
  /// … that the worker holds for a minute.
  broker::Claimed claimed(std::string_view id = "t1", std::string_view by = "w1");

  Result<std::vector<Cursor>> try_append(const TaskId& task,
                                         const std::vector<EncodedEvent>& events,
                                         const broker::AppendOptions& options = {}) {
    return log.append(task, events, options);
  }
  std::vector<Cursor> append_all(const TaskId& task, const std::vector<EncodedEvent>& events,
                                 const broker::AppendOptions& options = {});
  Cursor append(const TaskId& task, const EncodedEvent& one,
                const broker::AppendOptions& options = {});
  broker::Page read(const TaskId& task, const broker::ReadRange& range = {});
  /// The seqs of a page.
  static std::vector<uint64_t> seqs(const broker::Page& page);
  TaskStatus status_of(const TaskId& task);

  std::unique_ptr<World> world;
  broker::EventLog& log;
  broker::TaskStore& tasks;
  broker::LeaseStore& leases;
  broker::WorkQueue& queue;
  broker::AgentStore& agents;
  SeededIdSource ids;
};

/// The error of a call that must not succeed.
template <class T>
Errc code_of(const Result<T>& result) {
  EXPECT_FALSE(result.ok());
  return result.ok() ? Errc{} : result.error().code;
}

/// Nothing but a snapshot: `task` as it is to be stored, `state` beside it.
broker::Snapshot snapshot_of(const Task& task, TaskStatus status, std::string state);

inline constexpr Milliseconds kLong{60'000};

}  // namespace taskfeed::testing

/// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): GoogleTest's own is one.
#define TASKFEED_CONTRACT(suite)                                                               \
  INSTANTIATE_TEST_SUITE_P(Over, suite, ::testing::ValuesIn(taskfeed::testing::every_world()), \
                           [](const auto& world) { return world.param.name; })
