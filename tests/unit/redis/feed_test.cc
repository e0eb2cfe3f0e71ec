#include <future>
#include <map>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "redis/redis_broker.h"
#include "redis/redis_feed.h"
#include "support/cutting_proxy.h"
#include "support/recording_log.h"
#include "support/redis_server.h"
#include "support/redis_world.h"

namespace taskfeed::redis {
namespace {

using namespace taskfeed::testing;

// Writes down what it hears, for the test's thread to read. Stands before its World, whose feed
// knows it until the loop has ended.
class Recorder final : public broker::Follower {
 public:
  void on_acknowledged() override {
    note("ack");
    if (on_ack) on_ack();
  }
  void on_lost() override { note("lost"); }
  void on_live(const LiveEvent& event) override {
    note(event.cursor.str().substr(0, event.cursor.str().find('-')) + " " +
         std::string(event.type));
    if (on_event) on_event();
  }
  void on_page(Result<broker::Page> page) override {
    if (page.ok()) {
      const std::lock_guard lock(mutex_);
      last_page_ = *page;
    }
    // After the page itself: it is what the test's thread waits for.
    note(page.ok() ? "page of " + std::to_string(page->events.size())
                   : "no page: " + std::string(to_string(page.error().code)));
  }

  std::vector<std::string> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  bool heard(const std::string& what, long times = 1) const {
    const auto all = heard();
    return std::count(all.begin(), all.end(), what) >= times;
  }
  broker::Page last_page() const {
    const std::lock_guard lock(mutex_);
    return last_page_;
  }
  std::function<void()> on_ack;  // On the loop.
  std::function<void()> on_event;

 private:
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(what));
  }
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
  broker::Page last_page_;
};

