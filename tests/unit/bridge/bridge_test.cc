#include "bridge/bridge.h"

#include <gtest/gtest.h>

#include "support/clock.h"
#include "support/ids.h"

namespace taskfeed::bridge {
namespace {

using namespace taskfeed::testing;

/// Keeps what it is handed until the test answers.
class FakeStore final : public Store {
 public:
  bool ready() const override { return is_ready; }
  void store(const std::vector<Call>& round, Owner& owner) override {
    ASSERT_EQ(round_, nullptr) << "a round is under way";
    round_ = &round;
    owner_ = &owner;
    ++rounds;
  }

  bool busy() const { return round_ != nullptr; }
  const std::vector<Call>& round() const { return *round_; }
  /// "t1: a b", in the order of the calls.
  std::vector<std::string> calls() const {
    std::vector<std::string> texts;
    for (const Call& call : *round_) {
      texts.push_back(call.task.str() + ":");
      for (const Handed& handed : call.events) texts.back() += " " + handed.event.type;
    }
    return texts;
  }
  void answer(const std::function<Outcome(const Call&)>& outcome_of) {
    std::vector<Outcome> outcomes;
    for (const Call& call : *round_) outcomes.push_back(outcome_of(call));
    round_ = nullptr;
    owner_->on_stored(std::move(outcomes));
  }
  void answer_all(Verdict verdict = Verdict::kStored) {
    answer([verdict](const Call& call) {
      return Outcome{.verdicts = std::vector<Verdict>(call.events.size(), verdict), .why = {}};
    });
  }
  void answer_all(Outcome::Kind kind) {
    answer([kind](const Call&) { return Outcome{kind, {}, "because"}; });
  }

  bool is_ready = true;
  int rounds = 0;

 private:
  const std::vector<Call>* round_ = nullptr;
  Owner* owner_ = nullptr;
};

class Lines final : public Log {
 public:
  void write(LogLevel, std::string_view text) override { lines.emplace_back(text); }
  size_t count(std::string_view part) const {
    return static_cast<size_t>(std::count_if(lines.begin(), lines.end(), [part](const auto& line) {
      return line.find(part) != line.npos;
    }));
  }
  std::vector<std::string> lines;
};

class BridgeRounds : public ::testing::Test {
 protected:
  void start(const Options& options) { bridge.emplace(Ports{store, log, clock, ids}, options); }
  void say(std::string_view task, std::string_view type, std::string_view extra = "") {
    const std::string json = R"({"event_type":")" + std::string(type) + R"(","task_id":")" +
                             std::string(task) + "\"" + std::string(extra) + "}";
    bridge->heard({"c", "c", json}, {"d0", 7});
  }
  const Stats& stats() const { return bridge->stats(); }
  using Calls = std::vector<std::string>;

