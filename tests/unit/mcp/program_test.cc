/// A server that is a program and behaves: found in its era, listed, called, cancelled.
#include <algorithm>

#include <gtest/gtest.h>

#include "support/mcp_world.h"

namespace taskfeed::mcp {
namespace {

using runner::Tool;
using runner::ToolResult;
using testing::McpWorld;

std::vector<Tool> listed(runner::Toolbox& tools) {
  Result<std::vector<Tool>> list = tools.list({});
  EXPECT_TRUE(list) << list.error().text;
  return list ? *list : std::vector<Tool>{};
}

bool has(const std::vector<Tool>& tools, std::string_view name) {
  return std::any_of(tools.begin(), tools.end(), [&](const Tool& t) { return t.name == name; });
}

class McpEra : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(OfTheProtocol, McpEra,
                         ::testing::Values("both", "handshake", "stateless"));

TEST_P(McpEra, IsFoundAndSpoken) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program(GetParam()));
  EXPECT_TRUE(has(listed(*tools), "fake__echo"));
  EXPECT_EQ(world.text(*tools, "echo", Json{{"text", "hi é 漢字 🙂"}}), "hi é 漢字 🙂");
  EXPECT_EQ(world.text(*tools, "progress"), "done");
}

TEST(McpProgram, IsSpokenInTheEraThatItsOperatorSays) {
  McpWorld world;
  runner::McpServer server = McpWorld::program("both");
  server.protocol = runner::McpProtocol::kStateless;
  EXPECT_FALSE(listed(*world.toolbox(server)).empty());
  server = McpWorld::program("stateless");
  server.protocol = runner::McpProtocol::kHandshake;
  EXPECT_EQ(world.toolbox(server)->list({}).error().text,
            "mcp server \"fake\": it refused initialize: Method not found (-32601)");
}

TEST(McpProgram, ListsEveryPageWithoutWhatIsNoTool) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  const std::vector<Tool> list = listed(*tools);
  EXPECT_TRUE(has(list, "fake__begin"));  // On the last page.
  EXPECT_FALSE(has(list, "fake__no_object"));
  EXPECT_EQ(list.front().description, "does echo");
  EXPECT_EQ(list.front().server, "fake");
  EXPECT_FALSE(list.front().parameters.contains("$schema"));
  EXPECT_EQ(world.log.count("2 tools are left out"), 1U);
}

TEST(McpProgram, MayHaveNoTools) {
  McpWorld world;
  EXPECT_TRUE(listed(*world.toolbox(McpWorld::program("no_tools"))).empty());
}

TEST(McpProgram, OffersWhatItsOperatorChose) {
  McpWorld world;
  runner::McpServer server = McpWorld::program();
  server.tools = {.all = false, .patterns = {"e*"}};
  server.approval = {.all = false, .patterns = {"env"}};
  server.idempotent = {.all = false, .patterns = {"echo"}};
  const auto tools = world.toolbox(server);
  const std::vector<Tool> list = listed(*tools);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].name, "fake__echo");
  EXPECT_FALSE(list[0].approval);
  EXPECT_TRUE(list[0].idempotent);
  EXPECT_EQ(list[1].name, "fake__env");
  EXPECT_TRUE(list[1].approval);
  EXPECT_FALSE(list[1].idempotent);
  EXPECT_EQ(world.call(*tools, "fail").text, "there is no tool \"fake__fail\" at present");
}

TEST(McpProgram, IsListedAnewAfterItSaidThatItsToolsChanged) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  EXPECT_FALSE(has(listed(*tools), "fake__appeared"));
  EXPECT_EQ(world.text(*tools, "change"), "changed");
  EXPECT_TRUE(has(listed(*tools), "fake__appeared"));
}

TEST(McpProgram, CanBeCalledBeforeItWasListed) {
  McpWorld world;
  EXPECT_EQ(world.text(*world.toolbox(McpWorld::program()), "echo", Json{{"text", "x"}}), "x");
}

TEST(McpProgram, IsCalledByTheNameThatAModelCanSay) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  const std::string name = model_name("fake", "odd.name/é");
  ASSERT_TRUE(has(listed(*tools), name));
  EXPECT_EQ(tools->call({"c", name, Json::object()}, world.sink, {}).text, "odd.name/é was called");
}

TEST(McpProgram, TellsItsErrorsToTheModel) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  const ToolResult failed = world.call(*tools, "fail");
  EXPECT_EQ(failed.text, "ENOENT: no such file");
  EXPECT_TRUE(failed.is_error);
  const ToolResult refused = world.call(*tools, "refuse");
  EXPECT_EQ(refused.text, "bad arguments (-32602)");
  EXPECT_TRUE(refused.is_error);
  EXPECT_TRUE(world.call(*tools, "input").is_error);
  EXPECT_EQ(world.call(*tools, "echo", Json::array()).text, "the arguments are not a JSON object");
}

