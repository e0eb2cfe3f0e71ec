#include "cmd/follow.h"

#include <csignal>

#include <gtest/gtest.h>

#include "fake_backend.h"

namespace taskfeed::cmd {
namespace {

using testing::FakeBackend;
using testing::ScriptedStream;

EventFilter filter(const FilterArgs& args) {
  return read_filter(args, testing::ManualClock().wall()).value();
}

/// A terminal, a stream that a test writes, and the tasks t-1 and t-2.
class FollowWorld {
 public:
  FollowWorld() {
    globals.output = OutputFormat::kRaw;
    backend.make_stream = [this] { return std::make_unique<ScriptedStream>(script, clock); };
    backend.apply_agent("a-1");
    first = backend.create_task("a-1");
    second = backend.create_task("a-1");
  }

  void open(const TaskId& task, std::string_view last, std::string_view replay = "complete") {
    control(task, "stream.open",
            Json{{"task_id", task.str()}, {"replay", replay}, {"last_id", last}});
  }
  void event(const TaskId& task, std::string_view cursor, std::string_view type,
             const std::string& json = "{}") {
    script.items.push_back(
        {StreamItem::Kind::kEvent, task, {std::string(type), json, std::string(cursor)}, Error{}});
  }
  /// An event of the minute `minute` of ten o'clock, which is when the clock begins.
  void event_at(std::string_view cursor, std::string_view type, std::string_view minute) {
    event(*first, cursor, type, R"({"timestamp":"2026-11-22T10:)" + std::string(minute) + R"(Z"})");
  }
  std::string cursors_shown() const {
    std::string cursors;
    for (size_t at = 0; at < out.text.size(); at = out.text.find('\n', at) + 1) {
      cursors += (at == 0 ? "" : " ") + out.text.substr(at, out.text.find(' ', at) - at);
    }
    return cursors;
  }
  void gap(const TaskId& task, std::string_view reason) {
    control(task, "stream.gap", Json{{"from", "0-0"}, {"to", "4-4"}, {"reason", reason}});
  }
  void end(const TaskId& task) {
    control(task, "stream.end", Json{{"status", "completed"}});
    script.items.push_back({StreamItem::Kind::kEnd, task, {}, Error{}});
  }
  void control(const TaskId& task, std::string_view name, const Json& data) {
    script.items.push_back(
        {StreamItem::Kind::kEvent, task, {std::string(name), dump_json(data), ""}, Error{}});
  }
  void finish_task(const TaskId& task, std::string_view type) {
    ASSERT_TRUE(backend.service.publish(task, {{.type = std::string(type)}}).ok());
  }

  ExitStatus follow(FollowRequest request) {
    if (request.tasks.empty()) request.tasks = {*first};
    Deps deps{globals, environment, in, out, err, clock, ids, log, interrupts, &backend};
    return cmd::follow(request, deps);
  }
  std::string types_shown() const {
    std::string types;
    for (size_t at = 0; at < out.text.size();) {
      const size_t end = out.text.find('\n', at);
      const std::string line = out.text.substr(at, end - at);
      const size_t space = line.find(' ');
      types += (types.empty() ? "" : " ") + line.substr(space + 1, line.rfind(' ') - space - 1);
      at = end + 1;
    }
    return types;
  }

