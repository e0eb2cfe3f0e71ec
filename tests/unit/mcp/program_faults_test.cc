/// A server that is a program and misbehaves: it dies, hangs, floods and lies, and harms nobody.
#include <gtest/gtest.h>

#include "support/mcp_world.h"

namespace taskfeed::mcp {
namespace {

using runner::ToolResult;
using std::chrono::milliseconds;
using testing::McpWorld;

TEST(McpFault, OfAProgramThatIsNotThereNamesIt) {
  McpWorld world;
  runner::McpServer server = McpWorld::program();
  server.argv = {"no-such-program-at-all"};
  EXPECT_EQ(world.toolbox(server)->list({}).error().text,
            "mcp server \"fake\": no-such-program-at-all: no such program (or its interpreter is "
            "missing)");
}

TEST(McpFault, OfAProgramThatCannotBeStartedIsNoneThatHeals) {
  for (const std::string program : {"no-such-program-at-all", "/dev/null"}) {
    McpWorld world;
    runner::McpServer absent = McpWorld::program();
    absent.argv = {program};
    absent.name = "absent";
    EXPECT_FALSE(runner::may_heal(world.toolbox(absent)->list({}).error())) << program;
    const auto beside = world.servers.toolbox({McpWorld::program("dies"), absent}, "t");
    EXPECT_TRUE(runner::may_heal(beside->list({}).error())) << "the other server may come";
  }
}

TEST(McpFault, IsToldOnceForEachTaskAndServer) {
  McpWorld world;
  runner::McpServer absent = McpWorld::program();
  absent.argv = {"no-such-program-at-all"};
  absent.name = "absent";
  for (int activity = 0; activity < 4; ++activity) {
    ASSERT_FALSE(world.toolbox(absent)->list({}));
    world.clock.advance(milliseconds(600));
  }
  EXPECT_EQ(world.log.all(),
            "the task t has no tools of mcp server \"absent\": no-such-program-at-all: no such "
            "program (or its interpreter is missing)\n");
  ASSERT_FALSE(world.servers.toolbox({absent}, "t-2")->list({}));
  ASSERT_TRUE(world.servers.toolbox({absent, McpWorld::program()}, "t-2")->list({}));
  EXPECT_EQ(world.log.count("the task t-2 has no tools of mcp server \"absent\""), 1U);
  EXPECT_EQ(world.log.count("no-such-program-at-all"), 2U);
}

TEST(McpFault, OfMoreTasksThanAreKeptMayBeToldAgain) {
  ServersLimits limits;
  limits.notes_max = 1;
  McpWorld world(limits);
  runner::McpServer absent = McpWorld::program();
  absent.argv = {"no-such-program-at-all"};
  for (const std::string task : {"t", "t", "t-2", "t"}) {
    ASSERT_FALSE(world.servers.toolbox({absent}, task)->list({}));
  }
  EXPECT_EQ(world.log.count("the task t has no tools"), 2U);
  EXPECT_EQ(world.log.count("the task t-2 has no tools"), 1U);
}

TEST(McpFault, AtTheStartIsToldWithTheExitStatusAndTheReasonIsInTheLog) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program("dies"));
  EXPECT_EQ(tools->list({}).error().text, "mcp server \"fake\": it exited with status 3");
  EXPECT_EQ(world.log.count("cannot find my configuration"), 1U);
}

TEST(McpFault, OfOneServerLeavesTheToolsOfTheOthers) {
  McpWorld world;
  runner::McpServer broken = McpWorld::program("dies");
  broken.name = "broken";
  const auto tools = world.servers.toolbox({broken, McpWorld::program()}, "t");
  ASSERT_TRUE(tools->list({}));
  EXPECT_EQ(world.text(*tools, "echo", Json{{"text", "x"}}), "x");
  EXPECT_EQ(world.log.count("no tools of mcp server \"broken\": it exited with status 3"), 1U);
}

TEST(McpFault, InACallIsTheModelsToHearAndTheNextCallFindsANewProgram) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  const std::string before = world.text(*tools, "count");
  const ToolResult died = world.call(*tools, "die");
  EXPECT_TRUE(died.is_error);
  EXPECT_EQ(died.text, "mcp server \"fake\": it exited with status 9");
  const std::string after = world.text(*tools, "count");
  EXPECT_EQ(after.substr(0, 2), "1 ");
  EXPECT_NE(after, before);
}

TEST(McpFault, AgainAndAgainIsGivenTimeToPass) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  EXPECT_EQ(world.call(*tools, "die").text, "mcp server \"fake\": it exited with status 9");
  EXPECT_EQ(world.call(*tools, "die").text, "mcp server \"fake\": it exited with status 9");
  EXPECT_EQ(
      world.call(*tools, "echo").text,
      "mcp server \"fake\": it is not available (it exited with status 9); it is tried again in "
      "1s");
  world.clock.advance(milliseconds(999));
  EXPECT_TRUE(world.call(*tools, "echo").is_error);
  world.clock.advance(milliseconds(1));
  EXPECT_FALSE(world.call(*tools, "echo").is_error);
  // An answer makes up for what was.
  EXPECT_EQ(world.call(*tools, "die").text, "mcp server \"fake\": it exited with status 9");
  EXPECT_FALSE(world.call(*tools, "echo").is_error);
}

