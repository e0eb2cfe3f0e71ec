#include "cmd/redis_watch.h"

#include <atomic>
#include <chrono>

#include <gtest/gtest.h>

#include "support/redis_server.h"
#include "support/redis_world.h"

namespace taskfeed::cmd {
namespace {

using namespace taskfeed::testing;

class DaemonsWatch : public ::testing::Test {
 protected:
  bool becomes(bool reachable) {
    return eventually([&] { return watch_.state().reachable == reachable; });
  }

  SystemClock clock_;
  NullLog log_;
  RedisServer server_;
  std::atomic<int> arrivals_{0};
  std::atomic<bool> arrival_works_{true};
  RedisWatch watch_{redis::Url::parse(server_.url()).value(),
                    queue("default"),
                    clock_,
                    log_,
                    {.interval = Milliseconds(10), .timeout = Milliseconds(200)}};

  void start() {
    watch_.start([this] {
      ++arrivals_;
      return arrival_works_.load();
    });
  }
};

TEST_F(DaemonsWatch, KnowsNothingBeforeItLooked) {
  EXPECT_FALSE(watch_.state().looked);
  EXPECT_FALSE(watch_.state().reachable);
}

TEST_F(DaemonsWatch, SeesRedisGoAndCome) {
  start();
  ASSERT_TRUE(becomes(true));
  EXPECT_EQ(arrivals_, 1);
  server_.kill();
  ASSERT_TRUE(becomes(false));
  EXPECT_NE(watch_.state().detail.find(server_.socket()), std::string::npos);
  server_.start();
  ASSERT_TRUE(becomes(true));
  EXPECT_EQ(arrivals_, 2);
  EXPECT_EQ(watch_.state().detail, "");
}

TEST_F(DaemonsWatch, CallsTheArrivalAgainWhereRedisWasRestartedBetweenTwoLooks) {
  // Where the restart takes longer than the second, it is seen in any case.
  RedisWatch seldom(redis::Url::parse(server_.url()).value(), queue("default"), clock_, log_,
                    {.interval = Milliseconds(1'000), .timeout = Milliseconds(200)});
  seldom.start([this] { return ++arrivals_ > 0; });
  ASSERT_TRUE(eventually([&] { return seldom.state().reachable; }));
  EXPECT_EQ(arrivals_, 1);
  server_.kill();
  server_.start();
  EXPECT_TRUE(eventually([&] { return arrivals_ > 1; }));
}

TEST_F(DaemonsWatch, CallsTheArrivalAgainWhereRedisWasEmptied) {
  start();
  ASSERT_TRUE(becomes(true));
  server_.command({"SET", "a", "b"});
  EXPECT_EQ(arrivals_, 1);
  server_.command({"FLUSHALL"});
  EXPECT_TRUE(eventually([&] { return arrivals_ == 2; }));
  EXPECT_TRUE(watch_.state().reachable);
}

TEST_F(DaemonsWatch, AnswersAtOnceWhileRedisHangs) {
  start();
  ASSERT_TRUE(becomes(true));
  server_.freeze();
  // Each look now takes the timeout; a thousand answers that waited for one would take minutes.
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 1'000; ++i) (void)watch_.state();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
  EXPECT_TRUE(becomes(false));
  server_.thaw();
  EXPECT_TRUE(becomes(true));
}

TEST_F(DaemonsWatch, CallsAnArrivalAgainThatDidNotWork) {
  arrival_works_ = false;
  start();
  EXPECT_TRUE(eventually([&] { return arrivals_ > 2; }));
  EXPECT_TRUE(becomes(true));
  arrival_works_ = true;
  const int before = arrivals_;
  EXPECT_TRUE(eventually([&] { return arrivals_ > before; }));
}

TEST_F(DaemonsWatch, CallsTheArrivalWhenItIsToBeRenewed) {
  start();
  ASSERT_TRUE(becomes(true));
  watch_.renew();
  EXPECT_TRUE(eventually([&] { return arrivals_ == 2; }));
}

}  // namespace
}  // namespace taskfeed::cmd
