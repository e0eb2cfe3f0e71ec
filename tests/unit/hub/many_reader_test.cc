// Readers of many tasks: who is followed, from where, and what the stream's own id is worth.
#include <gtest/gtest.h>

#include "broker/registry.h"
#include "support/hub_world.h"
#include "support/many_reader_sink.h"
#include "support/redis_world.h"

namespace taskfeed::hub {
namespace {

using namespace taskfeed::testing;
using Words = std::vector<std::string>;

class ManyReaders : public ::testing::Test {
 protected:
  explicit ManyReaders(const Limits& limits = {}) : world(limits) {}

  void create(std::string_view id, std::string_view agent_id = "a1") {
    ASSERT_TRUE(world.broker.create(a_task(id, agent_id)).ok());
  }
  /// Events that name their task, as all do that taskfeed encodes.
  Cursor say(std::string_view id, size_t count = 1, std::string_view type = types::kProgress,
             size_t bytes = 0) {
    Cursor last;
    for (; count > 0; --count) {
      const Uuid event = uuid_with_tag(++tags);
      std::string json = "{\"event_id\":\"" + event.str() + "\",\"task_id\":\"" + std::string(id);
      json.append("\",\"pad\":\"").append(bytes, 'x').append("\"}");
      const EncodedEvent encoded{event, std::string(type), json};
      last = world.broker.append(task(id), std::span(&encoded, 1), {}).value().front();
    }
    return last;
  }
  void end(std::string_view id) { say(id, 1, types::kCompleted); }
  /// As service::TaskService finds it.
  ManyCursor now(const TaskSelection& selection = {}) {
    ManyCursor place{.mark = selection.mark(), .registry = {}, .open = {}};
    place.registry = world.broker.read(broker::registry_id(), {})->last;
    broker::ListQuery query;
    do {
      const broker::TaskPage page = world.broker.list(query).value();
      for (const auto& each : page.tasks) {
        if (is_terminal(each.task.status) || !selection.takes(each.task.spec.agent)) continue;
        place.open.emplace(each.task.id, each.task.last_event.value_or(Cursor{}));
      }
      query.cursor = page.cursor;
    } while (!query.cursor.empty());
    return place;
  }
  void join(ManyReaderSink& sink, const ManyOptions& options) {
    sink.close_reason.reset();
    sink.reader = world.hub.subscribe_many(options, sink).value();
    world.settle();
  }
  void join(ManyReaderSink& sink) { join(sink, {.selection = {}, .from = now()}); }
  void leave(ManyReaderSink& sink) { world.hub.unsubscribe(std::exchange(sink.reader, nullptr)); }
  void come_back(ManyReaderSink& sink, const ManyCursor& place) {
    join(sink, {.selection = {}, .from = place, .replay = sse::Replay::kComplete});
  }

  HubWorld world;
  uint32_t tags = 0;
};

TEST_F(ManyReaders, HearOpenTasksFromNowAndNewOnesFromTheirFirstEvent) {
  create("t1");
  say("t1", 2);
  ManyReaderSink sink;
  join(sink);
  EXPECT_EQ(sink.take(), (Words{"open live 1"}));
  say("t1");
  create("t2");
  say("t2");
  world.settle();
  say("t2");
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"t1 3", "t2 1", "t2 2"}));
}

TEST_F(ManyReaders, OutliveTheEndOfEachTask) {
  create("t1");
  ManyReaderSink sink;
  join(sink);
  end("t1");
  create("t2");
  end("t2");
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open live 1", "t1 1", "t1 completed", "t2 1", "t2 completed"}));
  EXPECT_FALSE(sink.close_reason);
  world.pass();
  EXPECT_TRUE(sink.place()->open.empty());
  EXPECT_EQ(sink.place()->registry.seq, 2u);
}

TEST_F(ManyReaders, OfAnAgentHearItsTasksAlone) {
  create("t1", "a1");
  create("t2", "a2");
  const TaskSelection selection{.agents = {agent("a2")}, .tasks = {}};
  ManyReaderSink sink;
  join(sink, {.selection = selection, .from = now(selection)});
  create("t3", "a1");
  create("t4", "a2");
  for (const std::string_view id : {"t1", "t2", "t3", "t4"}) say(id);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open live 1", "t2 1", "t4 1"}));
}

TEST_F(ManyReaders, OfNamedTasksEndWithTheLastOfThem) {
  create("t1");
  create("t2");
  const TaskSelection selection{.agents = {}, .tasks = {task("t1"), task("t2")}};
  say("t1");
  ManyReaderSink sink;
  join(sink, {.selection = selection,
              .from = {.mark = selection.mark(),
                       .registry = {},
                       .open = {{task("t1"), {}}, {task("t2"), {}}}},
              .replay = sse::Replay::kComplete});
  create("t3");
  say("t3");
  end("t2");
  world.settle();
  EXPECT_FALSE(sink.close_reason);
  end("t1");
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete 2", "t1 1", "t2 1", "t2 completed", "t1 2",
                                "t1 completed", "stream.end {\"status\":\"ended\"}"}));
  EXPECT_EQ(sink.close_reason, CloseReason::kEnded);
  EXPECT_TRUE(sink.place()->open.empty()) << "nothing is left to read for who comes back";
}

