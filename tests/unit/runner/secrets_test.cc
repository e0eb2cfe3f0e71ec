#include "runner/secrets.h"

#include <gtest/gtest.h>

#include "runner/agent_config.h"

namespace taskfeed::runner {
namespace {

Secrets secrets(const std::vector<std::string>& values) {
  Secrets secrets;
  for (const std::string& value : values) secrets.add(value);
  return secrets;
}

TEST(Secrets, AreTakenOutWhereverTheyStand) {
  EXPECT_EQ(secrets({"s3cret"}).hide("a s3cret, s3crets3cret"),
            "a [redacted], [redacted][redacted]");
  EXPECT_EQ(secrets({"****"}).hide("****"), "[redacted]");
}

TEST(Secrets, AreNoneBelowFourBytes) {
  EXPECT_TRUE(secrets({"abc", "", "  ab  "}).empty());
  EXPECT_EQ(secrets({"abc"}).hide("abc"), "abc");
}

TEST(Secrets, AreFoundWithoutTheirScheme) {
  const Secrets header(std::map<std::string, std::string>{{"Authorization", "Bearer sk-12345"}});
  EXPECT_EQ(header.hide("you sent Bearer sk-12345, thus sk-12345"),
            "you sent [redacted], thus [redacted]");
}

TEST(Secrets, AreFoundAsTheyStandWithinJson) {
  EXPECT_EQ(secrets({"team/\"blue\""}).hide(R"({"team":"team/\"blue\""})"),
            R"({"team":"[redacted]"})");
}

TEST(Secrets, TheLongerOneIsHiddenWhole) {
  const Secrets both = secrets({"abcd", "abcdefgh"});
  EXPECT_EQ(both.hide("abcdefgh"), "[redacted]");
  EXPECT_EQ(both.hide("abcdefg"), "[redacted]efg");
  EXPECT_EQ(both.hide("abcabcd"), "abc[redacted]");
}

TEST(Secrets, AreHiddenInEveryStringOfAnEvent) {
  const Json said{{"s3cret", 1}, {"list", {"is s3cret", 2, nullptr, {{"deep", "s3cret"}}}}};
  EXPECT_EQ(dump_json(secrets({"s3cret"}).hide_in(said)),
            R"({"[redacted]":1,"list":["is [redacted]",2,null,{"deep":"[redacted]"}]})");
}

TEST(Secrets, WhatMayBeTheirBeginningIsHeld) {
  const Secrets::Split split = secrets({"s3cret", "s3cret-2"}).hide_so_far("ask s3cret");
  EXPECT_EQ(split.shown, "ask ");
  EXPECT_EQ(split.held, "s3cret");
  EXPECT_EQ(secrets({"s3cret"}).hide_so_far("ask s3cretary s3cx").held, "");
  EXPECT_EQ(secrets({"abab1"}).hide_so_far("ababab").held, "abab");
}

TEST(Secrets, AreThePassedVariablesThatNotEveryProgramHas) {
  AgentConfig agent{.id = AgentId::parse("a").value()};
  agent.model_server.emplace();
  agent.model_server->tools.push_back({.name = "t", .pass_env = {"TOKEN", "HOME", "LC_ALL"}});
  agent.mcp.push_back({.name = "m", .pass_env = {"M_TOKEN"}, .headers_env = {{"X-Key", "M_KEY"}}});
  Secrets known;
  add_passed_variables(known, agent,
                       [](std::string_view name) { return "/of/" + std::string(name); });
  EXPECT_EQ(known.hide("/of/TOKEN /of/HOME /of/LC_ALL /of/M_TOKEN /of/M_KEY"),
            "[redacted] /of/HOME /of/LC_ALL [redacted] [redacted]");
}

}  // namespace
}  // namespace taskfeed::runner
