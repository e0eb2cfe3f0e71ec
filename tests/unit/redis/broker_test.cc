// What only real Redis can show; the ports' promises are in tests/contract.
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "redis/redis_broker.h"
#include "support/cutting_proxy.h"
#include "support/redis_server.h"
#include "support/redis_world.h"

namespace taskfeed::redis {
namespace {

using namespace taskfeed::testing;

class RedisBrokerTest : public ::testing::Test {
 protected:
  RedisBroker broker_at(const std::string& url, BrokerOptions options = {}) {
    return RedisBroker(Url::parse(url).value(), clock_, options);
  }
  std::vector<Cursor> append(RedisBroker& broker, const EncodedEvent& event,
                             bool maybe_repeated = false) {
    auto cursors = broker.append(task("t1"), {&event, 1}, {.maybe_repeated = maybe_repeated});
    EXPECT_TRUE(cursors.ok()) << cursors.error().text;
    return cursors.ok() ? *cursors : std::vector<Cursor>{};
  }

  SystemClock clock_;
  SeededIdSource ids_;
  RedisServer server_;
};

using RedisBrokerHistory = RedisBrokerTest;
using RedisBrokerLoss = RedisBrokerTest;
using RedisBrokerMemory = RedisBrokerTest;
using RedisBrokerLife = RedisBrokerTest;

TEST_F(RedisBrokerHistory, IsBoundedByCountAndSaysWhatWasTrimmed) {
  BrokerOptions options;
  options.events_kept_max = 100;
  RedisBroker broker = broker_at(server_.url(), options);
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  const EncodedEvent first = an_event(ids_, "Note");
  const Cursor cursor = append(broker, first)[0];
  for (int i = 0; i < 400; ++i) append(broker, an_event(ids_, "Note"));
  const auto page = broker.read(task("t1"), {.after = cursor, .before_seq = {}, .newest = {}});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->anchor, broker::Anchor::kTrimmed);
  EXPECT_EQ(page->last.seq, 401u);
  EXPECT_GE(page->events.size(), 100u);
  EXPECT_LE(page->events.size(), 300u);  // Whole nodes of 100 go at once.
  EXPECT_EQ(page->events.front().cursor, *page->first);
  EXPECT_EQ(page->events.back().cursor, page->last);
}

TEST_F(RedisBrokerHistory, OfAFinishedTaskExpiresWithAllItsKeys) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  EXPECT_EQ(server_.command({"TTL", "taskfeed:{t1}"}), "-1");
  append(broker, an_event(ids_, "WorkflowCompleted"));
  for (const char* key : {"taskfeed:{t1}", "taskfeed:{t1}:events"}) {
    EXPECT_GT(std::stol(server_.command({"TTL", key})), 600'000) << key;
  }
}

TEST_F(RedisBrokerHistory, PublishesUnderTheDocumentedNames) {
  BrokerOptions options;
  options.prefix = "other:";
  RedisBroker broker = broker_at(server_.url(), options);
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  append(broker, an_event(ids_, "Note"));
  EXPECT_EQ(server_.command({"XLEN", "other:{t1}:events"}), "1");
  EXPECT_EQ(server_.command({"ZCARD", "other:agent:a1:tasks"}), "1");
}

TEST_F(RedisBrokerLoss, ARestartBetweenTwoCallsIsNotSeen) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  EXPECT_EQ(append(broker, an_event(ids_, "Note"))[0].seq, 1u);
  server_.restart();
  EXPECT_EQ(append(broker, an_event(ids_, "Note"))[0].seq, 2u);
}

TEST_F(RedisBrokerLoss, ScriptsThatRedisForgotAreSentAgain) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  append(broker, an_event(ids_, "Note"));
  server_.command({"SCRIPT", "FLUSH"});
  EXPECT_EQ(append(broker, an_event(ids_, "Note"))[0].seq, 2u);
  server_.command({"SCRIPT", "FLUSH"});
  const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
  EXPECT_TRUE(broker.execute(task("t1"), execution).ok());
  EXPECT_EQ(broker.load(task("t1"))->task.status, TaskStatus::kPending);
}

