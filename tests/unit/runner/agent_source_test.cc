/// An agent's file of either kind.
#include "runner/agent_source.h"

#include <gtest/gtest.h>

namespace taskfeed::runner {
namespace {

TEST(AgentSource, IsTomlOrJson) {
  const auto toml = agent_from_text("[agent]\nid = 'a'\nrunner = 'external'\n", "a.toml");
  const auto json = agent_from_text("\n {\"id\": \"a\", \"runner\": \"external\"}", "a.json");
  const auto nested = agent_from_text(R"({"agent": {"id": "a", "runner": "external"}})", "-");
  EXPECT_EQ(toml.value(), json.value());
  EXPECT_EQ(toml.value(), nested.value());
}

TEST(AgentSource, NamesTheLineInEither) {
  EXPECT_TRUE(agent_from_text("[agent]\nid = 'a'\nrunner = 'x'\n", "a.toml")
                  .error()
                  .text.starts_with("a.toml:3: runner"));
  EXPECT_TRUE(agent_from_text("{\"id\": \"a\",\n\"runner\": \"x\"}", "a.json")
                  .error()
                  .text.starts_with("a.json:2: runner"));
  EXPECT_TRUE(agent_from_text("{\"agent\": {\"id\": \"a\",\n\n\"runner\": \"x\"}}", "a.json")
                  .error()
                  .text.starts_with("a.json:3: runner"));
  EXPECT_TRUE(
      agent_from_text("{\n\n\"id\" \"a\"}", "a.json").error().text.starts_with("a.json:3: "));
  EXPECT_TRUE(agent_from_text(R"({"id": "a",
"runner": "command",
"steps": [{"run": ["true"]},
          {"run": ["true"],
           "timeout": 3}]})",
                              "a.json")
                  .error()
                  .text.starts_with("a.json:5: steps[1].timeout"));
}

TEST(AgentSource, DeclaresNoAgentThatIsBuiltIn) {
  for (const std::string id : {"run", "bridge"}) {
    const std::string why = "id: the agent `" + id + "` is built in; choose another id";
    const std::string toml = "[agent]\nrunner = 'external'\nid = '" + id + "'\n";
    EXPECT_EQ(agent_from_text(toml, "a.toml").error().text, "a.toml:3: " + why);
    const std::string json = "{\"runner\": \"external\",\n\"id\": \"" + id + "\"}";
    EXPECT_EQ(agent_from_text(json, "a.json").error().text, "a.json:2: " + why);
  }
}

}  // namespace
}  // namespace taskfeed::runner
