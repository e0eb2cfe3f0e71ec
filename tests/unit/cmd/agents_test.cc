#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "cmd_world.h"

namespace taskfeed::cmd {
namespace {

using testing::CmdWorld;

class AgentsWorld : public CmdWorld {
 public:
  AgentsWorld() {
    std::string pattern = (std::filesystem::temp_directory_path() / "taskfeed-XXXXXX").string();
    TF_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
  }
  ~AgentsWorld() { std::filesystem::remove_all(folder); }
  std::string file(std::string_view name, std::string_view text) const {
    const std::string path = folder + "/" + std::string(name);
    std::ofstream(path) << text;
    return path;
  }
  size_t agents() { return backend.service.agents()->agents.size(); }
  std::string folder;
};

constexpr std::string_view kToml =
    "[agent]\nid = \"one\"\nrunner = \"command\"\n[[agent.steps]]\nname = \"s\"\nrun = "
    "[\"true\"]\n";
constexpr std::string_view kJson =
    R"({"id":"two","runner":"command","steps":[{"name":"s","run":["true"]}]})";

TEST(AgentsApply, TakesTomlAndJsonAndShowsThem) {
  AgentsWorld world;
  EXPECT_EQ(world.call(enter_agents,
                       {"apply", world.file("one.toml", kToml), world.file("two.json", kJson)}),
            ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, "agent one applied\nagent two applied\n");
  EXPECT_EQ(world.call(enter_agents, {"show", "two", "--json"}), ExitStatus::kCompleted);
  EXPECT_EQ(string_at(parse_json(world.out.text).value(), "id"), "two");
}

TEST(AgentsApply, ReadsStdin) {
  AgentsWorld world;
  EXPECT_EQ(world.call(enter_agents, {"apply", "-"}, kJson), ExitStatus::kCompleted);
  EXPECT_EQ(world.agents(), 1u);
}

TEST(AgentsApply, TakesWhatShowPrintsAsJson) {
  AgentsWorld world;
  EXPECT_EQ(world.call(enter_agents, {"apply", "-"}, kToml), ExitStatus::kCompleted);
  EXPECT_EQ(world.call(enter_agents, {"show", "one", "--json"}), ExitStatus::kCompleted);
  const std::string shown = world.out.text;
  EXPECT_EQ(world.call(enter_agents, {"apply", "-"}, shown), ExitStatus::kCompleted);
}

TEST(AgentsApply, AppliesNothingWhereOneFileIsWrong) {
  AgentsWorld world;
  const std::string bad = world.file("bad.toml", "[agent]\nid = \"x\"\nrunner = \"magic\"\n");
  EXPECT_EQ(world.call(enter_agents, {"apply", world.file("one.toml", kToml), bad}),
            ExitStatus::kUsage);
  EXPECT_EQ(world.agents(), 0u);
  EXPECT_NE(world.err.text.find(bad + ":3: runner"), std::string::npos) << world.err.text;
}

TEST(AgentsApply, NamesTheLineOfBadJson) {
  AgentsWorld world;
  const std::string bad = world.file("bad.json", "{\n\"id\": \"x\",\n nonsense }\n");
  EXPECT_EQ(world.call(enter_agents, {"apply", bad}), ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find(bad + ":3: not JSON"), std::string::npos) << world.err.text;
}

TEST(AgentsApply, RefusesOneAgentInTwoFiles) {
  AgentsWorld world;
  EXPECT_EQ(
      world.call(enter_agents, {"apply", world.file("a.toml", kToml), world.file("b.toml", kToml)}),
      ExitStatus::kUsage);
  EXPECT_EQ(world.agents(), 0u);
}

TEST(AgentsList, TellsOfThoseThatCannotBeRead) {
  AgentsWorld world;
  ASSERT_EQ(world.call(enter_agents, {"apply", world.file("one.toml", kToml)}),
            ExitStatus::kCompleted);
  ASSERT_TRUE(world.backend.broker.put_agent({testing::agent("broken"), "{"}).ok());
  EXPECT_EQ(world.call(enter_agents, {"list", "--json"}), ExitStatus::kCompleted);
  EXPECT_EQ(string_at(parse_json(world.out.text).value(), "id"), "one");
  EXPECT_NE(world.err.text.find("the agent broken cannot be read"), std::string::npos)
      << world.err.text;
}

TEST(AgentsCheck, TellsOfEachFileThatIsWrong) {
  AgentsWorld world;
  const std::string first = world.file("a.toml", "[agent]\nid = \"x\"\nrunner = \"magic\"\n");
  const std::string good = world.file("b.toml", kToml);
  const std::string second = world.file("c.json", "{\"id\": \"y\",\n\"runner\": 3}");
  const std::string again = world.file("d.toml", kToml);
  EXPECT_EQ(world.call(enter_agents, {"check", first, good, second, again, "/absent.toml"}),
            ExitStatus::kUsage);
  EXPECT_EQ(world.out.text, good + ": agent one, runner command\n");
  EXPECT_NE(world.err.text.find("taskfeed: " + first + ":3: runner \"magic\""), std::string::npos)
      << world.err.text;
  EXPECT_NE(world.err.text.find(second + ":2: runner must be"), std::string::npos);
  EXPECT_NE(world.err.text.find(again + ": the agent one stands in two"), std::string::npos);
  EXPECT_NE(world.err.text.find("/absent.toml: "), std::string::npos);
  EXPECT_EQ(world.opened, 0) << "nobody is asked";
}

TEST(AgentsCheck, IsContentWithGoodFiles) {
  AgentsWorld world;
  EXPECT_EQ(world.call(enter_agents, {"check", "-", "--json"}, kToml), ExitStatus::kCompleted);
  EXPECT_EQ(string_at(parse_json(world.out.text).value(), "id"), "one");
  EXPECT_EQ(world.err.text, "");
}

TEST(AgentsShow, TellsOfAModelItsToolsAndItsBudget) {
  AgentsWorld world;
  const std::string file = world.file("m.toml", R"([agent]
id = "m"
runner = "openai"
base_url = "http://127.0.0.1:1/v1"
model = "gpt-4"
budget = { usd = 0.5, wall_time = "10m" }
[[agent.tools]]
name = "size"
run = ["du", "{path}"]
parameters = { properties = { path = {} } }
[[agent.mcp]]
name = "far"
url = "https://tools.example/mcp"
)");
  EXPECT_EQ(world.call(enter_agents, {"apply", file}), ExitStatus::kCompleted) << world.err.text;
  EXPECT_EQ(world.call(enter_agents, {"show", "m"}), ExitStatus::kCompleted);
  for (const std::string_view line :
       {"runner       openai\n", "server       http://127.0.0.1:1/v1\n", "model        gpt-4\n",
        "budget       usd 0.5, wall_time 10m\n", "tools        size: du {path}\n",
        "mcp          far: https://tools.example/mcp\n"}) {
    EXPECT_NE(world.out.text.find(line), std::string::npos) << world.out.text;
  }
}

TEST(AgentsDelete, ForgetsAnAgentAndNamesOneThatIsUnknown) {
  AgentsWorld world;
  world.backend.apply_agent("one");
  EXPECT_EQ(world.call(enter_agents, {"delete", "one"}), ExitStatus::kCompleted);
  EXPECT_EQ(world.agents(), 0u);
  EXPECT_EQ(world.call(enter_agents, {"delete", "one"}), ExitStatus::kNotFound);
}

TEST(AgentsList, IsOneJsonObjectALine) {
  AgentsWorld world;
  world.backend.apply_agent("one");
  world.backend.apply_agent("two");
  EXPECT_EQ(world.call(enter_agents, {"--json", "list"}), ExitStatus::kCompleted);
  EXPECT_EQ(std::count(world.out.text.begin(), world.out.text.end(), '\n'), 2);
}

TEST(AgentsVerb, IsSuggestedWhereItWasMistyped) {
  AgentsWorld world;
  EXPECT_EQ(world.call(enter_agents, {"aply", "x.toml"}), ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find("did you mean apply?"), std::string::npos) << world.err.text;
  EXPECT_EQ(world.call(enter_agents, {}), ExitStatus::kUsage);
}

}  // namespace
}  // namespace taskfeed::cmd