TEST_F(RedisBrokerLoss, AnAppendCutAtAnyByteIsStoredOnce) {
  CuttingProxy proxy(server_.folder() + "/proxy.sock", server_.socket());
  RedisBroker broker = broker_at(proxy.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  append(broker, an_event(ids_, "Note"));
  uint64_t seq = 1;
  const auto cut_and_append = [&](auto arm) {
    const int before = proxy.cuts();
    arm();
    const EncodedEvent event = an_event(ids_, "Note");
    const auto cursors = append(broker, event);
    ASSERT_EQ(cursors.size(), 1u);
    EXPECT_EQ(cursors[0], (Cursor{++seq, event.tag()}));
    EXPECT_EQ(proxy.cuts(), before + 1);
  };
  for (size_t bytes = 0; bytes < 200; ++bytes) {
    cut_and_append([&] { proxy.cut_request_after(bytes); });
    cut_and_append([&] { proxy.cut_reply_after(bytes % 4); });
  }
  EXPECT_EQ(server_.command({"XLEN", "taskfeed:{t1}:events"}), std::to_string(seq));
}

TEST_F(RedisBrokerLoss, ACommitWhoseReplyIsLostIsMadeOnce) {
  CuttingProxy proxy(server_.folder() + "/proxy.sock", server_.socket());
  RedisBroker broker = broker_at(proxy.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
  ASSERT_TRUE(broker.execute(task("t1"), execution).ok());
  const auto claimed = broker.claim(task("t1"), worker("w1"), Milliseconds(10'000));
  ASSERT_TRUE(claimed.ok());
  Task snapshot = claimed->stored.task;
  snapshot.status = TaskStatus::kRunning;
  broker::Commit commit{.task = task("t1"),
                        .lease = claimed->lease,
                        .version = 0,
                        .snapshot = broker::Snapshot{snapshot, "{}"},
                        .events = {an_event(ids_, "WorkflowStarted"), an_event(ids_, "Note")},
                        .signals_taken = {}};
  proxy.cut_reply_after(3);
  const auto committed = broker.commit(commit);
  ASSERT_TRUE(committed.ok()) << committed.error().text;
  EXPECT_EQ(proxy.cuts(), 1);
  EXPECT_EQ(committed->version, 1u);
  ASSERT_EQ(committed->cursors.size(), 2u);
  EXPECT_EQ(committed->cursors[1].seq, 2u);
  EXPECT_EQ(server_.command({"XLEN", "taskfeed:{t1}:events"}), "2");
  commit.maybe_repeated = true;
  EXPECT_EQ(broker.commit(commit)->cursors, committed->cursors);
}

TEST_F(RedisBrokerLoss, AClaimWhoseReplyIsLostIsTheSameClaim) {
  CuttingProxy proxy(server_.folder() + "/proxy.sock", server_.socket());
  RedisBroker broker = broker_at(proxy.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
  ASSERT_TRUE(broker.execute(task("t1"), execution).ok());
  proxy.cut_reply_after(1);
  const auto claimed = broker.claim(task("t1"), worker("w1"), Milliseconds(10'000));
  ASSERT_TRUE(claimed.ok()) << claimed.error().text;
  EXPECT_EQ(claimed->lease.token, 1u);
  EXPECT_EQ(claimed->lease.claims, 1);
}

TEST_F(RedisBrokerLoss, AnAbsentRedisFailsFastUntilAProbeFindsIt) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.ping().ok());
  server_.kill();
  const auto absent = broker.ping();
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, Errc::kUnavailable);
  EXPECT_NE(absent.error().text.find(server_.socket()), std::string::npos);
  EXPECT_FALSE(broker.healthy());
  const auto failed_fast = broker.load(task("t1"));
  ASSERT_FALSE(failed_fast.ok());
  EXPECT_EQ(failed_fast.error().code, Errc::kUnavailable);
  server_.start();
  EXPECT_TRUE(eventually([&] { return broker.ping().ok(); }));
  EXPECT_TRUE(broker.healthy());
}

TEST_F(RedisBrokerLoss, AStoppedRedisIsATimeoutAndThenFailsFast) {
  BrokerOptions options;
  options.client.timeout = Milliseconds(100);
  RedisBroker broker = broker_at(server_.url(), options);
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  server_.freeze();
  const EncodedEvent event = an_event(ids_, "Note");
  const auto unknown = broker.append(task("t1"), {&event, 1}, {});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Errc::kTimeout);
  EXPECT_EQ(broker.load(task("t1")).error().code, Errc::kUnavailable);
  server_.thaw();
  ASSERT_TRUE(eventually([&] { return broker.ping().ok(); }));
  // The append took effect after all; the retry recognises it.
  EXPECT_EQ(append(broker, event, true)[0], (Cursor{1, event.tag()}));
  EXPECT_EQ(server_.command({"XLEN", "taskfeed:{t1}:events"}), "1");
}

TEST_F(RedisBrokerLoss, APasswordThatIsMissingIsExplained) {
  RedisServer locked({"--requirepass", "secret"});
  RedisBroker without = broker_at(locked.url());
  const auto refused = without.ping();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kUnavailable);
  EXPECT_NE(refused.error().text.find("password"), std::string::npos);
}

TEST_F(RedisBrokerLoss, ALostDatabaseIsAnUnknownTask) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  const Cursor seen = append(broker, an_event(ids_, "Note"))[0];
  server_.command({"FLUSHALL"});
  EXPECT_EQ(broker.load(task("t1")).error().code, Errc::kNotFound);
  const auto page = broker.read(task("t1"), {.after = seen, .before_seq = {}, .newest = {}});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->anchor, broker::Anchor::kAhead);
  EXPECT_FALSE(page->status.has_value());
}

