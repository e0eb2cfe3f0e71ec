/// An agent's file: what it may look like, and the line of what is wrong.
#include <gtest/gtest.h>

#include "runner/agent_config.h"

namespace taskfeed::runner {
namespace {

using std::chrono::milliseconds;

TEST(AgentToml, IsReadWithAllItsKeys) {
  const auto agent = agent_from_toml(R"(
[agent]
id = "release-check"
description = "Checks a source tree before a release"
runner = "command"              # a comment
enable_streaming = true

[[agent.steps]]
name = "checksum"
run = ["sh", "-c", "sha256sum *.md"]
cwd = "/srv/tree"
env = { LANG = "C.UTF-8" }
timeout = "30s"
continue_on_error = true

[[agent.steps]]
run = [
  "make",
  'test',
]

[agent.retry]
initial_interval = "250ms"
backoff_coefficient = 1.5
maximum_attempts = 4
non_retryable_kinds = ["timeout"]
)",
                                     "check.toml");
  ASSERT_TRUE(agent.ok()) << agent.error().text;
  EXPECT_EQ(agent->id.str(), "release-check");
  EXPECT_TRUE(agent->enable_streaming);
  ASSERT_EQ(agent->steps.size(), 2u);
  EXPECT_EQ(agent->steps[0].argv, (std::vector<std::string>{"sh", "-c", "sha256sum *.md"}));
  EXPECT_EQ(agent->steps[0].env, (std::map<std::string, std::string>{{"LANG", "C.UTF-8"}}));
  EXPECT_EQ(agent->steps[0].timeout, milliseconds(30'000));
  EXPECT_TRUE(agent->steps[0].continue_on_error);
  EXPECT_EQ(agent->steps[1].argv, (std::vector<std::string>{"make", "test"}));
  EXPECT_EQ(agent->retry.initial_interval, milliseconds(250));
  EXPECT_EQ(agent->retry.backoff_coefficient, 1.5);
  EXPECT_EQ(agent->retry.maximum_attempts, 4);
}

TEST(AgentToml, HasStepsThatAskAPerson) {
  const auto agent = agent_from_toml(R"(
[agent]
id = "deploy"
runner = "command"
approval_timeout = "2h"

[[agent.steps]]
name = "build"
run = ["make"]

[[agent.steps]]
name = "deploy"
run = ["deploy"]
approval = true
input = "Which version?"
)",
                                     "deploy.toml");
  ASSERT_TRUE(agent.ok()) << agent.error().text;
  EXPECT_EQ(agent->approval_timeout, std::chrono::hours(2));
  ASSERT_EQ(agent->steps.size(), 2u);
  EXPECT_FALSE(agent->steps[0].approval);
  EXPECT_EQ(agent->steps[0].input, "");
  EXPECT_TRUE(agent->steps[1].approval);
  EXPECT_EQ(agent->steps[1].input, "Which version?");
  EXPECT_EQ(agent_from_json(agent_to_json(*agent), Origin::kOperator).value(), *agent);
}

TEST(AgentToml, TakesAWholeNumberWhereAFractionMayStand) {
  const auto agent = agent_from_toml(
      "[agent]\nid = 'a'\nrunner = 'external'\nretry = { backoff_coefficient = 2 }", "a.toml");
  EXPECT_EQ(agent.value().retry.backoff_coefficient, 2.0);
}

TEST(AgentToml, MayWriteItsTablesInline) {
  const auto agent = agent_from_toml(
      "agent = { id = 'a', runner = 'command', steps = [ { run = ['true'] } ] }", "a.toml");
  EXPECT_EQ(agent.value().steps.size(), 1u);
}

TEST(AgentToml, IsTheSameAgentAsItsJson) {
  const auto agent = agent_from_toml(
      "[agent]\nid = 'a'\nrunner = 'command'\n"
      "[[agent.steps]]\nname = 'Grüße'\nrun = ['true', '']",
      "a.toml");
  EXPECT_EQ(agent_from_json(agent_to_json(agent.value()), Origin::kOperator).value(), *agent);
}

struct Wrong {
  std::string_view text;
  int line;
  std::string_view named;
};
void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << "line " << wrong.line << ": " << wrong.named;
}

class AgentTomlErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(AgentTomlErrors, NameFileLineAndKey) {
  const auto agent = agent_from_toml(GetParam().text, "agents.d/a.toml");
  ASSERT_FALSE(agent.ok()) << GetParam().text;
  EXPECT_EQ(agent.error().code, Errc::kInvalid);
  const std::string place = "agents.d/a.toml:" + std::to_string(GetParam().line) + ": ";
  EXPECT_TRUE(agent.error().text.starts_with(place)) << agent.error().text;
  EXPECT_NE(agent.error().text.find(GetParam().named), std::string::npos) << agent.error().text;
}

INSTANTIATE_TEST_SUITE_P(WhatIsNoToml, AgentTomlErrors,
                         ::testing::Values(Wrong{"[agent]\nid = \n", 2, ""},
                                           Wrong{"[agent]\nid = 'a'\nid = 'b'\n", 3, "id"},
                                           Wrong{"[agent\n", 1, ""},
                                           Wrong{"[agent]\nid = 'a\n", 2, ""},
                                           Wrong{"[agent]\nid = \"\xFF\"\n", 2, ""}));

INSTANTIATE_TEST_SUITE_P(
    WhatIsNoAgent, AgentTomlErrors,
    ::testing::Values(Wrong{"[agent]\nid = 'a'\n[other]\nx = 1\n", 3, "\"other\""},
                      Wrong{"name = 'a'\n[agent]\n", 1, "\"name\""},
                      Wrong{"\n[agent]\nrunner = 'external'\n", 2, "id"},
                      Wrong{"[agent]\nrunner = 'external'\n\nid = 'a b'\n", 4, "id"},
                      Wrong{"[agent]\nid = 'a'\n", 1, "runner"},
                      Wrong{"[agent]\nid = 'a'\nrunner = 'telepathy'\n", 3, "telepathy"},
                      Wrong{"[agent]\nid = 'a'\nrunner = 'command'\n", 1, "steps"},
                      Wrong{"[agent]\nid = 'a'\nrunner = 'external'\ncolour = 1\n", 4, "colour"},
                      Wrong{"[agent]\nid = 'a'\nrunner = 'external'\nenable_streaming = 'yes'\n", 4,
                            "enable_streaming"},
                      Wrong{"[agent]\nid = 'a'\nrunner = 'external'\ndescription = 2026-11-22\n", 4,
                            "description"},
                      Wrong{"[agent]\nid = 'a'\nrunner = 'external'\n[agent.retry]\n\n"
                            "maximum_attempts = 0\n",
                            6, "retry.maximum_attempts"}));

INSTANTIATE_TEST_SUITE_P(
    WhatIsNoStep, AgentTomlErrors,
    ::testing::Values(
        Wrong{"[agent]\nid = 'a'\nrunner = 'command'\nsteps = 'make'\n", 4, "steps"},
        Wrong{"[agent]\nid = 'a'\nrunner = 'command'\nsteps = [\n 'make'\n]\n", 5, "steps[0]"},
        Wrong{"[agent]\nid = 'a'\nrunner = 'command'\n[[agent.steps]]\nname = 'x'\n", 4,
              "steps[0].run"},
        Wrong{"[agent]\nid = 'a'\nrunner = 'command'\n[[agent.steps]]\nrun = ['a']\n"
              "[[agent.steps]]\nrun = 'make test'\n",
              7, "steps[1].run"},
        Wrong{"[agent]\nid = 'a'\nrunner = 'command'\n[[agent.steps]]\nrun = ['a']\ntimeout = 30\n",
              6, "steps[0].timeout"},
        Wrong{
            "[agent]\nid = 'a'\nrunner = 'command'\n[[agent.steps]]\nrun = ['a']\napproval = 'y'\n",
            6, "steps[0].approval"},
        Wrong{"[agent]\nid = 'a'\nrunner = 'command'\n[[agent.steps]]\nrun = ['a']\ninput = true\n",
              6, "steps[0].input"},
        Wrong{
            "[agent]\nid = 'a'\nrunner = 'command'\n[[agent.steps]]\nrun = ['a']\nworkdir = '/'\n",
            6, "steps[0].workdir"},
        Wrong{"[agent]\nid = 'a'\nrunner = 'command'\n[[agent.steps]]\nrun = ['a']\n"
              "[agent.steps.env]\nA = 'x'\nTASKFEED_STEP = '1'\n",
              8, "steps[0].env.TASKFEED_STEP"}));

TEST(AgentTomlErrors, NameTheFileWhereThereIsNoLine) {
  for (const char* text : {"", "# nothing\n"}) {
    const auto agent = agent_from_toml(text, "a.toml");
    ASSERT_FALSE(agent.ok());
    EXPECT_EQ(agent.error().text, "a.toml: has no [agent] table");
  }
  EXPECT_EQ(agent_from_toml("agent = 3", "a.toml").error().text, "a.toml: has no [agent] table");
}

TEST(AgentTomlErrors, KeepTheCodeOfALimit) {
  std::string text = "[agent]\nid = 'a'\nrunner = 'command'\n";
  for (size_t i = 0; i <= AgentLimits{}.steps_max; ++i) text += "[[agent.steps]]\nrun = ['a']\n";
  const auto agent = agent_from_toml(text, "a.toml");
  ASSERT_FALSE(agent.ok());
  EXPECT_EQ(agent.error().code, Errc::kTooLarge);
  EXPECT_TRUE(agent.error().text.starts_with("a.toml:4: steps")) << agent.error().text;
}

}  // namespace
}  // namespace taskfeed::runner
