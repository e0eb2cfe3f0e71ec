// The bridge as the daemon holds it: what it reports from another thread, and how it ends.
#include "cmd/bridge_thread.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "support/ids.h"
#include "support/recording_log.h"
#include "support/redis_server.h"
#include "support/redis_world.h"

namespace taskfeed::cmd {
namespace {

using namespace taskfeed::testing;

class DaemonsBridge : public ::testing::Test {
 protected:
  DaemonsBridge() {
    redis::RedisBridgeOptions options;
    options.patterns = {"workflow.*"};
    options.bridge.create = true;
    bridge_ =
        BridgeThread::start(redis::Url::parse(server_.url()).value(), options, {clock_, ids_, log_})
            .value();
  }
  bool listens() {
    return eventually([&] { return bridge_->report().listening; });
  }
  void publish(int count) {
    for (int n = 0; n < count; ++n) {
      server_.command({"PUBLISH", "workflow.t1", R"({"event_type":"x"})"});
    }
  }
  uint64_t counted(std::string_view name) {
    for (const auto& [key, count] : bridge_->report().counts) {
      if (key == name) return count;
    }
    ADD_FAILURE() << "no count is called " << name;
    return 0;
  }
  bool counts(std::string_view name, uint64_t wanted) {
    return eventually([&] { return counted(name) == wanted; });
  }

  SystemClock clock_;
  SystemIdSource ids_{clock_};
  RecordingLog log_;
  RedisServer server_;
  std::unique_ptr<BridgeThread> bridge_;
};

TEST_F(DaemonsBridge, ReportsWhatItHeardUnderTheNamesOfHealth) {
  ASSERT_TRUE(listens());
  publish(3);
  server_.command({"PUBLISH", "workflow.t1", "no JSON"});
  ASSERT_TRUE(counts("stored", 3));
  ASSERT_TRUE(counts("unreadable", 1));
  EXPECT_EQ(counted("heard"), 4u);
  EXPECT_EQ(counted("waiting"), 0u);
  const auto reasons = bridge_->report().unreadable;
  EXPECT_EQ(
      std::count(reasons.begin(), reasons.end(), std::pair<std::string, uint64_t>{"not_json", 1}),
      1);
}

TEST_F(DaemonsBridge, FinishesOnceAllThatItHeardIsStored) {
  ASSERT_TRUE(listens());
  publish(20);
  bridge_->finish(Milliseconds(60'000));
  EXPECT_EQ(server_.command({"XLEN", "taskfeed:{t1}:events"}), "20");
  publish(1);
  EXPECT_EQ(server_.command({"PUBSUB", "NUMPAT"}), "0");
}

TEST_F(DaemonsBridge, FinishesWithinItsGraceWhereRedisTakesNothingAndSaysSo) {
  ASSERT_TRUE(listens());
  server_.command({"CONFIG", "SET", "maxmemory", "1"});
  publish(2);
  ASSERT_TRUE(counts("waiting", 2));
  bridge_->finish(Milliseconds(1));
  EXPECT_EQ(log_.count("ends with 2 events that Redis did not take"), 1u) << log_.all();
}

TEST_F(DaemonsBridge, FinishesWhileRedisIsAway) {
  ASSERT_TRUE(listens());
  server_.kill();
  ASSERT_TRUE(eventually([&] { return !bridge_->report().listening; }));
  bridge_->finish(Milliseconds(60'000));
  EXPECT_EQ(log_.count("ends with"), 0u) << log_.all();
}

}  // namespace
}  // namespace taskfeed::cmd
