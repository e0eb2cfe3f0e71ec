/// MemoryFeed, step by step: what a simulation builds on.
#include "broker/memory_feed.h"

#include <gtest/gtest.h>

#include "support/clock.h"
#include "support/redis_world.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;
using Words = std::vector<std::string>;
using Passage = MemoryFeed::Passage;

class Watcher final : public Follower {
 public:
  void on_acknowledged() override { words.push_back("acknowledged"); }
  void on_lost() override { words.push_back("lost"); }
  void on_live(const LiveEvent& event) override {
    words.push_back(std::to_string(event.cursor.seq));
  }
  void on_page(Result<Page> page) override {
    words.push_back(page ? "page of " + std::to_string(page->events.size()) : "no page");
  }
  Words words;
};

class MemoryFeedTest : public ::testing::Test {
 protected:
  MemoryFeedTest() { TF_ASSERT(broker.create(a_task("t1")).ok()); }
  void append() {
    const EncodedEvent event = an_event(ids, "Note");
    TF_ASSERT(broker.append(t1, {&event, 1}, {}).ok());
  }

  ManualClock clock;
  SeededIdSource ids;
  MemoryBroker broker{clock};
  MemoryFeed feed{broker};
  const TaskId t1 = task("t1");
  Watcher watcher;
};

TEST_F(MemoryFeedTest, DeliversOneThingAtATimeInTheOrderInWhichItCameAbout) {
  feed.follow(t1, watcher);
  append();
  feed.read(t1, {});
  append();
  for (const Words& expected :
       {Words{"acknowledged"}, Words{"acknowledged", "1"}, Words{"acknowledged", "1", "page of 2"},
        Words{"acknowledged", "1", "page of 2", "2"}}) {
    ASSERT_TRUE(feed.pump_one());
    EXPECT_EQ(watcher.words, expected) << "a page is read when it arrives";
  }
  EXPECT_FALSE(feed.pump_one());
}

TEST_F(MemoryFeedTest, DropsAndRepeatsWhatATestWants) {
  feed.passage = [](const TaskId&, const Cursor& cursor) {
    if (cursor.seq == 1) return Passage::kDrop;
    return cursor.seq == 2 ? Passage::kRepeat : Passage::kDeliver;
  };
  feed.follow(t1, watcher);
  for (int i = 0; i < 3; ++i) append();
  feed.pump();
  EXPECT_EQ(watcher.words, (Words{"acknowledged", "2", "2", "3"}));
}

TEST_F(MemoryFeedTest, LosesWhatWasUnderWayButAnswersEveryRead) {
  feed.follow(t1, watcher);
  feed.pump();
  append();
  feed.read(t1, {});
  feed.lose();
  EXPECT_EQ(watcher.words, (Words{"acknowledged", "lost"}));
  feed.pump();
  EXPECT_EQ(watcher.words, (Words{"acknowledged", "lost", "no page"}));
  append();
  feed.restore();
  feed.pump();
  append();
  feed.pump();
  EXPECT_EQ(watcher.words, (Words{"acknowledged", "lost", "no page", "acknowledged", "3"}));
}

TEST_F(MemoryFeedTest, AcknowledgesNobodyWhileItIsLost) {
  feed.lose();
  feed.follow(t1, watcher);
  feed.pump();
  EXPECT_TRUE(watcher.words.empty());
  feed.restore();
  feed.pump();
  EXPECT_EQ(watcher.words, Words{"acknowledged"});
}

using MemoryFeedDeathTest = MemoryFeedTest;

TEST_F(MemoryFeedDeathTest, HasOneFollowerForATask) {
  feed.follow(t1, watcher);
  EXPECT_DEATH(feed.follow(t1, watcher), "t1");
}

TEST_F(MemoryFeedDeathTest, ReadsOnlyForWhoFollows) {
  EXPECT_DEATH(feed.read(t1, {}), "t1");
  EXPECT_DEATH(feed.unfollow(t1), "t1");
}

}  // namespace
}  // namespace taskfeed::broker
