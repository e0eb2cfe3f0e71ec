/// Agents that live in an ADK api_server, as JSON and as TOML.
#include "runner/adk_config.h"

#include <gtest/gtest.h>

#include "runner/agent_config.h"

namespace taskfeed::runner {
namespace {

constexpr std::string_view kFull = R"(
[agent]
id = "weather"
runner = "adk"
base_url = "https://adk.example:8443/team/"
app = "weather_app"
user = "ci@example"
api_key_env = "ADK_KEY"
headers_env = { X-Team = "ADK_TEAM" }
connect_timeout = "2s"
first_byte_timeout = "5m"
silence_timeout = "90s"
timeout = "2h"
max_model_calls = 20
enable_streaming = true
)";

AgentConfig full() {
  return agent_from_toml(kFull, "weather.toml").value();
}

TEST(AdkAgent, IsReadFromItsFileAndWrittenAsItWas) {
  const AgentConfig agent = full();
  EXPECT_EQ(agent.runner, RunnerKind::kAdk);
  ASSERT_TRUE(agent.adk);
  EXPECT_EQ(agent.adk->base_url.str(), "https://adk.example:8443/team");
  EXPECT_EQ(agent.adk->app, "weather_app");
  EXPECT_EQ(agent.adk->user, "ci@example");
  EXPECT_EQ(agent.adk->api_key_env, "ADK_KEY");
  EXPECT_EQ(agent.adk->headers_env.at("X-Team"), "ADK_TEAM");
  EXPECT_EQ(agent.adk->connect_timeout, Milliseconds(2'000));
  EXPECT_EQ(agent.adk->first_byte_timeout, Milliseconds(300'000));
  EXPECT_EQ(agent.adk->silence_timeout, Milliseconds(90'000));
  EXPECT_EQ(agent.adk->timeout, Milliseconds(7'200'000));
  EXPECT_EQ(agent.adk->max_model_calls, 20);
  EXPECT_EQ(agent_from_json(agent_to_json(agent), Origin::kOperator).value(), agent);
}

TEST(AdkAgent, NeedsNoMoreThanTheServer) {
  const AgentConfig agent =
      agent_from_json({{"id", "weather"}, {"runner", "adk"}, {"base_url", "http://a"}},
                      Origin::kOperator)
          .value();
  ASSERT_TRUE(agent.adk);
  EXPECT_EQ(agent.adk->app, "weather");
  EXPECT_EQ(agent.adk->user, "taskfeed");
  EXPECT_EQ(agent.adk->max_model_calls, 100);
}

TEST(AdkAgent, IsNeverDeclaredByARequest) {
  const auto refused = agent_from_json(agent_to_json(full()), Origin::kRequest);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kForbidden);
  EXPECT_NE(refused.error().text.find("operator"), std::string::npos);
}

struct Wrong {
  std::string key;
  Json value;
  std::string named;
};

TEST(AdkAgentErrors, NameTheKeyThatIsWrong) {
  for (const Wrong& wrong : {Wrong{"base_url", nullptr, "base_url must say"},
                             Wrong{"base_url", 7, "base_url must say"},
                             Wrong{"base_url", "127.0.0.1:8001", "base_url must be a URL"},
                             Wrong{"base_url", "http://me:secret@a", "base_url must be a URL"},
                             Wrong{"app", "", "app"},
                             Wrong{"app", "../admin", "app"},
                             Wrong{"app", "a/b", "app"},
                             Wrong{"app", 3, "app"},
                             Wrong{"user", "a b", "user"},
                             Wrong{"user", std::string(129, 'a'), "user"},
                             Wrong{"api_key_env", "a-b", "api_key_env"},
                             Wrong{"api_key_env", 1, "api_key_env"},
                             Wrong{"headers_env", "x", "headers_env"},
                             Wrong{"headers_env", {{"Host", "X"}}, "headers_env.Host"},
                             Wrong{"headers_env", {{"X-Team", "sk-secret"}}, "headers_env.X-Team"},
                             Wrong{"connect_timeout", 3, "connect_timeout"},
                             Wrong{"timeout", "0", "timeout"},
                             Wrong{"first_byte_timeout", "soon", "first_byte_timeout"},
                             Wrong{"silence_timeout", "8d", "silence_timeout"},
                             Wrong{"max_model_calls", 0, "max_model_calls"},
                             Wrong{"max_model_calls", 1.5, "max_model_calls"},
                             Wrong{"max_model_calls", 10'001, "max_model_calls"},
                             Wrong{"steps", Json::array(), "steps"},
                             Wrong{"api_key", "sk-secret",
                                   "api_key is not a key of an agent here; name the variable with "
                                   "api_key_env"}}) {
    Json json = agent_to_json(full());
    json[wrong.key] = wrong.value;
    const auto agent = agent_from_json(json, Origin::kOperator);
    ASSERT_FALSE(agent.ok()) << wrong.key;
    EXPECT_TRUE(agent.error().text.starts_with(wrong.named)) << agent.error().text;
    EXPECT_EQ(agent.error().text.find("secret"), std::string::npos) << agent.error().text;
  }
}

TEST(AdkAgentErrors, RefuseItsKeysForAgentsOfAnotherKind) {
  for (const std::string_view key : kAdkKeys) {
    Json json{{"id", "a"}, {"runner", "external"}};
    json[std::string(key)] = "x";
    const auto agent = agent_from_json(json, Origin::kOperator);
    ASSERT_FALSE(agent.ok());
    EXPECT_TRUE(agent.error().text.starts_with(std::string(key) + " is for runner = \"adk\""))
        << agent.error().text;
  }
}

}  // namespace
}  // namespace taskfeed::runner