TEST(McpFault, OfSilenceEndsTheCallAndTheSecondOneTheProgram) {
  McpWorld world;
  runner::McpServer server = McpWorld::program();
  server.timeout = milliseconds(50);
  const auto tools = world.toolbox(server);
  const ToolResult silent = world.call(*tools, "silence");
  EXPECT_TRUE(silent.is_error);
  EXPECT_EQ(silent.text, "mcp server \"fake\": it did not answer tools/call within 50ms");
  EXPECT_EQ(world.log.count("it answers no call any more"), 0U);
  EXPECT_TRUE(world.call(*tools, "silence").is_error);
  EXPECT_EQ(world.log.count("it answers no call any more"), 1U);
}

TEST(McpFault, OfSilenceInTheHandshakeIsATimeout) {
  ServersLimits limits;
  limits.client.start_max = milliseconds(100);
  McpWorld world(limits);
  runner::McpServer server = McpWorld::program("silent");
  server.timeout = milliseconds(50);
  const Result<std::vector<runner::Tool>> list = world.toolbox(server)->list({});
  EXPECT_EQ(list.error().code, Errc::kTimeout);
  EXPECT_EQ(list.error().text, "mcp server \"fake\": it did not answer initialize within 100ms");
}

TEST(McpFault, OfAnUnknownVersionIsTold) {
  McpWorld world;
  EXPECT_EQ(
      world.toolbox(McpWorld::program("future"))->list({}).error().text,
      "mcp server \"fake\": it speaks the protocol's version \"2031-01-01\", which is not known "
      "here");
}

TEST(McpFault, StopsWithItsCaller) {
  McpWorld world;
  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  const auto list = world.toolbox(McpWorld::program("silent"))->list(stop.get_token());
  stopper.join();
  EXPECT_FALSE(list);
  EXPECT_EQ(world.log.count("failed"), 0U);
}

TEST(McpNoise, OnStdoutIsSkippedAndToldOnce) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program("garbage"));
  EXPECT_EQ(world.text(*tools, "noise"), "after the noise");
  EXPECT_EQ(world.text(*tools, "noise"), "after the noise");
  EXPECT_EQ(world.log.count("are no messages"), 1U);
  EXPECT_EQ(world.log.count("Welcome to the fake server!"), 1U);
}

TEST(McpNoise, OfALineWithoutEndEndsTheProgramAndNotTheWorker) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  const ToolResult result = world.call(*tools, "long_line");
  EXPECT_TRUE(result.is_error);
  EXPECT_EQ(result.text,
            "mcp server \"fake\": it sent a line of more than 8388608 bytes, and was ended");
  EXPECT_EQ(world.text(*tools, "echo", Json{{"text", "x"}}), "x");
}

TEST(McpNoise, OfAnswersToNobodyIsDropped) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  EXPECT_EQ(world.text(*tools, "wrong_id"), "with its id as text");
  EXPECT_EQ(world.text(*tools, "twice"), "first");
  EXPECT_EQ(world.text(*tools, "echo", Json{{"text", "x"}}), "x");
}

TEST(McpComplaints, GoToTheLogInBoundsAndWithoutSecrets) {
  McpWorld world;
  world.variables["TOKEN"] = "s3cret-token";
  runner::McpServer server = McpWorld::program();
  server.pass_env = {"TOKEN"};
  {
    // The world's end is the program's, and all of its complaints are in the log by then.
    Servers servers(world.clock, world.log,
                    [&](std::string_view name) { return world.variable(name); });
    const auto tools = servers.toolbox({server}, "t");
    EXPECT_EQ(world.text(*tools, "complain", Json{{"lines", 2000}}), "complained");
  }
  EXPECT_EQ(world.log.count("token is [redacted]"), 1U);
  EXPECT_EQ(world.log.count("s3cret-token"), 0U);
  EXPECT_EQ(world.log.count("complaint 0 "), 1U);
  EXPECT_EQ(world.log.count("complaint 1999"), 0U);
  EXPECT_EQ(world.log.count("writes more to stderr, which is not logged"), 1U);
}

TEST(McpSecret, OfAVariableReachesTheProgramAndNoResult) {
  McpWorld world;
  world.variables["TOKEN"] = "s3cret-token";
  world.variables["OTHER"] = "not passed on";
  runner::McpServer server = McpWorld::program();
  server.pass_env = {"TOKEN"};
  server.env = {{"LANG", "C.UTF-8"}};
  const std::string environment = world.text(*world.toolbox(server), "env");
  EXPECT_NE(environment.find("TOKEN=[redacted]"), std::string::npos) << environment;
  EXPECT_NE(environment.find("LANG=C.UTF-8"), std::string::npos);
  EXPECT_EQ(environment.find("OTHER"), std::string::npos);
  EXPECT_EQ(environment.find("s3cret"), std::string::npos);
}

TEST(McpSecret, ThatIsNotSetIsNamed) {
  McpWorld world;
  runner::McpServer server = McpWorld::program();
  server.pass_env = {"TOKEN"};
  EXPECT_EQ(world.toolbox(server)->list({}).error().text,
            "mcp server \"fake\": the environment variable TOKEN is not set where the worker runs; "
            "set it, or take it out of the agent's mcp");
}

TEST(McpRest, EndsAProgramThatNobodyUsesAndTheNextCallStartsIt) {
  ServersLimits limits;
  limits.pipe.rest_after = milliseconds(250);
  McpWorld world(limits);
  const auto tools = world.toolbox(McpWorld::program());
  const auto process = [&] {
    const std::string count = world.text(*tools, "count");
    return count.substr(count.find(' '));
  };
  const std::string first = process();
  std::string second = first;
  for (int looks = 0; looks < 40 && second == first; ++looks) {
    std::this_thread::sleep_for(milliseconds(500));
    second = process();
  }
  EXPECT_NE(second, first);
  EXPECT_EQ(world.log.count("failed"), 0U);
}

}  // namespace
}  // namespace taskfeed::mcp