TEST_F(ManyReaders, ComeBackWithTheIdAndMissNothing) {
  create("t1");
  create("t2");
  ManyReaderSink sink;
  join(sink);
  say("t1", 3);
  say("t2");
  world.settle();
  world.pass();
  const ManyCursor place = sink.place().value();
  leave(sink);
  say("t1");
  end("t2");
  create("t3");
  end("t3");
  sink.take();
  come_back(sink, place);
  const Words heard = sink.take();
  EXPECT_EQ(std::multiset<std::string>(heard.begin(), heard.end()),
            (std::multiset<std::string>{"open complete 2", "t1 4", "t2 2", "t2 completed", "t3 1",
                                        "t3 completed"}));
}

TEST_F(ManyReaders, AreToldTheirPlaceBeforeTheyAreLetGo) {
  create("t1");
  ManyReaderSink sink;
  join(sink);
  say("t1", 3);
  world.settle();
  EXPECT_EQ(sink.place()->open.at(task("t1")).seq, 0u) << "not within the second";
  world.hub.shutdown();
  EXPECT_EQ(sink.place()->open.at(task("t1")).seq, 3u);
  EXPECT_EQ(sink.close_reason, CloseReason::kShutdown);
}

TEST_F(ManyReaders, AreToldTheirPlaceAtMostOnceASecondAndOnlyWhereItMoved) {
  create("t1");
  ManyReaderSink sink;
  join(sink);
  const size_t begun = sink.frames;
  for (int i = 0; i < 10; ++i) {
    say("t1");
    world.pass(Milliseconds(100));
  }
  EXPECT_EQ(sink.frames - begun, 11u) << "ten events and one id";
  world.pass();
  world.pass();
  EXPECT_LE(sink.frames - begun, 12u);
}

TEST_F(ManyReaders, AreToldAGapWithItsTask) {
  create("t1");
  say("t1", 5);
  world.broker.trim_before(task("t1"), 4);
  ManyReaderSink sink;
  ManyCursor place = now();
  place.open.at(task("t1")) = {1, 1};
  come_back(sink, place);
  EXPECT_EQ(sink.take(), (Words{"open complete 1", "gap t1 trimmed", "t1 4", "t1 5"}));
}

TEST_F(ManyReaders, AreToldWhereTasksMayBeMissing) {
  create("t1");
  const ManyCursor place = now();
  create("t2");
  create("t3");
  world.broker.trim_before(broker::registry_id(), 3);
  ManyReaderSink sink;
  come_back(sink, place);
  say("t3");
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete 1", "gap - trimmed", "t3 1"}));
}

TEST_F(ManyReaders, AreToldThatRedisLostEverything) {
  create("t1");
  say("t1", 2);
  ManyReaderSink sink;
  join(sink);
  world.broker.lose_everything();
  world.feed.lose();
  create("n1");
  say("n1");
  world.feed.restore();
  world.pass();
  world.pass();
  const Words heard = sink.take();
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "gap t1 reset"), 1);
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "gap - reset"), 1);
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "n1 1"), 1);
}

TEST_F(ManyReaders, WithFiltersMoveOnWithoutFrames) {
  create("t1");
  ManyReaderSink sink;
  join(sink,
       {.selection = {}, .from = now(), .filter = TypeFilter::parse("Workflow*", "").value()});
  say("t1", 3, "Other");
  world.settle();
  world.pass();
  world.pass();
  EXPECT_EQ(sink.take(), (Words{"open live 1"}));
  EXPECT_EQ(sink.place()->open.at(task("t1")).seq, 3u);
}

TEST_F(ManyReaders, WithoutAPlaceAreToldSo) {
  create("t1");
  ManyReaderSink sink;
  join(sink, {.selection = {}, .from = now(), .lost = true});
  EXPECT_EQ(sink.take(), (Words{"open live 1", "gap - unresumable"}));
}

TEST_F(ManyReaders, AreToldOfTasksThatAreKeptNoLonger) {
  create("t1");
  ManyReaderSink sink;
  join(sink, {.selection = {},
              .from = now(),
              .replay = sse::Replay::kComplete,
              .forgotten = {{task("gone"), {5, 5}}}});
  EXPECT_EQ(sink.take(), (Words{"open complete 1", "gap gone trimmed"}));
  EXPECT_FALSE(sink.place()->open.contains(task("gone")));
}