TEST(McpProgram, AnswersInWordsWhateverItShows) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  EXPECT_EQ(world.text(*tools, "pictures"),
            "Look:\n[image image/png, 1.2 kB]\n[audio audio/wav, 2 B]\n"
            "[resource file:///a.txt, text/plain]\ninside\n[resource file:///b, 3 B]\n"
            "[link file:///c, c]\n[content of type hologram]");
  EXPECT_EQ(world.text(*tools, "structured"), R"({"sum":3})");
  const ToolResult large = world.call(*tools, "large");
  EXPECT_TRUE(large.truncated);
  EXPECT_LT(large.text.size(), 65U * 1024);
}

TEST(McpProgram, ReportsItsProgressAsOutputOfTheCall) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  EXPECT_EQ(world.text(*tools, "progress"), "done");
  EXPECT_EQ(world.sink.text("progress"), "1/3 step\\x1b1\n2/3 step\\x1b2\n3/3 step\\x1b3\n");
  EXPECT_EQ(string_at(world.sink.last(types::kToolCallOutput), "tool_call_id"), "c1");
  testing::RecordingSink batch(false);
  EXPECT_EQ(tools->call({"c2", "fake__progress", Json::object()}, batch, {}).text, "done");
  EXPECT_TRUE(batch.emitted().empty());
}

TEST(McpProgram, GetsAnswersToItsOwnQuestions) {
  McpWorld world;
  EXPECT_EQ(world.text(*world.toolbox(McpWorld::program()), "questions"),
            R"([{"id": "q1", "result": {}, "code": null}, )"
            R"({"id": 7, "result": null, "code": -32601}])");
}

/// Asks for the stop at the first output.
class StoppingSink final : public runner::OutputSink {
 public:
  bool emit(std::string_view, Json) override { return stop.request_stop(); }
  bool streaming() const override { return true; }
  bool persist() override { return true; }
  std::stop_source stop;
};

TEST(McpProgram, IsToldWhenACallIsStopped) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  StoppingSink sink;
  const ToolResult stopped =
      tools->call({"c", "fake__begin", Json::object()}, sink, sink.stop.get_token());
  EXPECT_TRUE(stopped.is_error);
  EXPECT_EQ(stopped.text, "the call was stopped; how far it came is not known");
  const std::string cancelled = world.text(*tools, "cancelled");
  EXPECT_NE(cancelled, "[]");
  EXPECT_EQ(cancelled.find(','), std::string::npos) << cancelled;
}

TEST(McpProgram, IsToldWhenNobodyWantsACallsProgress) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  world.sink.lose_interest();
  EXPECT_TRUE(world.call(*tools, "progress").is_error);
  EXPECT_NE(world.text(*tools, "cancelled"), "[]");
}

TEST(McpProgram, IsSharedByRunsOfTheSameDeclaration) {
  McpWorld world;
  const auto one = world.toolbox(McpWorld::program());
  const auto other = world.toolbox(McpWorld::program());
  const std::string first = world.text(*one, "count");
  const std::string second = world.text(*other, "count");
  EXPECT_EQ(first.substr(0, 2), "1 ");
  EXPECT_EQ(second, "2" + first.substr(1));
}

TEST(McpProgram, BelongsToOneTaskWhereItIsDeclaredSo) {
  McpWorld world;
  runner::McpServer server = McpWorld::program();
  server.per_task = true;
  const auto one = world.servers.toolbox({server}, "t1");
  const auto other = world.servers.toolbox({server}, "t2");
  EXPECT_NE(world.text(*one, "count"), world.text(*other, "count"));
  const auto again = world.servers.toolbox({server}, "t1");
  EXPECT_EQ(world.text(*again, "count").substr(0, 2), "2 ");
}

TEST(McpProgram, ServesCallsSideBySide) {
  McpWorld world;
  const auto tools = world.toolbox(McpWorld::program());
  std::vector<std::thread> callers;
  std::vector<std::string> answers(16);
  for (size_t at = 0; at < answers.size(); ++at) {
    callers.emplace_back([&, at] {
      answers[at] = world.text(*tools, "echo", Json{{"text", std::to_string(at)}});
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (size_t at = 0; at < answers.size(); ++at) EXPECT_EQ(answers[at], std::to_string(at));
}

TEST(McpProgram, KeepsTwoServersToolsApart) {
  McpWorld world;
  runner::McpServer second = McpWorld::program();
  second.name = "other";
  const auto tools = world.servers.toolbox({McpWorld::program(), second}, "t");
  const std::vector<Tool> list = listed(*tools);
  EXPECT_TRUE(has(list, "fake__count"));
  EXPECT_TRUE(has(list, "other__count"));
  EXPECT_NE(world.text(*tools, "count"),
            tools->call({"c", "other__count", Json::object()}, world.sink, {}).text);
}

}  // namespace
}  // namespace taskfeed::mcp
