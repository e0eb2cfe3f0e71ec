// get, list, events, state, result, wait, execute and tail over a backend in memory.
#include <gtest/gtest.h>

#include "cmd_world.h"
#include "event/event_type.h"

namespace taskfeed::cmd {
namespace {

using testing::CmdWorld;

struct QueryWorld : CmdWorld {
  QueryWorld() {
    backend.apply_agent("a-1");
    task.emplace(backend.create_task("a-1", "first line\nsecond line"));
  }
  void publish(std::string_view type, std::string_view payload = "{}") {
    ASSERT_TRUE(
        backend.service
            .publish(*task, {{.type = std::string(type), .json = parse_json(payload).value()}})
            .ok());
  }
  void complete() { publish(types::kCompleted, R"({"final_response":"42\nlines"})"); }
  std::string stored() {
    std::string lines;
    for (const auto& event : backend.events(*task)) {
      lines += event.json + "\n";
    }
    return lines;
  }
  std::optional<TaskId> task;
};

TEST(Get, ShowsOneFactALine) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_get, {world.task->str()}), ExitStatus::kCompleted);
  EXPECT_TRUE(world.out.text.starts_with("task         " + world.task->str() +
                                         "\n"
                                         "agent        a-1\n"
                                         "status       submitted\n"
                                         "description  first line\n"
                                         "             second line\n"))
      << world.out.text;
}

TEST(Get, ShowsWhatItFindsAndNamesWhatItDoesNot) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_get, {"nobody", world.task->str(), "--json"}), ExitStatus::kNotFound);
  EXPECT_EQ(string_at(parse_json(world.out.text).value(), "id"), world.task->str());
  EXPECT_EQ(world.err.text, "taskfeed: no task nobody; `taskfeed list` shows the newest\n");
}

TEST(List, IsATableForPeopleAndNdjsonForScripts) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_list, {}), ExitStatus::kCompleted);
  EXPECT_TRUE(world.out.text.starts_with("TASK  ")) << world.out.text;
  EXPECT_NE(world.out.text.find("first line…"), std::string::npos) << world.out.text;
  EXPECT_EQ(world.call(enter_list, {"--json"}), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text,
            dump_json(task_to_json(*world.backend.service.get(*world.task))) + "\n");
}

TEST(List, GoesOnWhereItEnded) {
  QueryWorld world;
  for (int at = 0; at < 4; ++at) world.backend.create_task("a-1");
  EXPECT_EQ(world.call(enter_list, {"--limit", "3", "--json"}), ExitStatus::kCompleted);
  EXPECT_EQ(std::count(world.out.text.begin(), world.out.text.end(), '\n'), 3);
  constexpr std::string_view kOption = "--cursor ";
  const size_t at = world.err.text.find(kOption) + kOption.size();
  const std::string cursor = world.err.text.substr(at, world.err.text.find(',', at) - at);
  EXPECT_EQ(world.call(enter_list, {"--cursor", cursor, "--json"}), ExitStatus::kCompleted);
  EXPECT_EQ(std::count(world.out.text.begin(), world.out.text.end(), '\n'), 2);
  EXPECT_EQ(world.err.text, "");
}

TEST(List, OfNothingSaysSoOnStderr) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_list, {}), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, "");
  EXPECT_EQ(world.err.text, "taskfeed: no task\n");
}

TEST(ListBadInput, NamesWhatAStatusMayBe) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_list, {"--status", "done"}), ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find("submitted, pending, running"), std::string::npos);
  EXPECT_EQ(world.call(enter_list, {"--limit", "0"}), ExitStatus::kUsage);
  EXPECT_EQ(world.call(enter_list, {"--limit", "ten"}), ExitStatus::kUsage);
}

TEST(Events, PrintsAPageAndSaysHowToGoOn) {
  QueryWorld world;
  for (int at = 0; at < 5; ++at) world.publish("Note");
  EXPECT_EQ(world.call(enter_events, {world.task->str(), "--limit", "2", "--json"}),
            ExitStatus::kCompleted);
  EXPECT_EQ(std::count(world.out.text.begin(), world.out.text.end(), '\n'), 2);
  EXPECT_NE(world.err.text.find("more follow: add --after 2-"), std::string::npos)
      << world.err.text;
}

