/// What a task may change of its agent's model calls.
#include "runner/model_overrides.h"

#include <gtest/gtest.h>

#include "support/ids.h"

namespace taskfeed::runner {
namespace {

ModelServer server() {
  ModelServer server;
  server.base_url = HttpUrl::parse("http://127.0.0.1:1/v1").value();
  server.model = "gpt-4";
  server.instructions = "Be brief.";
  server.parameters = Json{{"temperature", 0.2}, {"seed", 7}};
  server.max_tokens = 100;
  server.models = {"gpt-4*", "local"};
  server.budget.usd = kNanoDollarsPerDollar / 2;
  server.budget.steps = 20;
  server.prices = {{"gpt-4*", {1'000, 500, 2'000}}, {"local", {}}};
  return server;
}

Error refusal(const Json& parameters, const ModelServer& of = server()) {
  const auto effective = effective_model(of, parameters);
  EXPECT_FALSE(effective.ok()) << dump_json(parameters);
  return effective.ok() ? Error{Errc::kInternal, "nothing is refused"} : effective.error();
}

TEST(ModelOverrides, AreNoneWhereATaskSaysNothing) {
  const EffectiveModel effective = effective_model(server(), Json::object()).value();
  EXPECT_EQ(effective.model, "gpt-4");
  EXPECT_EQ(effective.instructions, "Be brief.");
  EXPECT_EQ(effective.parameters, server().parameters);
  EXPECT_EQ(effective.max_tokens, 100);
  EXPECT_EQ(effective.budget, server().budget);
}

TEST(ModelOverrides, StandBeforeTheAgentsSettings) {
  const EffectiveModel effective = effective_model(server(), {{"model", "gpt-4-mini"},
                                                              {"instructions", ""},
                                                              {"temperature", 1},
                                                              {"top_p", 0.5},
                                                              {"max_tokens", 5'000}})
                                       .value();
  EXPECT_EQ(effective.model, "gpt-4-mini");
  EXPECT_EQ(effective.instructions, "");
  EXPECT_EQ(effective.parameters, (Json{{"temperature", 1}, {"seed", 7}, {"top_p", 0.5}}));
  EXPECT_EQ(effective.max_tokens, 5'000);
}

TEST(ModelOverrides, TakeNoModelWithoutAPriceWhereDollarsAreBounded) {
  ModelServer bounded = server();
  bounded.models.clear();
  const Error error = refusal({{"model", "nobody-knows"}}, bounded);
  EXPECT_EQ(error.code, Errc::kForbidden);
  EXPECT_NE(error.text.find("no known price"), std::string::npos) << error.text;
  bounded.budget.usd.reset();
  EXPECT_TRUE(effective_model(bounded, {{"model", "nobody-knows"}}).ok());
}

TEST(ModelOverrides, LeaveTheTasksOwnParametersAlone) {
  const Json own{{"depth", 3}, {"enable_streaming", true}, {"Model", 7}, {"", 1}};
  EXPECT_EQ(effective_model(server(), own).value(),
            effective_model(server(), Json::object()).value());
}

TEST(ModelOverrides, TakeNullForNotGiven) {
  const Json nulls{{"model", nullptr},
                   {"seed", nullptr},
                   {"budget", nullptr},
                   {"base_url", nullptr},
                   {"api_key", nullptr}};
  EXPECT_EQ(effective_model(server(), nulls).value(),
            effective_model(server(), Json::object()).value());
}

TEST(ModelOverrides, AreRefusedWhereTheOperatorAllowsThemNot) {
  const Error seed = refusal({{"seed", 8}});
  EXPECT_EQ(seed.code, Errc::kForbidden);
  EXPECT_EQ(seed.text,
            "the parameter seed may not be set by a task of this agent; its task_parameters are "
            "model, instructions, temperature, top_p, max_tokens");
  ModelServer strict = server();
  strict.task_parameters.clear();
  const Error model = refusal({{"model", "gpt-4"}}, strict);
  EXPECT_EQ(model.code, Errc::kForbidden);
  EXPECT_TRUE(model.text.ends_with("its task_parameters are none")) << model.text;
  strict.task_parameters = {"seed"};
  EXPECT_EQ(effective_model(strict, {{"seed", 8}}).value().parameters["seed"], 8);
}

TEST(ModelOverrides, NeverNameAServerAKeyOrAProgram) {
  for (const char* name :
       {"base_url", "api_key", "api_key_env", "api_key_file", "headers_env", "extra_body", "tools",
        "mcp", "prices", "models", "task_parameters", "max_tokens_key", "timeout"}) {
    const Error error = refusal({{name, "sk-secret"}});
    EXPECT_EQ(error.code, Errc::kForbidden) << name;
    EXPECT_EQ(error.text, "the parameter " + std::string(name) +
                              " is for the agent's operator to set, never for a task");
  }
}

TEST(ModelOverrides, AskOnlyForModelsThatTheOperatorNames) {
  EXPECT_EQ(effective_model(server(), {{"model", "local"}}).value().model, "local");
  const Error other = refusal({{"model", "o9-huge"}});
  EXPECT_EQ(other.code, Errc::kForbidden);
  EXPECT_EQ(other.text,
            "the parameter model is none that this agent's tasks may ask for; they are gpt-4, "
            "gpt-4*, local");
  ModelServer any = server();
  any.models.clear();
  any.budget.usd.reset();
  EXPECT_EQ(effective_model(any, {{"model", "o9-huge"}}).value().model, "o9-huge");
  any.models = {"local"};
  EXPECT_EQ(effective_model(any, {{"model", "gpt-4"}}).value().model, "gpt-4")
      << "the agent's own is never forbidden";
}

TEST(ModelOverrides, AreOfTheRightType) {
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string, Json>>{{"model", 4},
                                                           {"model", ""},
                                                           {"model", std::string(257, 'm')},
                                                           {"instructions", Json::array()},
                                                           {"temperature", "hot"},
                                                           {"top_p", 2},
                                                           {"max_tokens", 0},
                                                           {"max_tokens", "many"}}) {
    const Error error = refusal({{name, value}});
    EXPECT_EQ(error.code, Errc::kInvalid) << name;
    EXPECT_TRUE(error.text.starts_with("the parameter " + name + " must be ") ||
                error.text.starts_with("the parameter " + name + " must name "))
        << error.text;
  }
  EXPECT_EQ(refusal({{"instructions", std::string(300'000, 'x')}}).code, Errc::kTooLarge);
}

TEST(ModelOverridesBudget, OnlyTightens) {
  const auto budget = [](const Json& value) {
    return effective_model(server(), {{"budget", value}}).value().budget;
  };
  EXPECT_EQ(budget(0.1).usd, kNanoDollarsPerDollar / 10);
  EXPECT_EQ(budget(0.1).steps, 20);
  EXPECT_EQ(budget(5).usd, kNanoDollarsPerDollar / 2);
  const workflow::Budget both = budget({{"usd", 0.25}, {"steps", 100}, {"tokens", 10}});
  EXPECT_EQ(both.usd, kNanoDollarsPerDollar / 4);
  EXPECT_EQ(both.steps, 20);
  EXPECT_EQ(both.tokens, 10);
}

TEST(ModelOverridesBudget, NeedsNoLeaveAndIsChecked) {
  ModelServer strict = server();
  strict.task_parameters.clear();
  EXPECT_TRUE(effective_model(strict, {{"budget", 0.1}}).ok());
  EXPECT_EQ(refusal({{"budget", 0}}).text, "the parameter budget must be above 0, in US dollars");
  EXPECT_EQ(refusal({{"budget", -1}}).code, Errc::kInvalid);
  EXPECT_TRUE(
      refusal({{"budget", "0.1"}}).text.starts_with("the parameter budget must be a table"));
  EXPECT_TRUE(
      refusal({{"budget", {{"usd", "x"}}}}).text.starts_with("the parameter budget.usd must be"));
  EXPECT_TRUE(
      refusal({{"budget", {{"euro", 1}}}}).text.starts_with("the parameter budget.euro is no"));
}

TEST(TaskParameters, AreCheckedForAgentsThatCallAModelAlone) {
  AgentConfig agent{.id = testing::agent("a"), .runner = RunnerKind::kOpenAi};
  agent.model_server = server();
  EXPECT_FALSE(check_task_parameters(agent, {{"base_url", "http://h"}}).ok());
  EXPECT_TRUE(check_task_parameters(agent, {{"depth", 1}}).ok());
  const AgentConfig external{.id = testing::agent("b"), .runner = RunnerKind::kExternal};
  EXPECT_TRUE(check_task_parameters(external, {{"base_url", "http://h"}, {"budget", "x"}}).ok());
}

}  // namespace
}  // namespace taskfeed::runner