  ManualClock clock;
  SeededIdSource ids;
  FakeStore store;
  Lines log;
  std::optional<Bridge> bridge;
};

TEST_F(BridgeRounds, OneRoundTakesAllThatIsThereOneCallForEachTask) {
  start({});
  say("t1", "a");
  say("t2", "b");
  say("t1", "c");
  bridge->flush();
  EXPECT_EQ(store.calls(), (Calls{"t1: a c", "t2: b"}));
  EXPECT_EQ(store.round()[0].events[0].listener.name, "d0");
  EXPECT_EQ(store.round()[0].events[0].listener.since_us, 7u);
  EXPECT_FALSE(store.round()[0].look_back);
}

TEST_F(BridgeRounds, WhatIsHeardMeanwhileGoesWithTheNext) {
  start({});
  say("t1", "a");
  bridge->flush();
  say("t1", "b");
  say("t1", "c");
  bridge->flush();
  EXPECT_EQ(store.calls(), (Calls{"t1: a"}));
  EXPECT_EQ(bridge->waiting(), 3u);
  store.answer_all();
  EXPECT_EQ(store.calls(), (Calls{"t1: b c"}));
  store.answer_all();
  EXPECT_EQ(stats().stored, 3u);
  EXPECT_EQ(bridge->waiting(), 0u);
  EXPECT_EQ(store.rounds, 2);
}

TEST_F(BridgeRounds, ATaskIsNeverInTwoCallsOfARound) {
  Options options;
  options.limits.call_events_max = 2;
  start(options);
  for (const char* type : {"a", "b", "c", "d", "e"}) say("t1", type);
  bridge->flush();
  EXPECT_EQ(store.calls(), (Calls{"t1: a b"}));
  store.answer_all();
  EXPECT_EQ(store.calls(), (Calls{"t1: c d"}));
  store.answer_all();
  EXPECT_EQ(store.calls(), (Calls{"t1: e"}));
}

TEST_F(BridgeRounds, ARoundIsBoundedInEventsAndBytes) {
  Options options;
  options.limits.round_events_max = 2;
  start(options);
  for (const char* task : {"t1", "t2", "t3"}) say(task, "a");
  bridge->flush();
  EXPECT_EQ(store.calls(), (Calls{"t1: a", "t2: a"}));
  store.answer_all();
  store.answer_all();
  options.limits.round_events_max = 100;
  options.limits.round_bytes_max = 1;
  start(options);
  say("t1", "a");
  say("t2", "a");
  bridge->flush();
  EXPECT_EQ(store.calls(), (Calls{"t1: a"}));
}

TEST_F(BridgeRounds, WhatFailedGoesAgainInOrderBeforeWhatCameLater) {
  start({});
  say("t1", "a");
  say("t2", "b");
  say("t1", "c");
  bridge->flush();
  say("t1", "d");
  store.answer_all(Outcome::Kind::kRetry);
  EXPECT_FALSE(store.busy()) << "without a pause";
  bridge->flush();
  EXPECT_FALSE(store.busy());
  clock.advance(Milliseconds(50));
  bridge->flush();
  EXPECT_EQ(store.calls(), (Calls{"t1: a c d", "t2: b"}));
  EXPECT_TRUE(store.round()[0].look_back) << "the first try may have taken effect";
  store.answer_all();
  EXPECT_EQ(stats().stored, 4u);
}

TEST_F(BridgeRounds, OneTaskThatFailsDoesNotHinderTheOthers) {
  start({});
  say("t1", "a");
  say("t2", "b");
  bridge->flush();
  store.answer([](const Call& call) {
    if (call.task == task("t1")) return Outcome{Outcome::Kind::kRetry, {}, "full"};
    return Outcome{.verdicts = {Verdict::kStored}, .why = {}};
  });
  EXPECT_EQ(stats().stored, 1u);
  EXPECT_EQ(bridge->waiting(), 1u);
}

TEST_F(BridgeRounds, PausesGrowUpToTheirBoundAndEndWithSuccess) {
  start({});
  say("t1", "a");
  for (const int pause : {50, 100, 200, 400, 800, 1'000, 1'000}) {
    bridge->flush();
    ASSERT_TRUE(store.busy());
    store.answer_all(Outcome::Kind::kRetry);
    clock.advance(Milliseconds(pause - 1));
    bridge->flush();
    EXPECT_FALSE(store.busy()) << pause;
    clock.advance(Milliseconds(1));
  }
  bridge->flush();
  store.answer_all();
  say("t1", "b");
  bridge->flush();
  EXPECT_TRUE(store.busy());
}

TEST_F(BridgeRounds, WaitsForAStoreThatIsAway) {
  start({});
  store.is_ready = false;
  say("t1", "a");
  bridge->flush();
  EXPECT_FALSE(store.busy());
  // Meanwhile another daemon's copy may have gone out of the window.
  clock.advance(Milliseconds(30'001));
  store.is_ready = true;
  bridge->flush();
  EXPECT_TRUE(store.round()[0].look_back);
}

TEST_F(BridgeRounds, VerdictsAreCounted) {
  start({});
  for (const char* type : {"a", "b", "c", "d"}) say("t1", type);
  bridge->flush();
  store.answer([](const Call&) {
    return Outcome{.verdicts = {Verdict::kStored, Verdict::kSeen, Verdict::kEnded, Verdict::kHeld},
                   .why = {}};
  });
  EXPECT_EQ(stats().heard, 4u);
  EXPECT_EQ(stats().stored, 1u);
  EXPECT_EQ(stats().seen, 1u);
  EXPECT_EQ(stats().ended, 1u);
  EXPECT_EQ(stats().held, 1u);
}

TEST_F(BridgeRounds, EventsOfUnknownTasksAreDroppedWhereStreamsMayNotBeMade) {
  start({});
  say("t1", "a");
  say("t1", "b");
  bridge->flush();
  store.answer_all(Outcome::Kind::kUnknownTask);
  EXPECT_FALSE(store.busy());
  EXPECT_EQ(stats().unknown_task, 2u);
  EXPECT_EQ(log.count("let the bridge make streams"), 1u);
}

TEST_F(BridgeRounds, AnUnknownTaskIsMadeWithTheAgentThatItsEventNames) {
  start({.create = true, .limits = {}});
  say("t1", "a", R"(,"agent_id":"helper")");
  say("t2", "b");
  bridge->flush();
  EXPECT_FALSE(store.round()[0].record.has_value()) << "it may be known";
  say("t1", "later");
  store.answer_all(Outcome::Kind::kUnknownTask);
  ASSERT_TRUE(store.busy());
  EXPECT_EQ(store.calls(), (Calls{"t1: a later", "t2: b"}));
  const Task& made = store.round()[0].record.value();
  EXPECT_EQ(made.id.str(), "t1");
  EXPECT_EQ(made.spec.agent.str(), "helper");
  EXPECT_EQ(made.spec.labels.at(std::string(kBridgedLabel)), "c");
  EXPECT_EQ(made.created_at, clock.wall());
  EXPECT_EQ(store.round()[1].record->spec.agent.str(), kForeignAgent);
  store.answer_all();
  EXPECT_EQ(stats().streams_made, 2u);
  EXPECT_EQ(stats().stored, 3u);
}

TEST_F(BridgeRounds, AFloodOfUnknownTasksIsBounded) {
  Options options{.create = true, .limits = {}};
  options.limits.made_per_minute_max = 2;
  start(options);
  for (const char* task : {"t1", "t2", "t3"}) say(task, "a");
  bridge->flush();
  store.answer_all(Outcome::Kind::kUnknownTask);
  store.answer_all();
  EXPECT_EQ(stats().streams_made, 2u);
  EXPECT_EQ(stats().unknown_task, 1u);
  clock.advance(Milliseconds(60'000));
  say("t4", "a");
  bridge->flush();
  store.answer_all(Outcome::Kind::kUnknownTask);
  EXPECT_TRUE(store.busy());
}

TEST_F(BridgeRounds, WhatIsRefusedForGoodIsDroppedAndLoggedOnce) {
  start({});
  for (int n = 0; n < 3; ++n) {
    say("t1", "a");
    bridge->flush();
    store.answer_all(Outcome::Kind::kRefused);
  }
  EXPECT_EQ(stats().refused, 3u);
  EXPECT_EQ(log.count("because"), 1u);
}

TEST_F(BridgeRounds, BeyondTheQueuesBoundEventsAreLostAndItIsSaid) {
  Options options;
  options.limits.queue_events_max = 2;
  start(options);
  store.is_ready = false;
  for (const char* type : {"a", "b", "c", "d"}) say("t1", type);
  EXPECT_EQ(stats().overflowed, 2u);
  EXPECT_EQ(log.count("is lost until Redis takes them"), 1u);
  store.is_ready = true;
  bridge->flush();
  EXPECT_EQ(store.calls(), (Calls{"t1: a b"}));
  store.answer_all();
  EXPECT_EQ(log.count("2 were lost meanwhile"), 1u);
}

TEST_F(BridgeRounds, TheQueuesBytesAreBoundedToo) {
  Options options;
  options.limits.queue_bytes_max = 1'000;
  start(options);
  store.is_ready = false;
  const std::string pad = R"(,"pad":")" + std::string(600, 'x') + "\"";
  for (int n = 0; n < 5; ++n) say("t1", "a", pad);
  EXPECT_EQ(bridge->waiting(), 2u);
  EXPECT_EQ(stats().overflowed, 3u);
}

TEST_F(BridgeRounds, TheUnreadableIsCountedByReasonAndLoggedOnceForEachShape) {
  start({});
  for (int n = 0; n < 3; ++n) {
    bridge->heard({"c", "c\x1b[31m", "not json"}, {"d0", 7});
    bridge->heard({"c", "c", R"({"a":)" + std::to_string(n) + "}"}, {"d0", 7});
    bridge->heard({"c", "c", R"({"b":1})"}, {"d0", 7});
  }
  say("t1", "a");
  bridge->flush();
  EXPECT_TRUE(store.busy()) << "and the bridge goes on";
  EXPECT_EQ(stats().unreadable[static_cast<size_t>(Unreadable::kNotJson)], 3u);
  EXPECT_EQ(stats().unreadable[static_cast<size_t>(Unreadable::kNoType)], 6u);
  EXPECT_EQ(stats().unreadable_sum(), 9u);
  EXPECT_EQ(log.lines.size(), 3u);
  EXPECT_EQ(log.count("\x1b"), 0u);
}

TEST_F(BridgeRounds, TheLogOfShapesIsBounded) {
  Options options;
  options.limits.shapes_max = 3;
  start(options);
  for (int n = 0; n < 50; ++n) {
    bridge->heard({"c", "c", R"({"k)" + std::to_string(n) + "\":1}"}, {"d0", 7});
  }
  EXPECT_EQ(log.lines.size(), 4u);
  EXPECT_EQ(log.count("from here on they are only counted"), 1u);
}

}  // namespace
}  // namespace taskfeed::bridge
