/// Feed: acknowledged, then live, in order; and nothing that history lacks.
#include <algorithm>
#include <mutex>

#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;
using Words = std::vector<std::string>;

/// Writes down what it hears, on the feed's thread.
class Watcher final : public Follower {
 public:
  void on_acknowledged() override { note("acknowledged"); }
  void on_lost() override { note("lost"); }
  void on_live(const LiveEvent& event) override {
    {
      const std::lock_guard lock(mutex_);
      live_.push_back({event.cursor, std::string(event.type), std::string(event.json)});
    }
    note(std::to_string(event.cursor.seq));
    on_event();
  }
  void on_page(Result<Page> page) override {
    if (!page) return note("no page: " + std::string(to_string(page.error().code)));
    std::string word = "page";
    for (const StoredEvent& event : page->events) word += " " + std::to_string(event.cursor.seq);
    const std::lock_guard lock(mutex_);
    words_.push_back(std::move(word));
    page_ = *std::move(page);
  }

  std::function<void()> on_event = [] {};

  Words words() const {
    const std::lock_guard lock(mutex_);
    return words_;
  }
  bool heard(const std::string& word, long times = 1) const {
    const Words all = words();
    return std::count(all.begin(), all.end(), word) >= times;
  }
  std::vector<StoredEvent> live() const {
    const std::lock_guard lock(mutex_);
    return live_;
  }
  Page page() const {
    const std::lock_guard lock(mutex_);
    return page_;
  }

 private:
  void note(std::string word) {
    const std::lock_guard lock(mutex_);
    words_.push_back(std::move(word));
  }
  mutable std::mutex mutex_;
  Words words_;
  std::vector<StoredEvent> live_;
  Page page_;
};

class ContractFeed : public Contract {
 protected:
  /// The fixture's, since the feed knows it until its thread has ended.
  Watcher& new_watcher() { return *watchers_.emplace_back(std::make_unique<Watcher>()); }
  void follow(const TaskId& task, Watcher& watcher) {
    feed->on_thread([&](Feed& it) { it.follow(task, watcher); });
    ASSERT_TRUE(feed->until([&] { return watcher.heard("acknowledged"); }));
  }
  void unfollow(const TaskId& task) {
    feed->on_thread([&](Feed& it) { it.unfollow(task); });
  }
  void ask(const TaskId& task, const ReadRange& range = {}) {
    feed->on_thread([&](Feed& it) { it.read(task, range); });
  }
  void expect_heard(const Watcher& watcher, const std::string& word) {
    ASSERT_TRUE(feed->until([&] { return watcher.heard(word); }))
        << word << " among " << ::testing::PrintToString(watcher.words());
  }

  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::unique_ptr<FeedHandle> feed = world->feed();
};
TASKFEED_CONTRACT(ContractFeed);

TEST_P(ContractFeed, AcknowledgesAndThenDeliversInOrder) {
  const TaskId task = created();
  append_all(task, notes(2));
  Watcher& watcher = new_watcher();
  follow(task, watcher);
  append_all(task, notes(3));
  append(task, event(types::kStarted));
  ASSERT_TRUE(tasks.commit({.task = task, .events = {event(), event(types::kCompleted)}}).ok());
  expect_heard(watcher, "8");
  EXPECT_EQ(watcher.words(), (Words{"acknowledged", "3", "4", "5", "6", "7", "8"}));
  unfollow(task);
}