TEST_F(RedisBrokerMemory, WhatIsRefusedForWantOfMemoryIsNeitherStoredNorPublished) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  append(broker, an_event(ids_, "Note"));
  const std::string published_before = server_.command({"INFO", "commandstats"});
  const auto publishes = [&] {
    const std::string stats = server_.command({"INFO", "commandstats"});
    const size_t at = stats.find("cmdstat_publish:calls=");
    return at == stats.npos ? std::string("0") : stats.substr(at, stats.find(',', at) - at);
  };
  const std::string before = publishes();
  server_.command({"CONFIG", "SET", "maxmemory", "1mb"});

  std::vector<EncodedEvent> events;
  for (int i = 0; i < 20; ++i) events.push_back(an_event(ids_, "Note", 1'000));
  const auto plain = broker.append(task("t1"), events, {});
  ASSERT_FALSE(plain.ok());
  EXPECT_EQ(plain.error().code, Errc::kFull);
  const auto guarded = broker.append(task("t1"), events, {.maybe_repeated = true});
  ASSERT_FALSE(guarded.ok());
  EXPECT_EQ(guarded.error().code, Errc::kFull);
  const auto committed = broker.commit({.task = task("t1"),
                                        .lease = {},
                                        .version = {},
                                        .snapshot = {},
                                        .events = events,
                                        .signals_taken = {}});
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().code, Errc::kFull);
  EXPECT_EQ(broker.create(a_task("t2")).error().code, Errc::kFull);
  EXPECT_EQ(publishes(), before);
  EXPECT_EQ(server_.command({"XLEN", "taskfeed:{t1}:events"}), "1");
  EXPECT_EQ(server_.command({"EXISTS", "taskfeed:{t2}"}), "0");

  server_.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(append(broker, an_event(ids_, "Note"))[0].seq, 2u);
}

TEST_F(RedisBrokerMemory, AnExecutionThatCannotBeStoredLeavesTheTaskAsItWas) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  server_.command({"CONFIG", "SET", "maxmemory", "1mb"});
  const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
  EXPECT_EQ(broker.execute(task("t1"), execution).error().code, Errc::kFull);
  server_.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(broker.load(task("t1"))->task.status, TaskStatus::kSubmitted);
  EXPECT_TRUE(broker.execute(task("t1"), execution).ok());
}

