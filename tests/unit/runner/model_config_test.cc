/// Agents that call a model server, as JSON and as TOML.
#include "runner/model_config.h"

#include <limits>

#include <gtest/gtest.h>

#include "runner/agent_config.h"
#include "runner/model_parameters.h"

namespace taskfeed::runner {
namespace {

constexpr std::string_view kFull = R"(
[agent]
id = "assistant"
runner = "openai"
base_url = "https://models.example/v1/"
model = "gpt-4"
api_key_env = "OPENAI_API_KEY"
headers_env = { X-Team = "TEAM" }
instructions = "You are a careful assistant."
temperature = 0.2
top_p = 1
seed = 7
stop = ["END"]
presence_penalty = -0.5
frequency_penalty = 1
reasoning_effort = "low"
tool_choice = "auto"
parallel_tool_calls = false
response_format = { type = "json_object" }
max_tokens = 4096
max_tokens_key = "max_completion_tokens"
extra_body = { user = "ci", keep_alive = "5m" }
task_parameters = ["model", "temperature"]
models = ["gpt-4*"]
connect_timeout = "2s"
first_byte_timeout = "3m"
silence_timeout = "90s"
timeout = "20m"

[agent.budget]
usd = 0.50
steps = 20

[[agent.prices]]
pattern = "gpt-4*"
input = 2.5
cached_input = 1.25
output = 10

[[agent.prices]]
pattern = "*"
input = 0.15
output = 0.6

[[agent.tools]]
name = "disk_usage"
description = "Bytes used below a folder"
parameters = { type = "object", properties = { path = { type = "string" } }, required = ["path"] }
run = ["du", "-sb", "--", "{path}"]

[[agent.mcp]]
name = "files"
command = ["mcp-server-filesystem", "/srv/tree"]
approval = "always"
)";

AgentConfig full() {
  return agent_from_toml(kFull, "assistant.toml").value();
}

Json least() {
  return {{"id", "a"}, {"runner", "openai"}, {"base_url", "http://h/v1"}, {"model", "m"}};
}

TEST(ModelAgent, IsReadFromItsFile) {
  const AgentConfig agent = full();
  EXPECT_EQ(agent.runner, RunnerKind::kOpenAi);
  ASSERT_TRUE(agent.model_server);
  const ModelServer& server = *agent.model_server;
  EXPECT_EQ(server.base_url.str(), "https://models.example/v1");
  EXPECT_EQ(server.model, "gpt-4");
  EXPECT_EQ(server.api_key_env, "OPENAI_API_KEY");
  EXPECT_EQ(server.headers_env.at("X-Team"), "TEAM");
  EXPECT_EQ(server.instructions, "You are a careful assistant.");
  EXPECT_EQ(dump_json(server.parameters),
            R"({"temperature":0.2,"top_p":1,"seed":7,"stop":["END"],"presence_penalty":-0.5,)"
            R"("frequency_penalty":1,"reasoning_effort":"low","tool_choice":"auto",)"
            R"("parallel_tool_calls":false,"response_format":{"type":"json_object"}})");
  EXPECT_EQ(server.max_tokens, 4096);
  EXPECT_EQ(server.max_tokens_key, "max_completion_tokens");
  EXPECT_EQ(server.extra_body["keep_alive"], "5m");
  EXPECT_EQ(server.task_parameters, (std::vector<std::string>{"model", "temperature"}));
  EXPECT_EQ(server.models, std::vector<std::string>{"gpt-4*"});
  EXPECT_EQ(server.budget.usd, kNanoDollarsPerDollar / 2);
  EXPECT_EQ(server.budget.steps, 20);
  EXPECT_EQ(server.connect_timeout, Milliseconds(2'000));
  EXPECT_EQ(server.timeout, Milliseconds(1'200'000));
  ASSERT_EQ(server.tools.size(), 1u);
  EXPECT_EQ(server.tools[0].name, "disk_usage");
  ASSERT_EQ(agent.mcp.size(), 1u);
  EXPECT_EQ(agent.mcp[0].name, "files");
}

TEST(ModelAgent, HasPricesInDollarsForAMillionTokens) {
  const AgentConfig agent = full();
  const std::vector<PriceRule>& prices = agent.model_server->prices;
  ASSERT_EQ(prices.size(), 2u);
  EXPECT_EQ(prices[0].pattern, "gpt-4*");
  EXPECT_EQ(prices[0].price.input, 2'500'000'000);
  EXPECT_EQ(prices[0].price.cached_input, 1'250'000'000);
  EXPECT_EQ(prices[0].price.output, 10'000'000'000);
  EXPECT_EQ(prices[1].price.cached_input, prices[1].price.input) << "unless it is given";
}

TEST(ModelAgent, IsReadBackAsItWasWritten) {
  EXPECT_EQ(agent_from_json(agent_to_json(full()), Origin::kOperator).value(), full());
  const AgentConfig plain = agent_from_json(least(), Origin::kOperator).value();
  EXPECT_EQ(agent_from_json(agent_to_json(plain), Origin::kOperator).value(), plain);
}

TEST(ModelAgent, NeedsNoMoreThanServerAndModel) {
  const AgentConfig agent = agent_from_json(least(), Origin::kOperator).value();
  ASSERT_TRUE(agent.model_server);
  ModelServer expected;
  expected.base_url = HttpUrl::parse("http://h/v1").value();
  expected.model = "m";
  EXPECT_EQ(*agent.model_server, expected);
}

TEST(ModelAgent, TriesAgainUnlessItIsToldOtherwise) {
  Json json = least();
  const workflow::RetryPolicy policy = agent_from_json(json, Origin::kOperator).value().retry;
  EXPECT_EQ(policy.maximum_attempts, 3);
  EXPECT_EQ(policy.initial_interval, Milliseconds(500));
  EXPECT_EQ(policy.backoff_coefficient, 2);
  EXPECT_EQ(policy.maximum_interval, Milliseconds(8'000));
  json["retry"] = {{"maximum_attempts", 1}};
  const AgentConfig once = agent_from_json(json, Origin::kOperator).value();
  EXPECT_EQ(once.retry.maximum_attempts, 1);
  EXPECT_EQ(once.retry.maximum_interval, Milliseconds(8'000));
  EXPECT_EQ(agent_to_json(once)["retry"]["maximum_attempts"], 1);
}

TEST(ModelAgent, MayAllowATaskNothing) {
  Json json = least();
  json["task_parameters"] = Json::array();
  EXPECT_TRUE(
      agent_from_json(json, Origin::kOperator).value().model_server->task_parameters.empty());
}

TEST(ModelAgent, IsNeverDeclaredByARequest) {
  const auto refused = agent_from_json(least(), Origin::kRequest);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kForbidden);
  EXPECT_NE(refused.error().text.find("operator"), std::string::npos);
}

struct Wrong {
  std::string key;
  Json value;
  std::string named;
};

void expect_named(const Wrong& wrong) {
  Json json = agent_to_json(full());
  json[wrong.key] = wrong.value;
  const auto agent = agent_from_json(json, Origin::kOperator);
  ASSERT_FALSE(agent.ok()) << wrong.key << " = " << dump_json(wrong.value).substr(0, 80);
  EXPECT_TRUE(agent.error().text.starts_with(wrong.named)) << agent.error().text;
  EXPECT_EQ(agent.error().text.find("secret"), std::string::npos) << agent.error().text;
}

TEST(ModelAgentErrors, NameTheKeyOfTheServer) {
  for (const Wrong& wrong :
       {Wrong{"base_url", nullptr, "base_url must say where the model server is"},
        Wrong{"base_url", "http://me:secret@h", "base_url must be a URL"},
        Wrong{"model", nullptr, "model must"}, Wrong{"model", "", "model must name"},
        Wrong{"model", std::string(257, 'm'), "model is over"},
        Wrong{"instructions", 1, "instructions"}, Wrong{"api_key_env", "a-b", "api_key_env"},
        Wrong{"api_key_file", "/run/key", "api_key_file stands beside api_key_env"},
        Wrong{"api_key_file", "key", "api_key_file must be an absolute path"},
        Wrong{"api_key_file", "", "api_key_file must be an absolute path"},
        Wrong{"headers_env", {{"Host", "X"}}, "headers_env.Host"},
        Wrong{"headers_env", {{"authorization", "X"}}, "headers_env.authorization"},
        Wrong{"connect_timeout", 3, "connect_timeout"}, Wrong{"timeout", "0", "timeout"},
        Wrong{"first_byte_timeout", "soon", "first_byte_timeout"},
        Wrong{"silence_timeout", "8d", "silence_timeout"},
        Wrong{"api_key", "sk-secret", "api_key is not a key"},
        Wrong{"app", "a", "app is for runner = \"adk\""},
        Wrong{"steps", Json::array(), "steps is for runner = \"command\""}}) {
    expect_named(wrong);
  }
}

TEST(ModelAgentErrors, NameTheKeyOfTheRequest) {
  for (const Wrong& wrong :
       {Wrong{"max_tokens", 0, "max_tokens"}, Wrong{"max_tokens", 1.5, "max_tokens"},
        Wrong{"max_tokens_key", "Max", "max_tokens_key"},
        Wrong{"max_tokens_key", "", "max_tokens_key"},
        Wrong{"max_tokens_key", "stream", "max_tokens_key"},
        Wrong{"max_tokens_key", "seed", "max_tokens_key"},
        Wrong{"extra_body", 1, "extra_body must be a table"},
        Wrong{"extra_body", {{"messages", 1}}, "extra_body.messages is set by taskfeed"},
        Wrong{"extra_body", {{"temperature", 1}}, "extra_body.temperature is a key of the agent"},
        Wrong{"extra_body", {{"max_completion_tokens", 1}}, "extra_body.max_completion_tokens"},
        Wrong{"extra_body", {{"x", std::string(65'536, 'x')}}, "extra_body is over"},
        Wrong{"task_parameters", "model", "task_parameters"},
        Wrong{"task_parameters", {"base_url"}, "task_parameters has \"base_url\""},
        Wrong{"models", {1}, "models"},
        Wrong{"task_parameters", {"seed"}, "models says which models a task may ask for"},
        Wrong{"budget", 0.5, "budget must be a table"}, Wrong{"budget", {{"usd", 0}}, "budget.usd"},
        Wrong{"prices", Json::object(), "prices must be a list"},
        Wrong{"prices", {1}, "prices[0] must be a table"}}) {
    expect_named(wrong);
  }
  const Json price{{"pattern", "*"}, {"input", 1}, {"output", 1}};
  for (const auto& [key, value] :
       std::initializer_list<std::pair<std::string, Json>>{{"pattern", ""},
                                                           {"input", -1},
                                                           {"input", nullptr},
                                                           {"output", "1"},
                                                           {"output", 1e7},
                                                           {"cached_input", -0.1},
                                                           {"per", 1}}) {
    Json wrong = price;
    wrong[key] = value;
    expect_named({"prices", {price, wrong}, "prices[1]." + key});
  }
}

TEST(ModelAgentErrors, SayWhatTypeAParameterHas) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [name, value] : std::initializer_list<std::pair<std::string, Json>>{
           {"temperature", "hot"},
           {"temperature", -1},
           {"temperature", kNan},
           {"top_p", 1.1},
           {"seed", 1.5},
           {"stop", ""},
           {"stop", {1}},
           {"stop", Json(std::vector<std::string>(17, "x"))},
           {"presence_penalty", "1"},
           {"frequency_penalty", std::numeric_limits<double>::infinity()},
           {"reasoning_effort", 1},
           {"tool_choice", true},
           {"parallel_tool_calls", "yes"},
           {"response_format", "json"}}) {
    expect_named({name, value, name + " must be "});
  }
  Json deep = "x";
  for (int i = 0; i < 40; ++i) deep = Json{{"a", deep}};
  expect_named({"response_format", deep, "response_format is nested deeper"});
  expect_named({"reasoning_effort", std::string(70'000, 'x'), "reasoning_effort is over"});
}

TEST(ModelAgentErrors, SuggestTheKeyThatWasMeant) {
  const std::string what = " is not a key of an agent here";
  for (const auto& [key, meant] :
       {std::pair("modle", "model"), std::pair("max_token", "max_tokens"),
        std::pair("base_ulr", "base_url"), std::pair("tool", "tools")}) {
    expect_named({key, "sk-secret", key + what + ", did you mean " + meant + "?; known are id, "});
  }
  expect_named({"zzzzzzzz", 1, "zzzzzzzz" + what + "; known are id, "});
  for (const char* key : {"api_key", "apiKey", "API-KEY"}) {
    expect_named(
        {key, "sk-secret",
         key + what + "; name the variable with api_key_env, or a file with api_key_file"});
  }
}

TEST(ModelAgentErrors, NameTheLineInAFile) {
  const std::string head =
      "[agent]\nid = 'a'\nrunner = 'openai'\nbase_url = 'http://h'\nmodel = 'm'\n";
  struct Case {
    std::string text;
    int line;
    std::string named;
  };
  for (const Case& each :
       {Case{"api_key = 'sk-secret'\n", 6, "api_key is not a key"},
        Case{"modle = 'm'\n", 6, "modle is not a key of an agent here, did you mean model?"},
        Case{"temperature = nan\n", 6, "temperature"},
        Case{"[agent.budget]\nusd = 1\ndollars = 2\n", 8, "budget.dollars"},
        Case{"[[agent.prices]]\npattern = '*'\ninput = 'x'\n", 8, "prices[0].input"},
        Case{"[[agent.tools]]\nname = 't'\nrun = [\n'a',\n'{b}' ]\n", 10, "tools[0].run[1]"}}) {
    const auto agent = agent_from_toml(head + each.text, "a.toml");
    ASSERT_FALSE(agent.ok()) << each.text;
    EXPECT_TRUE(
        agent.error().text.starts_with("a.toml:" + std::to_string(each.line) + ": " + each.named))
        << agent.error().text;
    EXPECT_EQ(agent.error().text.find("secret"), std::string::npos);
  }
}

TEST(ModelParameters, ThatATaskMayOverrideAreNamed) {
  for (const char* name :
       {"model", "instructions", "max_tokens", "temperature", "response_format"}) {
    EXPECT_TRUE(is_overridable(name)) << name;
    EXPECT_NE(overridable_names().find(name), std::string::npos);
  }
  for (const char* name : {"base_url", "api_key_env", "budget", "tools", "extra_body", ""}) {
    EXPECT_FALSE(is_overridable(name)) << name;
  }
}

}  // namespace
}  // namespace taskfeed::runner