TEST_P(ContractFeed, DeliversWhatIsStoredByteForByte) {
  const TaskId task = created();
  Watcher& watcher = new_watcher();
  follow(task, watcher);
  EncodedEvent hostile = event("Type.of/others-é");
  hostile.json = "{ \"a\": \"\r\n  \xF0\x9F\x8C\x8D  b c \"}";
  append(task, hostile);
  append(task, event("Note", 200'000));
  expect_heard(watcher, "2");
  EXPECT_EQ(watcher.live(), read(task).events);
  unfollow(task);
}

TEST_P(ContractFeed, NeverAnswersFromWithinACall) {
  const TaskId task = created();
  append_all(task, notes(1));
  Watcher& watcher = new_watcher();
  feed->on_thread([&](Feed& it) {
    it.follow(task, watcher);
    it.read(task, {});
    EXPECT_TRUE(watcher.words().empty());
  });
  expect_heard(watcher, "acknowledged");
  feed->on_thread([&](Feed& it) {
    const size_t before = watcher.words().size();
    it.read(task, {});
    EXPECT_EQ(watcher.words().size(), before);
    it.unfollow(task);
    EXPECT_EQ(watcher.words().size(), before);
  });
}

TEST_P(ContractFeed, DeliversNothingThatHistoryLacks) {
  const TaskId task = created();
  Watcher& watcher = new_watcher();
  follow(task, watcher);
  feed->on_thread([&](Feed& it) { watcher.on_event = [&] { it.read(task, {}); }; });
  append(task, event());
  expect_heard(watcher, "page 1");
  append(task, event());
  expect_heard(watcher, "page 1 2");
  unfollow(task);
}

TEST_P(ContractFeed, PublishesNothingThatWasRefused) {
  const TaskId task = created();
  Watcher& watcher = new_watcher();
  follow(task, watcher);
  ASSERT_FALSE(try_append(task, {event(), event(types::kCompleted), event()}, {}).ok());
  ASSERT_FALSE(tasks.commit({.task = task, .version = 9, .events = notes(1)}).ok());
  world->set_full(true);
  ASSERT_FALSE(try_append(task, notes(2), {}).ok());
  ASSERT_FALSE(try_append(task, notes(2), {.maybe_repeated = true}).ok());
  ASSERT_FALSE(tasks.commit({.task = task, .events = notes(2)}).ok());
  world->set_full(false);
  append(task, event(types::kCompleted));
  ASSERT_FALSE(try_append(task, notes(1), {}).ok());
  expect_heard(watcher, "1");
  ask(task);
  expect_heard(watcher, "page 1");
  EXPECT_EQ(watcher.words(), (Words{"acknowledged", "1", "page 1"}));
  unfollow(task);
}

TEST_P(ContractFeed, PublishesARepeatedAppendOnce) {
  const TaskId task = created();
  Watcher& watcher = new_watcher();
  follow(task, watcher);
  const std::vector<EncodedEvent> events = notes(2);
  append_all(task, events);
  append_all(task, events, {.maybe_repeated = true});
  ASSERT_TRUE(tasks.commit({.task = task, .events = events, .maybe_repeated = true}).ok());
  append(task, event());
  expect_heard(watcher, "3");
  EXPECT_EQ(watcher.words(), (Words{"acknowledged", "1", "2", "3"}));
  unfollow(task);
}

TEST_P(ContractFeed, KeepsTasksApart) {
  const TaskId one = created("t1");
  const TaskId two = created("t2");
  Watcher& first = new_watcher();
  Watcher& second = new_watcher();
  follow(one, first);
  follow(two, second);
  append_all(one, notes(2));
  append(two, event());
  expect_heard(first, "2");
  expect_heard(second, "1");
  EXPECT_EQ(first.words(), (Words{"acknowledged", "1", "2"}));
  EXPECT_EQ(second.words(), (Words{"acknowledged", "1"}));
  unfollow(one);
  unfollow(two);
}

TEST_P(ContractFeed, FollowsATaskThatIsNotThereYet) {
  Watcher& watcher = new_watcher();
  follow(task("later"), watcher);
  created("later");
  append(task("later"), event());
  expect_heard(watcher, "1");
  unfollow(task("later"));
}

TEST_P(ContractFeed, SaysNothingAfterUnfollowAndBeginsAnewAfterFollow) {
  const TaskId task = created();
  Watcher& gone = new_watcher();
  follow(task, gone);
  feed->on_thread([&](Feed& it) {
    it.read(task, {});
    it.unfollow(task);
  });
  append(task, event());
  Watcher& back = new_watcher();
  follow(task, back);
  append(task, event());
  expect_heard(back, "2");
  EXPECT_EQ(gone.words(), Words{"acknowledged"});
  EXPECT_EQ(back.words(), (Words{"acknowledged", "2"}));
  unfollow(task);
}

TEST_P(ContractFeed, AnswersReadsInTheirOrder) {
  const TaskId task = created();
  const auto cursors = append_all(task, notes(4));
  Watcher& watcher = new_watcher();
  follow(task, watcher);
  feed->on_thread([&](Feed& it) {
    it.read(task, {.newest = 1});
    it.read(task, {.after = cursors[0], .limit = 2});
    it.read(task, {.before_seq = 3});
  });
  expect_heard(watcher, "page 1 2");
  EXPECT_EQ(watcher.words(), (Words{"acknowledged", "page 4", "page 2 3", "page 1 2"}));
  unfollow(task);
}

TEST_P(ContractFeed, ReadsWhatTheLogReads) {
  const TaskId task = created();
  const auto cursors = append_all(task, notes(6));
  world->trim_before(task, 3);
  Watcher& watcher = new_watcher();
  follow(task, watcher);
  long pages = 0;
  for (const ReadRange& range :
       {ReadRange{}, ReadRange{.after = cursors[0]}, ReadRange{.after = cursors[3]},
        ReadRange{.after = {4, 4'711}}, ReadRange{.after = {77, 1}}, ReadRange{.limit = 2}}) {
    ask(task, range);
    ++pages;
    ASSERT_TRUE(feed->until([&] { return static_cast<long>(watcher.words().size()) > pages; }));
    const Page expected = read(task, range);
    const Page page = watcher.page();
    EXPECT_EQ(page.events, expected.events);
    EXPECT_EQ(page.first, expected.first);
    EXPECT_EQ(page.last, expected.last);
    EXPECT_EQ(page.anchor, expected.anchor);
    EXPECT_EQ(page.more, expected.more);
    EXPECT_EQ(page.status, expected.status);
  }
  unfollow(task);
}

TEST_P(ContractFeed, TellsALossAndAcknowledgesAnewWhenTheStoreIsBack) {
  const TaskId task = created();
  Watcher& watcher = new_watcher();
  follow(task, watcher);
  append(task, event());
  expect_heard(watcher, "1");
  feed->lose();
  expect_heard(watcher, "lost");
  ask(task);
  expect_heard(watcher, "no page: unavailable");
  feed->restore();
  ASSERT_TRUE(feed->until([&] { return watcher.heard("acknowledged", 2); }));
  ask(task);
  expect_heard(watcher, "page 1");
  append(task, event());
  expect_heard(watcher, "2");
  EXPECT_EQ(watcher.words(), (Words{"acknowledged", "1", "lost", "no page: unavailable",
                                    "acknowledged", "page 1", "2"}));
  unfollow(task);
}

TEST_P(ContractFeed, AcknowledgesWhatWasFollowedDuringALoss) {
  const TaskId task = created();
  feed->lose();
  Watcher& watcher = new_watcher();
  feed->on_thread([&](Feed& it) { it.follow(task, watcher); });
  feed->restore();
  expect_heard(watcher, "acknowledged");
  append(task, event());
  expect_heard(watcher, "1");
  unfollow(task);
}

}  // namespace
}  // namespace taskfeed::broker
