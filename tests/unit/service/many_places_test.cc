// Where a stream over many tasks begins, whatever happens while it is found out.
#include "service/many_places.h"

#include <functional>

#include <gtest/gtest.h>

#include "broker/memory_broker.h"
#include "broker/registry.h"
#include "support/clock.h"
#include "support/ids.h"
#include "support/redis_world.h"

namespace taskfeed::service {
namespace {

using namespace taskfeed::testing;

/// An EventLog that does something before a read.
class Interrupted final : public broker::EventLog {
 public:
  explicit Interrupted(broker::EventLog& log) : log_(log) {}
  Result<std::vector<Cursor>> append(const TaskId& task, std::span<const EncodedEvent> events,
                                     const broker::AppendOptions& options) override {
    return log_.append(task, events, options);
  }
  Result<broker::Page> read(const TaskId& task, const broker::ReadRange& range) override {
    Result<broker::Page> page = log_.read(task, range);
    if (after_read) std::exchange(after_read, {})();
    return page;
  }
  std::function<void()> after_read;  ///< After the next one; once.

 private:
  broker::EventLog& log_;
};

class ManyPlacesTest : public ::testing::Test {
 protected:
  void create(std::string_view id, std::string_view agent_id = "a1") {
    ASSERT_TRUE(broker.create(a_task(id, agent_id)).ok());
  }
  Cursor say(std::string_view id, std::string_view type = types::kProgress) {
    const EncodedEvent event = an_event(ids, type);
    return broker.append(task(id), std::span(&event, 1), {}).value().front();
  }

  ManualClock clock;
  SeededIdSource ids;
  broker::MemoryBroker broker{clock};
  Interrupted log{broker};
  ManyPlaces places{log, broker, clock};
};

TEST_F(ManyPlacesTest, ATaskThatIsCreatedMeanwhileIsReadFromItsFirstEvent) {
  create("t1");
  log.after_read = [this] {
    create("t2");
    say("t2");
  };
  const ManyCursor place = places.now({}).value();
  EXPECT_EQ(place.registry.seq, 1u);
  EXPECT_EQ(place.open.size(), 1u) << "the record has the other behind this place";
}

TEST_F(ManyPlacesTest, ATaskThatEndsMeanwhileIsLeftOut) {
  create("t1");
  log.after_read = [this] { say("t1", types::kCompleted); };
  EXPECT_TRUE(places.now({})->open.empty());
}

TEST_F(ManyPlacesTest, ATaskWhoseEntryIsAheadOfItIsWaitedFor) {
  Task coming = a_task("coming");
  coming.created_at = clock.wall();
  const EncodedEvent entry = broker::registration_of(coming).value();
  create("t1");
  ASSERT_TRUE(broker.append(broker::registry_id(), std::span(&entry, 1), {}).ok());
  const ManyCursor place = places.now({}).value();
  ASSERT_TRUE(place.open.contains(task("coming")));
  EXPECT_EQ(place.open.at(task("coming")), Cursor{});
  clock.advance(Milliseconds(3'600'000));
  EXPECT_FALSE(places.now({})->open.contains(task("coming"))) << "its creator died";
}

TEST_F(ManyPlacesTest, TheBeginningHasOpenTasksWhoseEntriesAreTrimmed) {
  create("t1");
  create("t2");
  say("t1");
  EXPECT_TRUE(places.beginning({})->open.empty()) << "the record has them all";
  broker.trim_before(broker::registry_id(), 2);
  const ManyCursor place = places.beginning({}).value();
  EXPECT_EQ(place.registry, Cursor{});
  EXPECT_EQ(place.open.at(task("t1")), Cursor{});
}

TEST_F(ManyPlacesTest, MoreTasksThanMayBeLookedThroughAreRefused) {
  ManyPlaces few(log, broker, clock, {.tasks_looked_max = 2});
  for (const std::string_view id : {"t1", "t2", "t3"}) create(id);
  EXPECT_EQ(few.now({}).error().code, Errc::kTooLarge);
  const TaskSelection one{.agents = {}, .tasks = {task("t3")}};
  EXPECT_TRUE(few.now(one).ok());
}

TEST_F(ManyPlacesTest, OpenTasksAreFoundOnEveryPage) {
  for (int i = 0; i < 1'203; ++i) create("t" + std::to_string(i));
  for (int i = 0; i < 1'100; ++i) say("t" + std::to_string(i), types::kCompleted);
  EXPECT_EQ(places.now({})->open.size(), 103u);
}

}  // namespace
}  // namespace taskfeed::service
