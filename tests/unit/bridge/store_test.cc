/// Once, whoever hands it in and when: the store's counting, call by call, on a real Redis.
#include <gtest/gtest.h>

#include "redis/bridge_store.h"
#include "unit/bridge/bridge_world.h"

namespace taskfeed::redis {
namespace {

using namespace taskfeed::testing;
using bridge::Call;
using bridge::Handed;
using bridge::Outcome;
using bridge::Verdict;

class StoreTest : public ::testing::Test, public BridgeStore::Watcher, public bridge::Store::Owner {
 protected:
  explicit StoreTest(Milliseconds window = Milliseconds(60'000)) {
    BridgeStoreOptions options;
    options.window = window;
    thread_.run([&] {
      store_ = std::make_unique<BridgeStore>(thread_.loop(), Url::parse(server.url()).value(),
                                             *this, log, options);
    });
    ready_.get_future().wait();
    EXPECT_TRUE(broker.create(a_task("t1")).ok());
  }
  ~StoreTest() override {
    thread_.run([this] { store_.reset(); });
  }

  /// What looks like `text`, heard by `listener`, which began at `since_us`. Serials count up.
  Handed unnamed(std::string_view text, const std::string& listener, uint64_t since_us) {
    Handed handed{an_event(ids, "x"), {}, {listener, since_us}, ++serial_};
    std::copy(text.begin(), text.end(), handed.identity.key.begin());
    return handed;
  }
  Handed named(const EncodedEvent& event) {
    return {event, {true, event.id.bytes()}, {"d", 1}, ++serial_};
  }
  Outcome store(std::vector<Handed> events, bool look_back = false, std::optional<Task> record = {},
                std::string_view id = "t1") {
    round_ = {{task(id), std::move(events), std::move(record), look_back}};
    answer_ = {};
    thread_.run([this] { store_->store(round_, *this); });
    return answer_.get_future().get().at(0);
  }
  Verdict verdict(const Handed& handed, bool look_back = false) {
    const Outcome outcome = store({handed}, look_back);
    EXPECT_EQ(outcome.kind, Outcome::Kind::kDone) << outcome.why;
    return outcome.verdicts.at(0);
  }
  uint64_t redis_us() {
    const std::string time = server.command({"TIME"});
    const size_t line = time.find('\n');
    return std::stoull(time.substr(0, line)) * 1'000'000 + std::stoull(time.substr(line + 1));
  }
  std::vector<StoredEvent> stream(std::string_view id = "t1") {
    return broker.read(task(id), {}).value().events;
  }

  RedisServer server;
  SystemClock clock;
  SeededIdSource ids;
  RedisBroker broker{Url::parse(server.url()).value(), clock, {}};
  NullLog log;

 private:
  void on_ready() override { ready_.set_value(); }
  void on_stored(std::vector<Outcome> outcomes) override { answer_.set_value(std::move(outcomes)); }

  std::promise<void> ready_;
  std::promise<std::vector<Outcome>> answer_;
  std::vector<Call> round_;
  uint64_t serial_ = 0;
  LoopThread thread_;
  std::unique_ptr<BridgeStore> store_;
};

class BridgeStoreNamed : public StoreTest {};
class BridgeStoreUnnamed : public StoreTest {};

TEST_F(BridgeStoreNamed, AnEventIsStoredOnceByItsId) {
  const EncodedEvent event = an_event(ids, "x");
  EXPECT_EQ(verdict(named(event)), Verdict::kStored);
  EXPECT_EQ(verdict(named(event)), Verdict::kSeen);
  EXPECT_EQ(stream().size(), 1u);
  EXPECT_EQ(stream()[0].json, event.json);
}

TEST_F(BridgeStoreNamed, CopiesWithinOneCallAreOne) {
  const EncodedEvent event = an_event(ids, "x");
  const Outcome outcome = store({named(event), named(an_event(ids, "y")), named(event)});
  EXPECT_EQ(outcome.verdicts, (std::vector{Verdict::kStored, Verdict::kStored, Verdict::kSeen}));
}

TEST_F(BridgeStoreNamed, ACopyIsKnownHoweverMuchCameMeanwhile) {
  const EncodedEvent event = an_event(ids, "x");
  EXPECT_EQ(verdict(named(event)), Verdict::kStored);
  for (int n = 0; n < 20; ++n) {
    std::vector<Handed> others;
    for (int each = 0; each < 100; ++each) others.push_back(named(an_event(ids, "y")));
    store(std::move(others));
  }
  EXPECT_EQ(verdict(named(event)), Verdict::kSeen);
}

TEST_F(BridgeStoreNamed, EventsAreNumberedWithoutAHole) {
  store({named(an_event(ids, "a")), named(an_event(ids, "b"))});
  store({named(an_event(ids, "c"))});
  const auto events = stream();
  ASSERT_EQ(events.size(), 3u);
  for (size_t n = 0; n < 3; ++n) EXPECT_EQ(events[n].cursor.seq, n + 1);
}

TEST_F(BridgeStoreNamed, ATerminalEventEndsTheStreamAlsoWithinACall) {
  const EncodedEvent last = an_event(ids, types::kCompleted);
  const Outcome outcome =
      store({named(an_event(ids, types::kStarted)), named(last), named(an_event(ids, "late"))});
  EXPECT_EQ(outcome.verdicts, (std::vector{Verdict::kStored, Verdict::kStored, Verdict::kEnded}));
  EXPECT_EQ(broker.load(task("t1"))->task.status, TaskStatus::kCompleted);
  EXPECT_EQ(verdict(named(last)), Verdict::kSeen);
  EXPECT_EQ(verdict(named(an_event(ids, "later"))), Verdict::kEnded);
  EXPECT_NE(server.command({"TTL", "taskfeed:{t1}:events"}), "-1");
}

TEST_F(BridgeStoreNamed, AWorkersTaskMovesByItsWorkerAlone) {
  ASSERT_TRUE(broker.execute(task("t1"), {ids.uuid7(), "q", std::nullopt, queue("q")}).ok());
  ASSERT_TRUE(broker.claim(task("t1"), worker("w1"), Milliseconds(60'000)).ok());
  const Outcome outcome =
      store({named(an_event(ids, types::kCompleted)), named(an_event(ids, "note"))});
  EXPECT_EQ(outcome.verdicts, (std::vector{Verdict::kHeld, Verdict::kStored}));
  EXPECT_EQ(broker.load(task("t1"))->task.status, TaskStatus::kPending);
}

TEST_F(BridgeStoreNamed, AnUnknownTaskIsMadeOnlyWithARecord) {
  EXPECT_EQ(store({named(an_event(ids, "x"))}, false, {}, "t9").kind, Outcome::Kind::kUnknownTask);
  EXPECT_EQ(server.command({"EXISTS", "taskfeed:{t9}", "taskfeed:{t9}:events"}), "0");
  const Outcome made = store({named(an_event(ids, "x"))}, false, a_task("t9", "helper"), "t9");
  EXPECT_EQ(made.verdicts, (std::vector{Verdict::kStored}));
  EXPECT_EQ(broker.load(task("t9"))->task.spec.agent.str(), "helper");
  EXPECT_EQ(broker.list({.agent = agent("helper")})->tasks.size(), 1u);
  // Nobody may ever say that it ends.
  EXPECT_NE(server.command({"TTL", "taskfeed:{t9}"}), "-1");
  EXPECT_EQ(server.command({"TTL", "taskfeed:{t1}"}), "-1");
}

TEST_F(BridgeStoreNamed, AKnownTaskIsNotMadeAnew) {
  store({named(an_event(ids, "x"))}, false, a_task("t1", "another"));
  EXPECT_EQ(broker.load(task("t1"))->task.spec.agent.str(), "a1");
}

TEST_F(BridgeStoreNamed, AWrongKeyIsRefusedAndNamed) {
  server.command({"SET", "taskfeed:{t8}", "mine"});
  const Outcome outcome = store({named(an_event(ids, "x"))}, false, a_task("t8"), "t8");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kRefused);
  EXPECT_NE(outcome.why.find("a key of another program"), std::string::npos) << outcome.why;
}

TEST_F(BridgeStoreNamed, FlushedScriptsAreToBeTriedAgain) {
  store({named(an_event(ids, "x"))});
  server.command({"SCRIPT", "FLUSH"});
  const Handed handed = named(an_event(ids, "y"));
  EXPECT_EQ(store({handed}).kind, Outcome::Kind::kRetry);
  EXPECT_EQ(verdict(handed), Verdict::kStored);
}

TEST_F(BridgeStoreUnnamed, CopiesOfTwoListenersCollapseAndRepeatsSurvive) {
  const uint64_t since = redis_us();
  for (int n = 0; n < 3; ++n) {
    EXPECT_EQ(verdict(unnamed("same", "a", since)), Verdict::kStored);
    EXPECT_EQ(verdict(unnamed("same", "b", since)), Verdict::kSeen);
  }
  // b is ahead now, and then a catches up.
  for (int n = 0; n < 3; ++n) {
    EXPECT_EQ(verdict(unnamed("same", "b", since)), Verdict::kStored);
  }
  for (int n = 0; n < 3; ++n) EXPECT_EQ(verdict(unnamed("same", "a", since)), Verdict::kSeen);
  EXPECT_EQ(stream().size(), 6u);
}

TEST_F(BridgeStoreUnnamed, AListenerThatBeganLaterCountsFromThere) {
  const uint64_t early = redis_us();
  for (int n = 0; n < 3; ++n) verdict(unnamed("same", "a", early));
  const uint64_t late = redis_us();
  // The fourth publication, which the newcomer hands in first.
  EXPECT_EQ(verdict(unnamed("same", "b", late)), Verdict::kStored);
  EXPECT_EQ(verdict(unnamed("same", "a", early)), Verdict::kSeen);
  EXPECT_EQ(verdict(unnamed("same", "a", early)), Verdict::kStored);
  EXPECT_EQ(verdict(unnamed("same", "b", late)), Verdict::kSeen);
}

TEST_F(BridgeStoreUnnamed, AListenerThatLagsFarBehindHandsInCopiesAllTheSame) {
  for (int n = 0; n < 600; ++n) {
    ASSERT_EQ(verdict(unnamed("tick", "a", 1)), Verdict::kStored) << n;
  }
  for (int n = 0; n < 600; ++n) {
    ASSERT_EQ(verdict(unnamed("tick", "b", 1)), Verdict::kSeen) << n;
  }
  EXPECT_EQ(verdict(unnamed("tick", "b", 1)), Verdict::kStored);
  EXPECT_EQ(verdict(unnamed("tick", "a", 1)), Verdict::kSeen);
  EXPECT_EQ(stream().size(), 601u);
}

TEST_F(BridgeStoreUnnamed, AListenerThatBeganAmongManyRepeatsStoresNoneTwice) {
  const auto tick_times = [&](int count, const std::string& listener, uint64_t since_us) {
    for (int n = 0; n < count; ++n) verdict(unnamed("tick", listener, since_us));
  };
  tick_times(301, "a", 1);
  const uint64_t since_us = redis_us();
  tick_times(300, "a", 1);
  tick_times(300, "b", since_us);
  EXPECT_EQ(stream().size(), 601u);
  // And one that begins now misses none.
  tick_times(300, "c", redis_us());
  EXPECT_EQ(stream().size(), 901u);
}

TEST_F(BridgeStoreUnnamed, ALoneDaemonThatRestartsLosesNoRepeat) {
  for (int life = 0; life < 4; ++life) {
    const uint64_t since = redis_us();
    const std::string listener = "life" + std::to_string(life);
    for (int n = 0; n < 2; ++n) {
      EXPECT_EQ(verdict(unnamed("same", listener, since)), Verdict::kStored);
    }
  }
}

TEST_F(BridgeStoreUnnamed, AListenerThatWasAwayDoesNotCountWhatItMissed) {
  const uint64_t early = redis_us();
  EXPECT_EQ(verdict(unnamed("same", "a", early)), Verdict::kStored);
  EXPECT_EQ(verdict(unnamed("same", "b", early)), Verdict::kSeen);
  // a loses its connection, and misses two.
  EXPECT_EQ(verdict(unnamed("same", "b", early)), Verdict::kStored);
  EXPECT_EQ(verdict(unnamed("same", "b", early)), Verdict::kStored);
  const uint64_t again = redis_us();
  EXPECT_EQ(verdict(unnamed("same", "a", again)), Verdict::kStored);
  EXPECT_EQ(verdict(unnamed("same", "b", early)), Verdict::kSeen);
}

TEST_F(BridgeStoreUnnamed, WhatWasHeardBeforeAReconnectAndStoredAfterItCountsOnce) {
  const uint64_t early = redis_us();
  const Handed before = unnamed("same", "a", early);
  const uint64_t again = redis_us();
  EXPECT_EQ(verdict(before), Verdict::kStored);
  EXPECT_EQ(verdict(unnamed("same", "a", again)), Verdict::kStored);
}

TEST_F(BridgeStoreUnnamed, ASecondTryIsNotASecondPublication) {
  const uint64_t since = redis_us();
  const Handed of_a = unnamed("same", "a", since);
  const Handed of_b = unnamed("same", "b", since);
  EXPECT_EQ(verdict(of_a), Verdict::kStored);
  EXPECT_EQ(verdict(of_a, true), Verdict::kSeen);
  EXPECT_EQ(verdict(of_b), Verdict::kSeen);
  EXPECT_EQ(verdict(of_b, true), Verdict::kSeen);
  EXPECT_EQ(verdict(unnamed("same", "b", since)), Verdict::kStored);
  EXPECT_EQ(stream().size(), 2u);
}

TEST_F(BridgeStoreUnnamed, WhatLooksDifferentIsCountedApart) {
  EXPECT_EQ(verdict(unnamed("one", "a", 1)), Verdict::kStored);
  EXPECT_EQ(verdict(unnamed("two", "a", 1)), Verdict::kStored);
}

TEST_F(BridgeStoreUnnamed, ADroppedPublicationIsTheSameForAllListeners) {
  ASSERT_TRUE(broker.execute(task("t1"), {ids.uuid7(), "q", std::nullopt, queue("q")}).ok());
  const auto claimed = broker.claim(task("t1"), worker("w1"), Milliseconds(60'000));
  ASSERT_TRUE(claimed.ok());
  const uint64_t since = redis_us();
  const auto paused = [&](const std::string& listener) {
    Handed handed = unnamed("same", listener, since);
    handed.event = an_event(ids, types::kPaused);
    return handed;
  };
  EXPECT_EQ(verdict(paused("a")), Verdict::kHeld);
  EXPECT_EQ(verdict(paused("b")), Verdict::kSeen);
  ASSERT_TRUE(broker.release(claimed->lease, "").ok());
  EXPECT_EQ(verdict(paused("a")), Verdict::kStored);
  EXPECT_EQ(verdict(paused("b")), Verdict::kSeen);
}

class BridgeStoreWindow : public StoreTest {
 protected:
  BridgeStoreWindow() : StoreTest(Milliseconds(40)) {}
  /// Until Redis has forgotten what was seen.
  void outlast_the_window() {
    ASSERT_TRUE(eventually([this] {
      return server.command({"EXISTS", "taskfeed:{t1}:seen", "taskfeed:{t1}:seen:before"}) == "0";
    }));
  }
};

TEST_F(BridgeStoreWindow, MemoryOfWhatWasSeenGoesByItself) {
  verdict(named(an_event(ids, "x")));
  outlast_the_window();
}

TEST_F(BridgeStoreWindow, ALookBackKnowsALateCopyByItsId) {
  const EncodedEvent event = an_event(ids, "x");
  verdict(named(event));
  outlast_the_window();
  EXPECT_EQ(verdict(named(event), true), Verdict::kSeen);
  EXPECT_EQ(stream().size(), 1u);
}

TEST_F(BridgeStoreWindow, APublicationAfterALongWhileIsANewOne) {
  EXPECT_EQ(verdict(unnamed("same", "a", 1)), Verdict::kStored);
  outlast_the_window();
  EXPECT_EQ(verdict(unnamed("same", "a", 1)), Verdict::kStored);
  EXPECT_EQ(stream().size(), 2u);
}

TEST_F(BridgeStoreWindow, AListenerThatLagsIsRightedOnceTheWindowHasPassed) {
  // b lost its copies of these. What a hands in meanwhile keeps the memory of them.
  for (int n = 0; n < 5; ++n) EXPECT_EQ(verdict(unnamed("same", "a", 1)), Verdict::kStored);
  const uint64_t then = redis_us();
  ASSERT_TRUE(eventually([&] {
    (void)verdict(unnamed("other", "a", 1));
    return redis_us() > then + 45'000;
  }));
  EXPECT_EQ(verdict(unnamed("same", "b", 1)), Verdict::kStored);
}

}  // namespace
}  // namespace taskfeed::redis