TEST(Events, PrintsAllByteForByteAsPublished) {
  QueryWorld world;
  for (int at = 0; at < 5; ++at) world.publish("Note", R"({"x":1.50,"y":"ü"})");
  EXPECT_EQ(world.call(enter_events, {world.task->str(), "--limit", "all", "-o", "json"}),
            ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, world.stored());
}

TEST(Events, TakesACursorOrItsSeqAsTheEnd) {
  QueryWorld world;
  for (const char* type : {"A", "B", "C"}) world.publish(type);
  EXPECT_EQ(world.call(enter_events, {world.task->str(), "--before", "3", "-o", "raw"}),
            ExitStatus::kCompleted);
  EXPECT_EQ(std::count(world.out.text.begin(), world.out.text.end(), '\n'), 2);
  EXPECT_EQ(world.call(enter_events, {world.task->str(), "--before", "three"}), ExitStatus::kUsage);
}

TEST(EventsGap, IsToldWhereTheCursorsEventIsTrimmed) {
  QueryWorld world;
  for (const char* type : {"A", "B", "C"}) world.publish(type);
  const std::string first = world.backend.events(*world.task)[0].cursor.str();
  world.backend.broker.trim_before(*world.task, 3);
  EXPECT_EQ(world.call(enter_events, {world.task->str(), "--after", first}),
            ExitStatus::kCompleted);
  EXPECT_NE(world.err.text.find("are trimmed"), std::string::npos) << world.err.text;
}

TEST(State, ShowsWhereTheWorkflowStands) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_state, {world.task->str(), "--json"}), ExitStatus::kCompleted);
  const Json json = parse_json(world.out.text).value();
  EXPECT_EQ(string_at(json, "task_id"), world.task->str());
  EXPECT_EQ(world.call(enter_state, {world.task->str()}), ExitStatus::kCompleted);
  EXPECT_NE(world.out.text.find("status"), std::string::npos);
}

TEST(ResultOf, ACompletedTaskIsItsResponseAlone) {
  QueryWorld world;
  world.complete();
  EXPECT_EQ(world.call(enter_result, {world.task->str()}), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, "42\nlines\n");
  EXPECT_EQ(world.err.text, "");
}

TEST(ResultOf, AFailedTaskIsItsErrorOnStderr) {
  QueryWorld world;
  world.publish(types::kFailed, R"({"error":{"kind":"step_failed","message":"no"}})");
  EXPECT_EQ(world.call(enter_result, {world.task->str()}), ExitStatus::kTaskFailed);
  EXPECT_EQ(world.out.text, "");
  EXPECT_NE(world.err.text.find("failed: step_failed: no"), std::string::npos) << world.err.text;
}

TEST(ResultOf, ATaskUnderWayIsARefusalThatNamesTheOption) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_result, {world.task->str()}), ExitStatus::kOther);
  EXPECT_NE(world.err.text.find("--wait waits for its end"), std::string::npos) << world.err.text;
  world.complete();
  EXPECT_EQ(world.call(enter_result, {"--wait", world.task->str()}), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, "42\nlines\n");
}

TEST(Wait, PrintsEachTaskAndExitsAsTheFirstThatDidNotComplete) {
  QueryWorld world;
  world.complete();
  const TaskId other = world.backend.create_task("a-1");
  EXPECT_EQ(world.call(enter_cancel, {other.str()}), ExitStatus::kCompleted);
  EXPECT_EQ(world.call(enter_wait, {world.task->str(), other.str()}), ExitStatus::kCancelled);
  EXPECT_EQ(std::count(world.out.text.begin(), world.out.text.end(), '\n'), 2) << world.out.text;
}

TEST(Wait, SaysOnceThatThereIsNoSuchTask) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_wait, {"0198aaaa-0000-7000-8000-000000000099"}),
            ExitStatus::kNotFound);
  EXPECT_EQ(std::count(world.err.text.begin(), world.err.text.end(), '\n'), 1) << world.err.text;
}

TEST(Execute, QueuesTheTaskWithItsQuery) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_execute, {world.task->str(), "--query", "-", "--streaming"}, "why?\n"),
            ExitStatus::kCompleted);
  const Task task = world.backend.service.get(*world.task).value();
  EXPECT_EQ(task.status, TaskStatus::kPending);
  EXPECT_EQ(task.query, "why?");
  EXPECT_EQ(task.streaming, true);
}

