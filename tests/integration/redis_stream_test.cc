#include "cmd/redis_stream.h"

#include <gtest/gtest.h>

#include "cmd/redis_core.h"
#include "support/redis_server.h"
#include "support/redis_world.h"

namespace taskfeed::cmd {
namespace {

using namespace taskfeed::testing;

class RedisReader : public ::testing::Test {
 protected:
  Task create() {
    const AgentId trainer = AgentId::parse("trainer").value();
    const Result<void> put = core_.tasks.put_agent(
        {.id = trainer, .description = {}, .runner = runner::RunnerKind::kExternal, .steps = {}});
    TF_ASSERT(put.ok());
    return core_.tasks.create({.agent = trainer, .description = {}, .user_id = {}, .labels = {}})
        .value();
  }
  Result<void> open(const TaskId& task) {
    stream_ = RedisStream::start(url_, {core_.tasks, core_.places}, clock_, log_).value();
    return stream_->open({.task = task});
  }
  /// The next item's event type.
  std::string next() {
    const auto item = stream_->next(clock_.mono() + Milliseconds(10'000));
    return item ? item->event.event : "nothing came";
  }

  SystemClock clock_;
  SystemIdSource ids_{clock_};
  NullLog log_;
  RedisServer server_;
  redis::Url url_ = redis::Url::parse(server_.url()).value();
  RedisCore core_{url_, service::default_queue(), {clock_, ids_, log_}};
  std::unique_ptr<RedisStream> stream_;
};

TEST_F(RedisReader, IsToldThatATaskIsUnknownRatherThanWaitsForIt) {
  const Result<void> opened = open(TaskId::parse("nope").value());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::kNotFound);
}

TEST_F(RedisReader, IsToldThatRedisIsAwayRatherThanWaitsForIt) {
  const Task task = create();
  server_.kill();
  const Result<void> opened = open(task.id);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::kUnavailable);
}

TEST_F(RedisReader, OutlivesARestartOfRedis) {
  const Task task = create();
  ASSERT_TRUE(open(task.id).ok());
  ASSERT_EQ(next(), "stream.open");
  server_.restart();
  const std::vector<service::PublishInput> events{{.type = "EpochEnded"}};
  ASSERT_TRUE(eventually([&] { return core_.tasks.publish(task.id, events).ok(); }));
  EXPECT_EQ(next(), "EpochEnded");
}

}  // namespace
}  // namespace taskfeed::cmd