TEST_F(ManyReaders, OverTheIdsBoundSayThatTheyCannotResume) {
  for (int i = 0; i < 700; ++i) create("task-with-a-name-" + std::to_string(i));
  ManyReaderSink sink;
  join(sink);
  EXPECT_EQ(sink.take(), (Words{"open live 700 unresumable"}));
  EXPECT_TRUE(sink.place()->lost) << "who comes back with it is told a gap";
  for (int i = 0; i < 600; ++i) end("task-with-a-name-" + std::to_string(i));
  world.settle();
  world.pass();
  EXPECT_FALSE(sink.place()->lost);
  EXPECT_EQ(sink.place()->open.size(), 100u);
  const Words heard = sink.take();
  EXPECT_EQ(std::count(heard.begin(), heard.end(),
                       "stream.state {\"tasks\":100,\"resumable\":true,\"full\":false}"),
            1);
}

TEST_F(ManyReaders, ThatCannotTellAnyMoreKeepTheLastPlace) {
  ManyReaderSink sink;
  join(sink);
  create("t0");
  world.settle();
  world.pass();
  const ManyCursor place = sink.place().value();
  for (int i = 0; i < 700; ++i) create("task-with-a-name-" + std::to_string(i));
  world.settle();
  world.pass();
  EXPECT_EQ(sink.place(), place);
  EXPECT_EQ(sink.take().back(), "stream.state {\"tasks\":701,\"resumable\":false,\"full\":false}");
}

TEST_F(ManyReaders, AreBoundedInNumber) {
  std::vector<ManyReaderSink> sinks(Limits{}.many_streams_max);
  for (ManyReaderSink& sink : sinks) {
    sink.reader = world.hub.subscribe_many({.selection = {}, .from = {}}, sink).value();
  }
  ManyReaderSink over;
  const auto refused = world.hub.subscribe_many({.selection = {}, .from = {}}, over);
  EXPECT_EQ(refused.error().code, Errc::kTooLarge);
  leave(sinks.front());
  EXPECT_TRUE(world.hub.subscribe_many({.selection = {}, .from = {}}, over).ok());
  world.hub.shutdown();
}

class FewTasks : public ManyReaders {
 protected:
  FewTasks() : ManyReaders(few()) {}
  static Limits few() {
    Limits limits;
    limits.many_tasks_max = 4;
    return limits;
  }
};

TEST_F(FewTasks, AreFollowedAndTheOthersWaitUntilSomeEnd) {
  ManyReaderSink sink;
  join(sink);
  for (int i = 1; i <= 9; ++i) {
    create("t" + std::to_string(i));
    say("t" + std::to_string(i));
  }
  world.settle();
  world.pass();
  EXPECT_EQ(sink.seqs.size(), 4u);
  EXPECT_EQ(sink.place()->registry.seq, 4u) << "the others are still to be heard of";
  for (int i = 1; i <= 9; ++i) {
    end("t" + std::to_string(i));
    world.settle();
    world.pass();
  }
  EXPECT_EQ(sink.seqs.size(), 9u);
  for (const auto& [id, seqs] : sink.seqs) EXPECT_EQ(seqs, (std::vector<uint64_t>{1, 2})) << id;
  EXPECT_FALSE(sink.close_reason);
}

TEST_F(FewTasks, AreAllThatAStreamMayBeginWith) {
  for (int i = 1; i <= 5; ++i) create("t" + std::to_string(i));
  ManyReaderSink sink;
  const auto refused = world.hub.subscribe_many({.selection = {}, .from = now()}, sink);
  EXPECT_EQ(refused.error().code, Errc::kTooLarge);
}

class TightSinks : public ManyReaders {
 protected:
  TightSinks() : ManyReaders(tight()) {}
  static Limits tight() {
    Limits limits;
    limits.sink_pending_bytes_max = 8 * 1024;
    return limits;
  }
};

TEST_F(TightSinks, ShareOneBudgetOverAllTasks) {
  for (int i = 1; i <= 8; ++i) create("t" + std::to_string(i));
  ManyReaderSink sink;
  join(sink);
  sink.stalled = true;
  for (int round = 0; round < 4; ++round) {
    for (int i = 1; i <= 8; ++i) say("t" + std::to_string(i), 1, types::kProgress, 400);
  }
  world.settle();
  EXPECT_EQ(sink.close_reason, CloseReason::kSlow) << "no task alone has so many bytes";
}

TEST_F(TightSinks, AreNeverGivenMuchMoreThanTheirBudgetHoweverManyTasksCatchUp) {
  ManyCursor beginning = now();
  for (int i = 1; i <= 40; ++i) {
    create("t" + std::to_string(i));
    say("t" + std::to_string(i), 40, types::kProgress, 200);
  }
  ManyReaderSink sink;
  sink.stalled = true;
  come_back(sink, beginning);
  world.pass();
  EXPECT_LT(sink.most_pending, 2 * 8 * 1024 + 4 * 1024u);
  size_t turns = 0;
  while (!sink.close_reason && sink.seqs.size() < 40 && ++turns < 2'000) {
    sink.pending = 0;
    world.settle();
  }
  EXPECT_EQ(sink.seqs.size(), 40u) << "and go on as fast as they take it";
  EXPECT_FALSE(sink.close_reason);
}

}  // namespace
}  // namespace taskfeed::hub