  testing::ManualClock clock;
  Globals globals;
  Environment environment{[](std::string_view) { return std::string(); }};
  Interrupts interrupts;
  Input in{-1};
  TextOutput out;
  TextOutput err;
  testing::SeededIdSource ids;
  NullLog log;
  FakeBackend backend{clock, ids};
  ScriptedStream::Script script;
  std::optional<TaskId> first, second;
};

TEST(FollowEnd, ExitsAsTheTaskDid) {
  struct Row {
    std::string_view last;
    ExitStatus status;
  };
  for (const Row& row : {Row{types::kCompleted, ExitStatus::kCompleted},
                         Row{types::kFailed, ExitStatus::kTaskFailed},
                         Row{types::kCancelled, ExitStatus::kCancelled}}) {
    FollowWorld world;
    world.finish_task(*world.first, row.last);
    world.open(*world.first, "1-1");
    world.event(*world.first, "1-1", row.last);
    world.end(*world.first);
    EXPECT_EQ(world.follow({}), row.status) << row.last;
    EXPECT_EQ(world.types_shown(), row.last);
  }
}

TEST(FollowEnd, OfSeveralTasksIsThatOfTheFirstThatDidNotComplete) {
  FollowWorld world;
  world.finish_task(*world.first, types::kCompleted);
  world.finish_task(*world.second, types::kCancelled);
  for (const TaskId& task : {*world.second, *world.first}) {
    world.open(task, "1-1");
    world.end(task);
  }
  EXPECT_EQ(world.follow({.tasks = {*world.first, *world.second}}), ExitStatus::kCancelled);
}

TEST(FollowPrefix, StartsEachLineOfTextWithItsTask) {
  FollowWorld world;
  world.globals.output = OutputFormat::kText;
  world.finish_task(*world.first, types::kCompleted);
  world.open(*world.first, "1-1");
  world.event(*world.first, "1-1", "Note");
  world.end(*world.first);
  EXPECT_EQ(world.follow({.prefix = true}), ExitStatus::kCompleted);
  EXPECT_TRUE(world.out.text.starts_with(world.first->str() + "  ")) << world.out.text;
}

TEST(FollowHistory, EndsAtTheNewestEventWhenNotFollowing) {
  FollowWorld world;
  world.open(*world.first, "2-2");
  world.event(*world.first, "1-1", "A");
  world.event(*world.first, "2-2", "B");
  world.event(*world.first, "3-3", "C");
  EXPECT_EQ(world.follow({.follow = false}), ExitStatus::kCompleted);
  EXPECT_EQ(world.types_shown(), "A B");
}

TEST(FollowHistory, EndsAtOnceWhereThereIsNone) {
  FollowWorld world;
  world.open(*world.first, "");
  EXPECT_EQ(world.follow({.follow = false}), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, "");
}

TEST(FollowHistory, EndsAtOnceWhereAllOfItWasSeen) {
  FollowWorld world;
  world.open(*world.first, "2-2");
  EXPECT_EQ(world.follow({.after = Cursor{2, 2}, .follow = false}), ExitStatus::kCompleted);
}

TEST(FollowHistory, IsReadAnewAfterAResetEvenWhereTheCursorIsAhead) {
  FollowWorld world;
  world.open(*world.first, "1-9", "reset");
  world.gap(*world.first, "reset");
  world.event(*world.first, "1-9", "A");
  EXPECT_EQ(world.follow({.after = Cursor{5, 5}, .follow = false}), ExitStatus::kCompleted);
  EXPECT_EQ(world.types_shown(), "A");
  EXPECT_NE(world.err.text.find("it is read anew"), std::string::npos) << world.err.text;
  EXPECT_EQ(world.err.text.find("up to"), std::string::npos) << world.err.text;
}

TEST(FollowEnd, OfATaskThatIsGoneIsNotThatOfAnotherUnderItsId) {
  FollowWorld world;
  world.open(*world.first, "1-9");
  world.event(*world.first, "1-9", "A");
  world.gap(*world.first, "reset");
  world.control(*world.first, "stream.end", Json{{"status", "gone"}});
  EXPECT_EQ(world.follow({}), ExitStatus::kNotFound);
  EXPECT_NE(world.err.text.find("is gone: Redis has lost it"), std::string::npos) << world.err.text;
}

TEST(FollowNewest, IsAskedOfTheStreamWhereThatCounts) {
  FollowWorld world;
  world.open(*world.first, "");
  EXPECT_EQ(world.follow({.newest = 5, .follow = false}), ExitStatus::kCompleted);
  EXPECT_EQ(world.script.requests.front().history_newest, 5u);
}

TEST(FollowNewest, OfNoneAsksForNoHistory) {
  FollowWorld world;
  world.finish_task(*world.first, types::kCompleted);
  world.open(*world.first, "4-4");
  world.event(*world.first, "5-5", "New");
  world.end(*world.first);
  EXPECT_EQ(world.follow({.newest = 0}), ExitStatus::kCompleted);
  EXPECT_FALSE(world.script.requests.front().include_history);
  EXPECT_EQ(world.types_shown(), "New");
}

TEST(FollowNewest, CountsWhatIsShownWhereTypesAreFiltered) {
  FollowWorld world;
  world.open(*world.first, "4-4");
  world.event(*world.first, "1-1", "A");
  world.event(*world.first, "2-2", "A");
  world.event(*world.first, "3-3", "A");
  world.event(*world.first, "4-4", "B");
  FollowRequest request{.newest = 2, .filter = filter({.types = "A"}), .follow = false};
  EXPECT_EQ(world.follow(request), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, "2-2 A {}\n3-3 A {}\n");
}

TEST(FollowFilter, IsTheStreamsWhereNothingElseCounts) {
  FollowWorld world;
  world.finish_task(*world.first, types::kCompleted);
  world.open(*world.first, "1-1");
  world.end(*world.first);
  EXPECT_EQ(world.follow({.filter = filter({.types = "A*", .exclude = "AB"})}),
            ExitStatus::kCompleted);
  EXPECT_EQ(world.script.requests.front().types, "A*");
  EXPECT_EQ(world.script.requests.front().exclude, "AB");
}

TEST(FollowUntil, StopsAfterTheFirstEventOfTheType) {
  FollowWorld world;
  world.open(*world.first, "");
  world.event(*world.first, "1-1", "A");
  world.event(*world.first, "2-2", "WorkflowToolCallStarted");
  world.event(*world.first, "3-3", "B");
  EXPECT_EQ(world.follow({.until_event = "*ToolCall*"}), ExitStatus::kCompleted);
  EXPECT_EQ(world.types_shown(), "A WorkflowToolCallStarted");
}

TEST(FollowSince, IsAskedOfTheStreamAndHeldHere) {
  FollowWorld world;
  world.finish_task(*world.first, types::kCompleted);
  world.open(*world.first, "3-3");
  world.event_at("1-1", "A", "00:59");
  world.event_at("2-2", "A", "01:00");
  world.event_at("3-3", "A", "00:58");
  world.end(*world.first);
  const EventFilter since = filter({.since = "2026-11-22T10:01:00Z"});
  EXPECT_EQ(world.follow({.filter = since}), ExitStatus::kCompleted);
  EXPECT_EQ(world.script.requests.front().since, since.since);
  EXPECT_EQ(world.cursors_shown(), "2-2");
}

TEST(FollowUntil, EndsByTheClockWithoutAResumeLine) {
  FollowWorld world;
  world.open(*world.first, "1-1");
  world.event_at("1-1", "A", "00:00");
  world.event_at("2-2", "A", "00:01");
  world.event_at("3-3", "A", "00:02");
  const WallTime end = world.clock.wall() + Milliseconds(1'000);
  const FollowRequest request{.filter = filter({.until = "1795341601"})};
  EXPECT_EQ(world.follow(request), ExitStatus::kCompleted);
  EXPECT_EQ(world.cursors_shown(), "1-1 2-2");
  EXPECT_EQ(world.clock.wall(), end);
  EXPECT_EQ(world.err.text, "");
}

TEST(FollowUntil, OfThePastEndsWithHistory) {
  FollowWorld world;
  world.open(*world.first, "3-3");
  world.event_at("1-1", "A", "00:00");
  world.event_at("2-2", "A", "00:09");
  world.event_at("3-3", "A", "00:00");
  world.event_at("4-4", "A", "00:00");
  EXPECT_EQ(world.follow({.filter = filter({.until = "0s"})}), ExitStatus::kCompleted);
  EXPECT_EQ(world.cursors_shown(), "1-1 3-3");
  EXPECT_FALSE(world.script.requests.front().since.has_value());
}

TEST(FollowUntil, LeavesWhatIsLaterToWhoGoesOn) {
  FollowWorld world;
  world.open(*world.first, "2-2");
  world.event_at("1-1", "A", "00:00");
  world.event_at("2-2", "A", "00:09");
  std::string told;
  FollowRequest request{.filter = filter({.until = "0s"})};
  request.on_shown = [&](const Cursor& cursor) -> Result<void> {
    told += cursor.str() + " ";
    return {};
  };
  EXPECT_EQ(world.follow(request), ExitStatus::kCompleted);
  EXPECT_EQ(told, "1-1 ");
}

TEST(FollowGrep, CountsTheNewestOfWhatIsShown) {
  FollowWorld world;
  world.open(*world.first, "4-4");
  world.event(*world.first, "1-1", "A", R"({"x":1})");
  world.event(*world.first, "2-2", "A", R"({"x":12})");
  world.event(*world.first, "3-3", "A", R"({"x":13})");
  world.event(*world.first, "4-4", "A", R"({"x":2})");
  FollowRequest request{.newest = 2, .filter = filter({.grep = "1"}), .follow = false};
  EXPECT_EQ(world.follow(request), ExitStatus::kCompleted);
  EXPECT_EQ(world.cursors_shown(), "2-2 3-3");
}

TEST(FollowGrep, SeesTheJsonAsItIsPrinted) {
  FollowWorld world;
  world.open(*world.first, "1-1");
  world.event(*world.first, "1-1", "A", "{\n \"x\":\n 1}");
  FollowRequest request{.filter = filter({.grep = R"(^\{"x":1\}$)"}), .follow = false};
  EXPECT_EQ(world.follow(request), ExitStatus::kCompleted);
  EXPECT_EQ(world.cursors_shown(), "1-1");
}

TEST(FollowFilter, NeverHidesWhereTheReaderIs) {
  FollowWorld world;
  world.globals.timeout = Milliseconds(1'000);
  world.open(*world.first, "2-2");
  world.event(*world.first, "1-1", "A", R"({"x":1})");
  world.event(*world.first, "2-2", "B", R"({"x":2})");
  EXPECT_EQ(world.follow({.filter = filter({.since = "1h", .grep = "1"})}), ExitStatus::kTimeout);
  EXPECT_EQ(world.cursors_shown(), "1-1");
  EXPECT_EQ(world.err.text, "taskfeed: --timeout ran out; resume with: taskfeed tail " +
                                world.first->str() + " --after 2-2 --grep 1\n");
}

TEST(FollowGap, IsToldAndGoesOn) {
  FollowWorld world;
  world.open(*world.first, "5-5", "partial");
  world.gap(*world.first, "trimmed");
  world.event(*world.first, "5-5", "A");
  EXPECT_EQ(world.follow({.follow = false}), ExitStatus::kCompleted);
  EXPECT_EQ(world.err.text, "taskfeed: events of " + world.first->str() +
                                " after 0-0 up to 4-4 are lost (trimmed)\n");
}

TEST(FollowGap, EndsWithItsStatusWhereAsked) {
  FollowWorld world;
  world.open(*world.first, "5-5", "partial");
  world.gap(*world.first, "trimmed");
  EXPECT_EQ(world.follow({.fail_on_gap = true}), ExitStatus::kGap);
}

TEST(FollowTimeout, SaysHowToResume) {
  FollowWorld world;
  world.globals.timeout = Milliseconds(1'000);
  world.backend.origin = " --redis redis://h";
  world.open(*world.first, "");
  world.event(*world.first, "1-1", "A");
  EXPECT_EQ(world.follow({}), ExitStatus::kTimeout);
  EXPECT_EQ(world.err.text,
            "taskfeed: --timeout ran out; resume with: taskfeed --redis redis://h "
            "tail " +
                world.first->str() + " --after 1-1\n");
}

TEST(FollowTimeout, HoldsForAStreamThatIsNeverSilent) {
  FollowWorld world;
  world.globals.timeout = Milliseconds(1'000);
  world.open(*world.first, "");
  FollowRequest request;
  int seen = 0;
  request.on_event = [&](const TaskId&, const sse::Message&) {
    world.clock.advance(Milliseconds(100));
    world.event(*world.first, std::to_string(++seen + 1) + "-1", "A");
  };
  world.event(*world.first, "1-1", "A");
  EXPECT_EQ(world.follow(request), ExitStatus::kTimeout);
  EXPECT_EQ(seen, 10);
}

TEST(FollowInterrupt, LeavesTheTaskAndSaysHowToResume) {
  FollowWorld world;
  world.open(*world.first, "");
  world.event(*world.first, "1-1", "A");
  world.script.on_idle = [&world] {
    if (world.interrupts.received() == 0) ::kill(::getpid(), SIGINT);
    while (world.interrupts.received() == 0) ::sched_yield();
  };
  EXPECT_EQ(world.follow({}), ExitStatus::kInterrupted);
  EXPECT_EQ(world.err.text, "taskfeed: interrupted; resume with: taskfeed tail " +
                                world.first->str() + " --after 1-1\n");
  EXPECT_EQ(world.backend.service.get(*world.first)->status, TaskStatus::kSubmitted);
}

TEST(FollowShown, IsToldOfEachEventOnceItsLineIsWrittenThrough) {
  FollowWorld world;
  world.open(*world.first, "2-2");
  world.event(*world.first, "1-1", "A");
  world.event(*world.first, "2-2", "B");
  std::string told;
  FollowRequest request{.follow = false};
  request.on_shown = [&](const Cursor& cursor) -> Result<void> {
    told += cursor.str() + " after " + std::to_string(world.out.text.size()) + " bytes; ";
    return {};
  };
  EXPECT_EQ(world.follow(request), ExitStatus::kCompleted);
  EXPECT_EQ(told, "1-1 after 9 bytes; 2-2 after 18 bytes; ");
}

TEST(FollowShown, WaitsForWhatIsHeld) {
  FollowWorld world;
  world.open(*world.first, "3-3");
  world.event(*world.first, "1-1", "A");
  world.event(*world.first, "2-2", "B");
  world.event(*world.first, "3-3", "A");
  std::string told;
  FollowRequest request{.newest = 2, .filter = filter({.types = "A"}), .follow = false};
  request.on_shown = [&](const Cursor& cursor) -> Result<void> {
    told += cursor.str();
    return {};
  };
  EXPECT_EQ(world.follow(request), ExitStatus::kCompleted);
  EXPECT_EQ(told, "3-3");
}

TEST(FollowShown, EndsTheReaderWithItsError) {
  FollowWorld world;
  world.open(*world.first, "2-2");
  world.event(*world.first, "1-1", "A");
  world.event(*world.first, "2-2", "B");
  FollowRequest request;
  request.on_shown = [](const Cursor&) {
    return Result<void>(Errc::kInternal, "the disk is full");
  };
  EXPECT_EQ(world.follow(request), ExitStatus::kOther);
  EXPECT_EQ(world.types_shown(), "A");
  EXPECT_EQ(world.err.text, "taskfeed: the disk is full\n");
}

TEST(FollowInterrupt, SaysTheOptionThatResumes) {
  FollowWorld world;
  world.globals.timeout = Milliseconds(1'000);
  world.open(*world.first, "");
  world.event(*world.first, "1-1", "A");
  FollowRequest request;
  request.resume_option = " --cursor-file seen";
  EXPECT_EQ(world.follow(request), ExitStatus::kTimeout);
  EXPECT_EQ(world.err.text, "taskfeed: --timeout ran out; resume with: taskfeed tail " +
                                world.first->str() + " --cursor-file seen\n");
}

TEST(FollowFailure, IsToldOnceWithItsStatus) {
  FollowWorld world;
  world.script.items.push_back({StreamItem::Kind::kFailed,
                                *world.first,
                                {},
                                {Errc::kUnavailable, "nothing answers at http://h:1"}});
  EXPECT_EQ(world.follow({}), ExitStatus::kUnreachable);
  EXPECT_EQ(world.err.text, "taskfeed: nothing answers at http://h:1\n");
}

TEST(FollowFailure, OfOpeningIsToldToo) {
  FollowWorld world;
  world.script.refusal = Error{Errc::kTooLarge, "too many"};
  EXPECT_EQ(world.follow({}), ExitStatus::kUsage);
}

}  // namespace
}  // namespace taskfeed::cmd