TEST(ExecuteBudget, TravelsWithTheExecution) {
  for (const std::vector<std::string>& option :
       {std::vector<std::string>{"--max-cost", "0.25"}, {"--budget", "usd=0.25"}}) {
    QueryWorld world;
    world.backend.apply_assistant("assistant");
    const TaskId task = world.backend.create_task("assistant");
    EXPECT_EQ(world.call(enter_execute, {task.str(), option[0], option[1]}), ExitStatus::kCompleted)
        << world.err.text;
    EXPECT_EQ(world.backend.service.get(task).value().budget, (Json{{"usd", 0.25}}));
  }
}

TEST(ExecuteBudget, IsRefusedForAnAgentThatKeepsToNone) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_execute, {world.task->str(), "--max-cost", "1"}), ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find("keeps to no budget"), std::string::npos) << world.err.text;
  EXPECT_EQ(world.backend.service.get(*world.task)->status, TaskStatus::kSubmitted);
}

TEST(ExecuteBudget, IsGivenInOneWay) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_execute, {world.task->str(), "--max-cost", "1", "--budget", "1"}),
            ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find("give one of them"), std::string::npos) << world.err.text;
}

TEST(Execute, OfARunningTaskIsRefused) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_execute, {world.task->str()}), ExitStatus::kCompleted);
  EXPECT_EQ(world.call(enter_execute, {world.task->str()}), ExitStatus::kOther);
}

TEST(ExecuteBadInput, RefusesAnInterruptRuleWithoutAnythingToInterrupt) {
  QueryWorld world;
  EXPECT_EQ(world.call(enter_execute, {world.task->str(), "--cancel-on-interrupt"}),
            ExitStatus::kUsage);
}

TEST(Tail, PrintsWhatTheStreamGivesByteForByte) {
  QueryWorld world;
  world.publish("Note", R"({"x":1.50})");
  world.complete();
  EXPECT_EQ(world.call(enter_tail, {"--json", world.task->str()}), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, world.stored());
}

TEST(TailTimestamps, AreDateAndTimeUnlessAStyleIsTyped) {
  QueryWorld world;
  world.complete();
  const auto time_of = [&world](const std::vector<std::string>& options) {
    std::vector<std::string> args{world.task->str(), "--timestamps"};
    args.insert(args.end(), options.begin(), options.end());
    EXPECT_EQ(world.call(enter_tail, args), ExitStatus::kCompleted);
    return world.out.text.substr(0, world.out.text.find(' '));
  };
  EXPECT_TRUE(parse_rfc3339(time_of({})).ok()) << world.out.text;
  EXPECT_TRUE(parse_rfc3339(time_of({"-o", "raw"})).ok()) << world.out.text;
  EXPECT_EQ(time_of({"--time", "clock"}).size(), std::string_view("12:03:04.512").size());
  EXPECT_EQ(time_of({"--time", "relative", "-o", "raw"}), "+0.000s");
  EXPECT_EQ(time_of({"--json"}).front(), '{');
}

TEST(TailBadInput, IsToldBeforeAnythingIsOpened) {
  struct Row {
    std::vector<std::string> args;
    std::string_view says;
  };
  const Row rows[] = {
      {{}, "which tasks?"},
      {{"t-1", "-f", "--no-follow"}, "exclude each other"},
      {{"t-1", "-n", "many"}, "nor 'all'"},
      {{"--all", "-n", "10"}, "--since 10m"},
      {{"--agent", "a-1", "--lines", "all"}, "--since 10m"},
      {{"--all", "--no-follow"}, "--no-follow needs task ids"},
      {{"t-1", "--after", "7"}, "--after: "},
      {{"t-1", "t-2", "--after", "7-7"}, "--after names an event of one task"},
      {{"t-1", "-o", "yaml"}, "text, json, sse or raw"},
      {{""}, "task id"},
      {{std::string(1'000'000, 'x')}, "task id"},
  };
  for (const Row& row : rows) {
    CmdWorld world;
    EXPECT_EQ(world.call(enter_tail, row.args), ExitStatus::kUsage) << row.says;
    EXPECT_NE(world.err.text.find(row.says), std::string::npos) << world.err.text;
    EXPECT_LT(world.err.text.size(), 400u);
    EXPECT_EQ(world.opened, 0);
  }
}

}  // namespace
}  // namespace taskfeed::cmd
