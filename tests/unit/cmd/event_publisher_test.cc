#include "cmd/event_publisher.h"

#include <gtest/gtest.h>

#include "fake_backend.h"
#include "support/forwarding_tasks.h"

namespace taskfeed::cmd {
namespace {

using testing::FakeBackend;

/// Loses some requests and some answers, as a network does.
class FlakyTasks final : public testing::ForwardingTasks {
 public:
  using ForwardingTasks::ForwardingTasks;
  Result<std::vector<Cursor>> publish(const TaskId& task,
                                      const std::vector<service::PublishInput>& inputs) override {
    const int call = calls++;
    if (refusal) return *refusal;
    if (call % 3 == 0) return {Errc::kUnavailable, "the request was lost"};
    auto done = ForwardingTasks::publish(task, inputs);
    if (call % 3 == 1) return {Errc::kTimeout, "the answer was lost"};
    return done;
  }
  std::atomic<int> calls{0};
  std::optional<Error> refusal;
};

struct PublisherWorld {
  PublisherWorld() : task(backend.create_task("run")) { flaky.emplace(backend.service); }
  Event event(std::string type) {
    return {.id = ids.uuid7(),
            .type = EventType::parse(type).value(),
            .time = clock.wall(),
            .task = task,
            .agent = testing::agent("run"),
            .execution = {}};
  }
  EventPublisher::Callbacks callbacks() {
    return {[this](const EncodedEvent& event, std::optional<Cursor> cursor) {
              settled.push_back({event.type, cursor});
            },
            [this](const Error& error) { refusals.push_back(error); }};
  }
  SystemClock clock;
  testing::SeededIdSource ids;
  FakeBackend backend{clock, ids};
  TaskId task;
  std::optional<FlakyTasks> flaky;
  std::vector<std::pair<std::string, std::optional<Cursor>>> settled;
  std::vector<Error> refusals;
};

TEST(Publisher, KeepsOrderAndLosesAndRepeatsNothingOverALossyWay) {
  PublisherWorld world;
  PublishLimits limits;
  limits.retry_pause = Milliseconds(0);
  {
    EventPublisher publisher(*world.flaky, world.task, world.clock, world.callbacks(), limits);
    for (int at = 0; at < 300; ++at) {
      ASSERT_TRUE(publisher.add(world.event("T" + std::to_string(at))).ok());
    }
    EXPECT_TRUE(publisher.finish().ok());
  }
  const auto events = world.backend.events(world.task);
  ASSERT_EQ(events.size(), 300u);
  ASSERT_EQ(world.settled.size(), 300u);
  for (size_t at = 0; at < events.size(); ++at) {
    EXPECT_EQ(events[at].type, "T" + std::to_string(at));
    EXPECT_EQ(world.settled[at].first, events[at].type);
    EXPECT_EQ(world.settled[at].second, events[at].cursor);
  }
  EXPECT_TRUE(world.refusals.empty());
}

TEST(Publisher, SettlesTheRestWithoutCursorsOnceRefused) {
  PublisherWorld world;
  world.flaky->refusal = Error{Errc::kEnded, "the task has ended"};
  EventPublisher publisher(*world.flaky, world.task, world.clock, world.callbacks());
  for (int at = 0; at < 100; ++at) {
    ASSERT_TRUE(publisher.add(world.event("T" + std::to_string(at))).ok());
  }
  const Result<void> done = publisher.finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Errc::kEnded);
  EXPECT_EQ(world.refusals.size(), 1u);
  ASSERT_EQ(world.settled.size(), 100u);
  for (const auto& [type, cursor] : world.settled) EXPECT_FALSE(cursor.has_value());
  EXPECT_LE(world.flaky->calls, 1);
}

TEST(Publisher, GivesUpAfterItsTime) {
  PublisherWorld world;
  world.flaky->refusal = Error{Errc::kUnavailable, "nobody is there"};
  PublishLimits limits;
  limits.retry_max = Milliseconds(5);
  limits.retry_pause = Milliseconds(1);
  EventPublisher publisher(*world.flaky, world.task, world.clock, world.callbacks(), limits);
  ASSERT_TRUE(publisher.add(world.event("A")).ok());
  EXPECT_FALSE(publisher.finish().ok());
  EXPECT_GT(world.flaky->calls, 1);
}

TEST(Publisher, GivesUpAtOnceWhenToldTo) {
  PublisherWorld world;
  world.flaky->refusal = Error{Errc::kUnavailable, "nobody is there"};
  EventPublisher publisher(*world.flaky, world.task, world.clock, world.callbacks());
  ASSERT_TRUE(publisher.add(world.event("A")).ok());
  publisher.give_up();
  EXPECT_FALSE(publisher.finish().ok());
}

}  // namespace
}  // namespace taskfeed::cmd
