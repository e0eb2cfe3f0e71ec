#include <gtest/gtest.h>

#include "cmd_world.h"

namespace taskfeed::cmd {
namespace {

using testing::CmdWorld;

Task only_task(CmdWorld& world) {
  const auto listing = world.backend.service.list({}).value();
  EXPECT_EQ(listing.tasks.size(), 1u);
  return listing.tasks.front();
}

TEST(Create, PrintsTheIdAloneWhereAsked) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  EXPECT_EQ(world.call(enter_create, {"--agent", "a-1", "-d", "a goal", "--id-only"}),
            ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, only_task(world).id.str() + "\n");
  EXPECT_EQ(world.err.text, "");
}

TEST(Create, TakesTheOnlyAgentWhereNoneIsNamed) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  EXPECT_EQ(world.call(enter_create, {"-d", "a goal"}), ExitStatus::kCompleted);
  EXPECT_EQ(only_task(world).spec.agent.str(), "a-1");
}

TEST(Create, AsksWhichOfSeveralAgentsIsMeant) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  world.backend.apply_agent("a-2");
  EXPECT_EQ(world.call(enter_create, {"-d", "a goal"}), ExitStatus::kUsage);
  EXPECT_EQ(world.err.text,
            "taskfeed: there are several agents; choose one with --agent (a-1, a-2)\n");
}

TEST(Create, NamesAnUnknownAgent) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_create, {"--agent", "nobody"}), ExitStatus::kNotFound);
  EXPECT_NE(world.err.text.find("no agent nobody"), std::string::npos) << world.err.text;
}

TEST(Create, ReadsTheDescriptionFromStdin) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  EXPECT_EQ(world.call(enter_create, {"-d", "-"}, "two\nlines\n"), ExitStatus::kCompleted);
  EXPECT_EQ(only_task(world).spec.description, "two\nlines");
}

TEST(Create, ReadsParametersAsJsonAndElseAsText) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  EXPECT_EQ(world.call(enter_create,
                       {"--param", "n=3", "--param", "list=[1,2]", "--param", "t=x y", "--param",
                        "eq=a=b", "--param", "quoted=\"3\"", "--param", "empty=", "--streaming"}),
            ExitStatus::kCompleted);
  EXPECT_EQ(dump_json(only_task(world).spec.parameters),
            R"({"n":3,"list":[1,2],"t":"x y","eq":"a=b","quoted":"3","empty":"",)"
            R"("enable_streaming":true})");
}

TEST(CreateBudget, IsAParameterOfTheTask) {
  for (const auto& [budget, expected] : std::initializer_list<std::pair<std::string, Json>>{
           {"0.50", {{"usd", 0.5}}},
           {"3", {{"usd", 3}}},
           {"usd=0.5,tokens=1000", {{"usd", 0.5}, {"tokens", 1000}}},
           {"wall_time=10m", {{"wall_time", "10m"}}}}) {
    CmdWorld world;
    world.backend.apply_assistant("a-1");
    EXPECT_EQ(world.call(enter_create, {"--budget", budget, "--param", "budget=9"}),
              ExitStatus::kCompleted)
        << world.err.text;
    EXPECT_EQ(only_task(world).spec.parameters, (Json{{"budget", expected}}));
  }
}

TEST(CreateBudget, MayBeSaidAsTheCostAlone) {
  CmdWorld world;
  world.backend.apply_assistant("a-1");
  EXPECT_EQ(world.call(enter_create, {"--max-cost", "0.25"}), ExitStatus::kCompleted)
      << world.err.text;
  EXPECT_EQ(only_task(world).spec.parameters, (Json{{"budget", {{"usd", 0.25}}}}));
}

TEST(CreateBudget, IsRefusedForAnAgentThatKeepsToNone) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  EXPECT_EQ(world.call(enter_create, {"--budget", "0.5"}), ExitStatus::kUsage);
  EXPECT_EQ(world.err.text,
            "taskfeed: --budget: the agent a-1 has runner \"command\", which keeps to no budget; "
            "leave it out\n");
  EXPECT_TRUE(world.backend.service.list({})->tasks.empty());
}

TEST(CreateBudget, IsLeftToWhoExecutesTheTasksOfAnExternalAgent) {
  CmdWorld world;
  ASSERT_TRUE(
      world.backend.service
          .put_agent({.id = testing::agent("theirs"), .runner = runner::RunnerKind::kExternal})
          .ok());
  EXPECT_EQ(world.call(enter_create, {"--budget", "0.5"}), ExitStatus::kCompleted);
}