// A feed on a loop of its own.
class World {
 public:
  explicit World(const std::string& url, FeedOptions options = fast()) {
    loop_ = std::move(loop::Loop::create()).value();
    feed_ = std::make_unique<RedisFeed>(*loop_, Url::parse(url).value(), log_, options);
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~World() {
    on_loop([this] { feed_.reset(); });
    loop_->stop();
    thread_.join();
  }
  static FeedOptions fast() {
    FeedOptions options;
    options.limits.timeout = Milliseconds(200);
    options.limits.watch_interval = Milliseconds(20);
    options.limits.backoff_initial = Milliseconds(5);
    options.limits.backoff_max = Milliseconds(50);
    return options;
  }
  /// Runs on the loop, and waits until it has.
  void on_loop(std::function<void()> action) {
    std::promise<void> done;
    loop_->post([&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }
  void follow(std::string_view id, Recorder& recorder) {
    on_loop([&] { feed_->follow(task(id), recorder); });
  }
  void unfollow(std::string_view id) {
    on_loop([&] { feed_->unfollow(task(id)); });
  }
  void read(std::string_view id, const broker::ReadRange& range) {
    on_loop([&] { feed_->read(task(id), range); });
  }
  RedisFeed& feed() { return *feed_; }
  loop::Loop& loop() { return *loop_; }
  const RecordingLog& log() const { return log_; }

 private:
  RecordingLog log_;
  std::unique_ptr<loop::Loop> loop_;
  std::unique_ptr<RedisFeed> feed_;
  std::thread thread_;
};

class RedisFeedTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(broker_.create(a_task("t1")).ok()); }
  void append(std::string_view type, std::string_view id = "t1") {
    const EncodedEvent event = an_event(ids_, type);
    const auto cursors = broker_.append(task(id), {&event, 1}, {});
    ASSERT_TRUE(cursors.ok()) << cursors.error().text;
  }

  SystemClock clock_;
  SeededIdSource ids_;
  RedisServer server_;
  RedisBroker broker_{Url::parse(server_.url()).value(), clock_, {}};
};

using RedisFeedLive = RedisFeedTest;
using RedisFeedRead = RedisFeedTest;
using RedisFeedLoss = RedisFeedTest;

TEST_F(RedisFeedLive, AcknowledgesAndThenDeliversInOrder) {
  Recorder recorder;
  World world(server_.url());
  world.follow("t1", recorder);
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  for (const char* type : {"A", "B", "C"}) append(type);
  ASSERT_TRUE(eventually([&] { return recorder.heard("3 C"); }));
  EXPECT_EQ(recorder.heard(), (std::vector<std::string>{"ack", "1 A", "2 B", "3 C"}));
}

TEST_F(RedisFeedLive, SaysNothingOfTasksThatNobodyFollows) {
  ASSERT_TRUE(broker_.create(a_task("t2")).ok());
  Recorder recorder;
  Recorder other;
  World world(server_.url());
  world.follow("t1", recorder);
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  world.unfollow("t1");
  world.follow("t2", other);
  ASSERT_TRUE(eventually([&] { return other.heard("ack"); }));
  append("A");
  append("B", "t2");
  ASSERT_TRUE(eventually([&] { return other.heard("1 B"); }));
  EXPECT_EQ(recorder.heard(), std::vector<std::string>{"ack"});
}

TEST_F(RedisFeedLive, AcknowledgesOnlyTheLastOfSeveralSubscriptions) {
  Recorder first;
  Recorder second;
  World world(server_.url());
  ASSERT_TRUE(eventually([&] { return world.feed().connected(); }));
  world.on_loop([&] {
    world.feed().follow(task("t1"), first);
    world.feed().unfollow(task("t1"));
    world.feed().follow(task("t1"), second);
  });
  ASSERT_TRUE(eventually([&] { return second.heard("ack"); }));
  append("A");
  ASSERT_TRUE(eventually([&] { return second.heard("1 A"); }));
  EXPECT_EQ(second.heard(), (std::vector<std::string>{"ack", "1 A"}));
  EXPECT_TRUE(first.heard().empty());
}

TEST_F(RedisFeedLive, AFollowerMayLeaveFromWithinACall) {
  Recorder recorder;
  Recorder again;
  World world(server_.url());
  recorder.on_event = [&] { world.feed().unfollow(task("t1")); };
  world.follow("t1", recorder);
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  append("A");
  append("B");
  ASSERT_TRUE(eventually([&] { return recorder.heard("1 A"); }));
  world.follow("t1", again);
  ASSERT_TRUE(eventually([&] { return again.heard("ack"); }));
  EXPECT_FALSE(recorder.heard("2 B"));
}

TEST_F(RedisFeedLive, CountsWhatAnotherPublisherPutOnTheChannel) {
  Recorder recorder;
  World world(server_.url());
  world.follow("t1", recorder);
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  server_.command({"PUBLISH", "taskfeed:{t1}:live", "hello"});
  append("A");
  ASSERT_TRUE(eventually([&] { return recorder.heard("1 A"); }));
  EXPECT_EQ(world.feed().stats().malformed, 1u);
}

TEST_F(RedisFeedRead, AnswersInTheOrderOfTheReads) {
  for (int i = 0; i < 5; ++i) append("A");
  Recorder recorder;
  World world(server_.url());
  world.follow("t1", recorder);
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  world.on_loop([&] {
    world.feed().read(task("t1"), {.after = {}, .before_seq = {}, .newest = 2});
    world.feed().read(task("t1"), {.after = {}, .before_seq = 4, .newest = {}});
    world.feed().read(task("t1"), {.after = {}, .before_seq = {}, .newest = {}});
  });
  ASSERT_TRUE(eventually([&] { return recorder.heard("page of 5"); }));
  EXPECT_EQ(recorder.heard(),
            (std::vector<std::string>{"ack", "page of 2", "page of 3", "page of 5"}));
  EXPECT_EQ(recorder.last_page().last.seq, 5u);
}

TEST_F(RedisFeedRead, HandsOverAPageOfSeveralMegabytes) {
  std::vector<EncodedEvent> events;
  for (int i = 0; i < 30; ++i) events.push_back(an_event(ids_, "Big", 200'000));
  ASSERT_TRUE(broker_.append(task("t1"), events, {}).ok());
  Recorder recorder;
  World world(server_.url());
  world.follow("t1", recorder);
  world.read("t1", {});  // Before there is a connection, perhaps: then it is refused.
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  world.read("t1", {});
  ASSERT_TRUE(eventually([&] { return !recorder.last_page().events.empty(); }));
  const broker::Page page = recorder.last_page();
  EXPECT_TRUE(page.more);  // kPageBytesMax came first.
  EXPECT_GE(page.events.size(), 20u);
  EXPECT_LT(page.events.size(), 30u);
}

TEST_F(RedisFeedRead, NeverAnswersAfterUnfollow) {
  Recorder recorder;
  Recorder again;
  World world(server_.url());
  world.follow("t1", recorder);
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  world.on_loop([&] {
    world.feed().read(task("t1"), {});
    world.feed().unfollow(task("t1"));
    world.feed().follow(task("t1"), again);
    world.feed().read(task("t1"), {});
  });
  ASSERT_TRUE(eventually([&] { return again.heard("page of 0"); }));
  EXPECT_EQ(recorder.heard(), std::vector<std::string>{"ack"});
}

TEST_F(RedisFeedLoss, ARestartIsALossAndAnotherAcknowledgement) {
  Recorder recorder;
  World world(server_.url());
  world.follow("t1", recorder);
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  server_.stop();
  ASSERT_TRUE(eventually([&] { return recorder.heard("lost"); }));
  EXPECT_FALSE(world.feed().connected());
  server_.start();
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack", 2); }));
  EXPECT_TRUE(world.feed().connected());
  append("A");
  ASSERT_TRUE(eventually([&] { return recorder.heard("1 A"); }));
  EXPECT_EQ(recorder.heard(), (std::vector<std::string>{"ack", "lost", "ack", "1 A"}));
}

TEST_F(RedisFeedLoss, WhatIsFollowedWithoutRedisIsAcknowledgedOnceItIsThere) {
  server_.stop();
  Recorder recorder;
  World world(server_.url());
  world.follow("t1", recorder);
  world.read("t1", {});
  ASSERT_TRUE(eventually([&] { return recorder.heard("no page: unavailable"); }))
      << ::testing::PrintToString(recorder.heard());
  server_.start();
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  EXPECT_FALSE(recorder.heard("lost"));
}

TEST_F(RedisFeedLoss, SaysThatAConnectionWasRefused) {
  World world("redis://127.0.0.1:1");  // tcpmux, which nobody has.
  ASSERT_TRUE(eventually([&] { return world.log().count("cannot be reached") > 0; }));
  EXPECT_EQ(world.log().count("(Connection refused)"), 1u) << world.log().all();
}

TEST_F(RedisFeedLoss, AStoppedRedisIsNoticedAndReturnedTo) {
  Recorder recorder;
  World world(server_.url());
  world.follow("t1", recorder);
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack"); }));
  server_.freeze();
  world.read("t1", {});
  ASSERT_TRUE(eventually([&] { return recorder.heard("lost"); }));
  EXPECT_TRUE(recorder.heard("no page: unavailable"));
  server_.thaw();
  ASSERT_TRUE(eventually([&] { return recorder.heard("ack", 2); }));
}

TEST_F(RedisFeedLoss, FlushedScriptsBeginTheFeedAnew) {
  Recorder recorder;
  World world(server_.url());
  recorder.on_ack = [&] { world.feed().read(task("t1"), {}); };
  world.follow("t1", recorder);
  ASSERT_TRUE(eventually([&] { return recorder.heard("page of 0"); }));
  server_.command({"SCRIPT", "FLUSH"});
  world.read("t1", {});
  ASSERT_TRUE(eventually([&] { return recorder.heard("page of 0", 2); }));
  EXPECT_TRUE(recorder.heard("lost"));
}

TEST_F(RedisFeedLoss, NoEventIsMissedWhereEachAcknowledgementIsFollowedByARead) {
  CuttingProxy proxy(server_.folder() + "/proxy.sock", server_.socket());
  Recorder recorder;
  World world(proxy.url());
  recorder.on_ack = [&] { world.feed().read(task("t1"), {}); };
  world.follow("t1", recorder);
  for (uint64_t i = 1; i <= 40; ++i) {
    if (i % 4 == 0) proxy.cut_reply_after(i * 7);
    append("A");
    const std::string live = std::to_string(i) + " A";
    ASSERT_TRUE(eventually([&] {
      return recorder.heard(live) || recorder.last_page().last.seq >= i;
    })) << i;
  }
  EXPECT_GE(proxy.cuts(), 1);
}

TEST_F(RedisFeedLoss, ThousandsOfTopicsComeBackTogether) {
  constexpr int kTopics = 5'000;
  std::vector<std::unique_ptr<Recorder>> recorders;
  FeedOptions patient = World::fast();
  patient.limits.timeout = Milliseconds(20'000);  // So many acknowledgements take what they take.
  World world(server_.url(), patient);
  world.on_loop([&] {
    for (int i = 0; i < kTopics; ++i) {
      recorders.push_back(std::make_unique<Recorder>());
      world.feed().follow(task("many-" + std::to_string(i)), *recorders.back());
    }
  });
  const auto all_heard = [&](const char* what, long times) {
    return std::all_of(recorders.begin(), recorders.end(),
                       [&](const auto& recorder) { return recorder->heard(what, times); });
  };
  ASSERT_TRUE(eventually([&] { return all_heard("ack", 1); }));
  server_.restart();
  ASSERT_TRUE(eventually([&] { return all_heard("ack", 2); }));
  EXPECT_TRUE(all_heard("lost", 1));
}

}  // namespace
}  // namespace taskfeed::redis
