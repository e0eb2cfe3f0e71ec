/// An agent as JSON: there and back, and every key that can be wrong.
#include "runner/agent_config.h"

#include <gtest/gtest.h>

#include "support/ids.h"

namespace taskfeed::runner {
namespace {

using std::chrono::milliseconds;

AgentConfig full_agent() {
  AgentConfig agent{.id = testing::agent("release-check"),
                    .description = "Checks a source tree",
                    .runner = RunnerKind::kCommand,
                    .enable_streaming = true};
  CommandStep step;
  step.name = "checksum";
  step.argv = {"sh", "-c", "sha256sum *.md"};
  step.cwd = "/srv/tree";
  step.env = {{"LANG", "C.UTF-8"}, {"EMPTY", ""}};
  step.timeout = milliseconds(30'500);
  step.continue_on_error = true;
  agent.steps.push_back(step);
  CommandStep plain;
  plain.argv = {"true"};
  agent.steps.push_back(plain);
  agent.retry.maximum_attempts = 3;
  agent.retry.non_retryable_kinds = {"timeout"};
  return agent;
}

Result<AgentConfig> read(const Json& json, Origin origin = Origin::kOperator) {
  return agent_from_json(parse_json(dump_json(json)).value(), origin);
}

/// The least that is an agent.
Json command_agent() {
  return parse_json(R"({"id":"a1","runner":"command","steps":[{"run":["make","test"]}]})").value();
}

TEST(AgentJson, IsReadBackAsItWasWritten) {
  EXPECT_EQ(read(agent_to_json(full_agent())).value(), full_agent());
  const AgentConfig external{.id = testing::agent("theirs"), .runner = RunnerKind::kExternal};
  EXPECT_EQ(read(agent_to_json(external)).value(), external);
}

TEST(AgentJson, HasTheKeysOfTheFile) {
  EXPECT_EQ(
      dump_json(agent_to_json(full_agent())["steps"][0]),
      R"({"name":"checksum","run":["sh","-c","sha256sum *.md"],"cwd":"/srv/tree",)"
      R"("env":{"EMPTY":"","LANG":"C.UTF-8"},"timeout":"30s500ms","continue_on_error":true})");
  EXPECT_EQ(dump_json(agent_to_json(full_agent())["steps"][1]),
            R"({"name":"","run":["true"],"timeout":"10m","continue_on_error":false})");
  EXPECT_FALSE(agent_to_json({.id = testing::agent("x"), .runner = RunnerKind::kExternal})
                   .contains("steps"));
}

TEST(AgentJson, WithoutARunnerNamesTheKeyThatMayBeMisspelt) {
  const std::string known = R"(must be "command", "external", "adk" or "openai")";
  EXPECT_EQ(read(Json{{"id", "a"}, {"model", "m"}}).error().text, "runner is missing; it " + known);
  EXPECT_EQ(read(Json{{"id", "a"}, {"model", "m"}, {"runer", "openai"}}).error().text,
            "runer is not a key of an agent; runner " + known);
  EXPECT_EQ(read(Json{{"id", "a"}, {"runner", 3}}).error().text, "runner " + known);
}

TEST(AgentJson, FillsInWhatIsLeftOut) {
  const AgentConfig agent = read(command_agent()).value();
  EXPECT_EQ(agent.runner, RunnerKind::kCommand);
  EXPECT_FALSE(agent.enable_streaming);
  EXPECT_EQ(agent.retry, workflow::RetryPolicy{});
  ASSERT_EQ(agent.steps.size(), 1u);
  EXPECT_EQ(agent.steps[0].argv, (std::vector<std::string>{"make", "test"}));
  EXPECT_EQ(agent.steps[0].timeout, milliseconds(600'000));
  EXPECT_FALSE(agent.steps[0].continue_on_error);
}

TEST(AgentJson, TakesUpToItsLimits) {
  Json json = command_agent();
  json["description"] = std::string(4'096, 'x');
  json["steps"] = Json::array();
  for (size_t i = 0; i < AgentLimits{}.steps_max; ++i) {
    json["steps"].push_back({{"name", std::string(256, 'n')}, {"run", {"true"}}});
  }
  json["steps"][0]["timeout"] = "7d";
  json["steps"][1]["timeout"] = "1ms";
  json["steps"][2]["run"] = {"p", std::string(AgentLimits{}.argv_bytes_max - 3, 'a')};
  const auto agent = read(json);
  ASSERT_TRUE(agent.ok()) << agent.error().text;
  EXPECT_EQ(agent->steps.size(), AgentLimits{}.steps_max);
}

TEST(AgentOrigin, MayNotNameProgramsInARequest) {
  const auto refused = read(command_agent(), Origin::kRequest);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kForbidden);
  EXPECT_NE(refused.error().text.find("operator"), std::string::npos);
  Json without = command_agent();
  without.erase("steps");
  EXPECT_EQ(read(without, Origin::kRequest).error().code, Errc::kForbidden);
  EXPECT_TRUE(read({{"id", "a1"}, {"runner", "external"}}, Origin::kRequest).ok());
}

struct Wrong {
  std::string_view at;     ///< JSON pointer.
  std::string_view value;  ///< JSON; empty: the key is taken out.
  std::string_view named;  ///< The error begins with this.
  Errc code = Errc::kInvalid;
};
void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.at << " = " << wrong.value.substr(0, 60);
}

class AgentJsonErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(AgentJsonErrors, NameTheKeyThatIsWrong) {
  Json json = agent_to_json(full_agent());
  const Json::json_pointer at{std::string(GetParam().at)};
  if (GetParam().value.empty()) {
    json.at(at.parent_pointer()).erase(at.back());
  } else {
    json[at] = parse_json(GetParam().value).value();
  }
  const auto agent = agent_from_json(json, Origin::kOperator);
  ASSERT_FALSE(agent.ok());
  EXPECT_EQ(agent.error().code, GetParam().code);
  EXPECT_TRUE(agent.error().text.starts_with(std::string(GetParam().named))) << agent.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    OfTheAgent, AgentJsonErrors,
    ::testing::Values(
        Wrong{"/id", "", "id"}, Wrong{"/id", "7", "id"}, Wrong{"/id", R"("a b")", "id"},
        Wrong{"/description", "7", "description"},
        Wrong{"/description", R"("a\u0000b")", "description"}, Wrong{"/runner", "", "runner"},
        Wrong{"/runner", "1", "runner"}, Wrong{"/runner", R"("telepathy")", "runner \"telepathy\""},
        Wrong{"/runner", R"("openai")", "steps"}, Wrong{"/runner", R"("external")", "steps"},
        Wrong{"/enable_streaming", "1", "enable_streaming"},
        Wrong{"/enable_streaming", R"("yes")", "enable_streaming"}, Wrong{"/retry", "3", "retry"},
        Wrong{"/retry/maximum_attempts", "0", "retry.maximum_attempts"},
        Wrong{"/retry/attempts", "2", "retry.attempts"},
        Wrong{"/budget", "{}", "budget is for runner = \"adk\" or \"openai\""},
        Wrong{"/base_url", "\"x\"", "base_url is for runner = \"adk\" or \"openai\""},
        Wrong{"/colour", "1", "colour is not a key"}, Wrong{"/steps", "", "steps"},
        Wrong{"/steps", "[]", "steps"}, Wrong{"/steps", "{}", "steps"}));

INSTANTIATE_TEST_SUITE_P(
    OfAStep, AgentJsonErrors,
    ::testing::Values(
        Wrong{"/steps/1", R"("make")", "steps[1] must be a table"},
        Wrong{"/steps/1/command", R"("make")", "steps[1].command is not a key"},
        Wrong{"/steps/1/name", "[]", "steps[1].name"}, Wrong{"/steps/1/run", "", "steps[1].run"},
        Wrong{"/steps/1/run", R"("make test")", "steps[1].run"},
        Wrong{"/steps/1/run", "[]", "steps[1].run"},
        Wrong{"/steps/1/run", R"(["make",3])", "steps[1].run"},
        Wrong{"/steps/1/run", R"([""])", "steps[1].run"},
        Wrong{"/steps/1/run", R"(["a\u0000b"])", "steps[1].run"},
        Wrong{"/steps/0/cwd", R"("srv")", "steps[0].cwd"},
        Wrong{"/steps/0/cwd", "true", "steps[0].cwd"}, Wrong{"/steps/0/env", "[]", "steps[0].env"},
        Wrong{"/steps/0/env/A=B", R"("x")", "steps[0].env"},
        Wrong{"/steps/0/env/", R"("x")", "steps[0].env"},
        Wrong{"/steps/0/env/LANG", "3", "steps[0].env.LANG"},
        Wrong{"/steps/0/env/LANG", R"("\u0000")", "steps[0].env.LANG"},
        Wrong{"/steps/0/env/TASKFEED_TASK_ID", R"("x")", "steps[0].env.TASKFEED_TASK_ID"},
        Wrong{"/steps/0/timeout", "30", "steps[0].timeout"},
        Wrong{"/steps/0/timeout", R"("soon")", "steps[0].timeout"},
        Wrong{"/steps/0/timeout", R"("0")", "steps[0].timeout"},
        Wrong{"/steps/0/timeout", R"("7d1ms")", "steps[0].timeout"},
        Wrong{"/steps/0/approval", "1", "steps[0].approval"},
        Wrong{"/steps/0/input", "true", "steps[0].input"},
        Wrong{"/steps/0/input", "\"\"", "steps[0].input"},
        Wrong{"/approval_timeout", "5", "approval_timeout"},
        Wrong{"/approval_timeout", "\"366d\"", "approval_timeout"},
        Wrong{"/steps/0/continue_on_error", "0", "steps[0].continue_on_error"}));

TEST(AgentJsonErrors, NameTheLimitThatWasPassed) {
  const auto expect_too_large = [](const Json& json, std::string_view named) {
    const auto agent = read(json);
    ASSERT_FALSE(agent.ok());
    EXPECT_EQ(agent.error().code, Errc::kTooLarge);
    EXPECT_TRUE(agent.error().text.starts_with(std::string(named))) << agent.error().text;
  };
  Json json = command_agent();
  json["description"] = std::string(4'097, 'x');
  expect_too_large(json, "description");
  json = command_agent();
  json["steps"][0]["name"] = std::string(257, 'x');
  expect_too_large(json, "steps[0].name");
  json = command_agent();
  json["steps"][0]["run"] = {"p", std::string(AgentLimits{}.argv_bytes_max - 2, 'a')};
  expect_too_large(json, "steps[0].run");
  json = command_agent();
  json["steps"] = Json::array();
  for (size_t i = 0; i <= AgentLimits{}.steps_max; ++i)
    json["steps"].push_back({{"run", {"true"}}});
  expect_too_large(json, "steps");
}

TEST(AgentJsonErrors, RefuseWhatIsNoObject) {
  for (const Json& json : {Json(nullptr), Json::array(), Json("a1")}) {
    EXPECT_EQ(agent_from_json(json, Origin::kOperator).error().code, Errc::kInvalid);
  }
}

}  // namespace
}  // namespace taskfeed::runner