TEST(Create, KeepsLabelsAndTheUser) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  EXPECT_EQ(world.call(enter_create, {"--label", "team=red", "--user", "u-7"}),
            ExitStatus::kCompleted);
  EXPECT_EQ(only_task(world).spec.labels.at("team"), "red");
  EXPECT_EQ(only_task(world).spec.user_id, "u-7");
}

TEST(Create, PrintsTheTasksDocumentAsJson) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  EXPECT_EQ(world.call(enter_create, {"--json", "-d", "a goal"}), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, dump_json(task_to_json(only_task(world))) + "\n");
}

TEST(Create, QueuesTheTaskWithExecuteAndSaysThatNobodyWorks) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  world.backend.alone = true;
  EXPECT_EQ(world.call(enter_create, {"--execute"}), ExitStatus::kCompleted);
  EXPECT_EQ(only_task(world).status, TaskStatus::kPending);
  EXPECT_NE(world.err.text.find("waits for a worker"), std::string::npos) << world.err.text;
}

TEST(CreateBadInput, IsToldBeforeAnythingIsOpened) {
  struct Row {
    std::vector<std::string> args;
    std::string_view says;
  };
  const Row rows[] = {
      {{"--agent", "a b"}, "--agent: "},
      {{"--agent", ""}, "--agent"},
      {{"--param", "novalue"}, "--param 'novalue' is not of the form NAME=VALUE"},
      {{"--param", "=x"}, "--param '=x' is not of the form NAME=VALUE"},
      {{"--label", "novalue"}, "--label 'novalue' is not of the form NAME=VALUE"},
      {{"--budget", "much"}, "--budget: 'much' is no amount of US dollars above 0, as 0.50"},
      {{"--budget", "0"}, "--budget: '0' is no amount"},
      {{"--budget", "-1"}, "--budget: '-1' is no amount"},
      {{"--budget", "usd=1e3"}, "--budget: '1e3' is no amount"},
      {{"--budget", "usd=1,5"}, "--budget: '5' is neither US dollars nor NAME=VALUE"},
      {{"--budget", "usd=1,"}, "--budget: '' is neither US dollars nor NAME=VALUE"},
      {{"--budget", "usd=1,usd=2"}, "--budget: has usd twice"},
      {{"--budget", "tokens=many"}, "--budget: tokens must be a whole number above 0"},
      {{"--budget", "euro=1"}, "--budget: euro is no bound; known are usd, tokens"},
      {{"--max-cost", "much"}, "--max-cost: 'much' is no amount of US dollars above 0, as 0.50"},
      {{"--max-cost", "1", "--budget", "1"}, "--max-cost is the usd of --budget; give one"},
      {{"-d", "\xff"}, "--description is not UTF-8"},
      {{"surplus"}, "unexpected argument 'surplus', did you mean -d surplus?"},
      {{"say x"}, "unexpected argument 'say x', did you mean -d 'say x'?"},
      {{"-d", "say", "x", "--json", "y"}, "unexpected argument 'x', did you mean -d 'say x y'?"},
      {{"--descripton", "x"}, "did you mean --description?"},
  };
  for (const Row& row : rows) {
    CmdWorld world;
    EXPECT_EQ(world.call(enter_create, row.args), ExitStatus::kUsage) << row.says;
    EXPECT_NE(world.err.text.find(row.says), std::string::npos) << world.err.text;
    EXPECT_EQ(world.out.text, "");
    EXPECT_EQ(world.opened, 0) << row.says;
  }
}

TEST(CreateBadInput, OfAParameterFileNamesTheFile) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_create, {"--params-file", "/no/such/file"}), ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find("/no/such/file: "), std::string::npos) << world.err.text;
}

TEST(CreateBadInput, TooLargeADescriptionIsRefused) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  const std::string large(TaskLimits{}.description_bytes_max + 1, 'x');
  EXPECT_EQ(world.call(enter_create, {"-d", large}), ExitStatus::kUsage);
  EXPECT_TRUE(world.backend.service.list({})->tasks.empty());
}

TEST(CreateUnreachable, ExitsWithItsStatusAndOneSentence) {
  CmdWorld world;
  world.unreachable = Error{Errc::kUnavailable, "nothing answers at redis://h:1"};
  EXPECT_EQ(world.call(enter_create, {}), ExitStatus::kUnreachable);
  EXPECT_EQ(world.err.text, "taskfeed: nothing answers at redis://h:1\n");
}

}  // namespace
}  // namespace taskfeed::cmd