TEST_F(RedisBrokerMemory, ALeaseIsRenewedAndReleasedWithoutMemory) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
  ASSERT_TRUE(broker.execute(task("t1"), execution).ok());
  const auto claimed = broker.claim(task("t1"), worker("w1"), Milliseconds(10'000));
  ASSERT_TRUE(claimed.ok());
  server_.command({"CONFIG", "SET", "maxmemory", "1mb"});
  EXPECT_TRUE(broker.renew(claimed->lease, Milliseconds(10'000)).ok());
  EXPECT_TRUE(broker.release(claimed->lease, "no memory").ok());
}

TEST_F(RedisBrokerMemory, AnEvictingPolicyIsWarnedAbout) {
  RedisBroker broker = broker_at(server_.url());
  EXPECT_TRUE(broker.warnings().empty());
  server_.command({"CONFIG", "SET", "maxmemory", "100mb"});
  server_.command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  ASSERT_EQ(broker.warnings().size(), 1u);
  EXPECT_NE(broker.warnings()[0].find("allkeys-lru"), std::string::npos);
}

TEST_F(RedisBrokerLife, OfATaskOfOneStepTakesAtMostTwelveRoundTrips) {
  RedisBroker client = broker_at(server_.url());
  RedisBroker worker_side = broker_at(server_.url());
  const broker::Take take{.queue = queue("default"), .worker = worker("w1")};
  // An idle worker has made its group before.
  ASSERT_TRUE(
      worker_side.take({.queue = queue("default"), .worker = worker("w1"), .wait = Milliseconds(0)})
          .ok());
  const uint64_t before = client.round_trips() + worker_side.round_trips();

  ASSERT_TRUE(client.create(a_task("t1")).ok());
  const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
  ASSERT_TRUE(client.execute(task("t1"), execution).ok());
  const auto taken = worker_side.take(take);
  ASSERT_TRUE(taken.ok());
  ASSERT_EQ(taken->size(), 1u);
  const auto claimed = worker_side.claim(task("t1"), worker("w1"), Milliseconds(10'000));
  ASSERT_TRUE(claimed.ok());
  Task snapshot = claimed->stored.task;
  uint64_t version = claimed->stored.version;
  for (const char* type : {"WorkflowStarted", "WorkflowStepCompleted", "WorkflowCompleted"}) {
    snapshot.status = type == std::string_view("WorkflowCompleted") ? TaskStatus::kCompleted
                                                                    : TaskStatus::kRunning;
    const auto committed = worker_side.commit({.task = task("t1"),
                                               .lease = claimed->lease,
                                               .version = version,
                                               .snapshot = broker::Snapshot{snapshot, "{}"},
                                               .events = {an_event(ids_, type)},
                                               .signals_taken = {}});
    ASSERT_TRUE(committed.ok()) << committed.error().text;
    version = committed->version;
  }
  ASSERT_TRUE(worker_side.done(queue("default"), taken->front()).ok());
  EXPECT_LE(client.round_trips() + worker_side.round_trips() - before, 12u);
  EXPECT_EQ(client.load(task("t1"))->task.status, TaskStatus::kCompleted);
  EXPECT_EQ(server_.command({"XLEN", "taskfeed:queue:{default}"}), "0");
}

TEST_F(RedisBrokerLife, ASignalWakesTheWorkerThatHoldsTheLease) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
  ASSERT_TRUE(broker.execute(task("t1"), execution).ok());
  ASSERT_TRUE(broker.claim(task("t1"), worker("w1"), Milliseconds(60'000)).ok());
  ASSERT_TRUE(broker.wait_for_signals(worker("w1"), Milliseconds(0)).ok());  // Subscribed.
  ASSERT_TRUE(broker.signal(task("t1"), {broker::SignalKind::kCancel, "me", "", ""}).ok());
  const auto woken = broker.wait_for_signals(worker("w1"), Milliseconds(10'000));
  ASSERT_TRUE(woken.ok());
  EXPECT_EQ(*woken, std::vector<TaskId>{task("t1")});
}

TEST_F(RedisBrokerLife, ADeferredTaskComesBackWhileAWorkerWaits) {
  RedisBroker broker = broker_at(server_.url());
  ASSERT_TRUE(broker.create(a_task("t1")).ok());
  const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
  ASSERT_TRUE(broker.execute(task("t1"), execution).ok());
  const broker::Take take{
      .queue = queue("default"), .worker = worker("w1"), .wait = Milliseconds(10'000)};
  const auto taken = broker.take(take);
  ASSERT_EQ(taken->size(), 1u);
  ASSERT_TRUE(broker.defer(queue("default"), taken->front(), Milliseconds(20)).ok());
  const auto again = broker.take(take);
  ASSERT_TRUE(again.ok());
  ASSERT_EQ(again->size(), 1u);
  EXPECT_EQ(again->front().task, task("t1"));
  EXPECT_NE(again->front().id, taken->front().id);
}

TEST_F(RedisBrokerLife, AListGoesThroughTasksOfOneMillisecondOnce) {
  RedisBroker broker = broker_at(server_.url());
  for (char c = 'a'; c < 'k'; ++c) {
    ASSERT_TRUE(broker.create(a_task(std::string("t") + c)).ok());
  }
  std::string seen;
  std::string cursor;
  do {
    const auto page = broker.list({.agent = {}, .status = {}, .limit = 3, .cursor = cursor});
    ASSERT_TRUE(page.ok()) << page.error().text;
    for (const auto& stored : page->tasks) seen += stored.task.id.str()[1];
    cursor = page->cursor;
  } while (!cursor.empty());
  EXPECT_EQ(seen, "jihgfedcba");
  EXPECT_EQ(broker.list({.agent = {}, .status = {}, .cursor = "nonsense"}).error().code,
            Errc::kInvalid);
}

}  // namespace
}  // namespace taskfeed::redis
