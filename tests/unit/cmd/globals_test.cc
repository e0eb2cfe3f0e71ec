#include "cmd/globals.h"

#include <cstdlib>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "cmd/preset.h"

namespace taskfeed::cmd {
namespace {

struct Surroundings {
  std::map<std::string, std::string> variables{{"HOME", "/folks/ada"}};
  Environment environment{[this](std::string_view name) { return variables[std::string(name)]; }};
  std::vector<std::string> typed;

  Result<Globals> result(bool streams) {
    GlobalArgs args;
    ArgParser parser({});
    declare_globals(parser, args, streams);
    if (auto parsed = parser.parse(typed); !parsed) return parsed.error();
    const auto presets =
        preset(parser, args, "", environment, [](std::string_view) { return true; });
    if (!presets) return presets.error();
    return resolve(args, environment, streams);
  }
  Globals resolved(bool streams = false) { return result(streams).value(); }
  std::string refusal(bool streams = false) {
    const Result<Globals> globals = result(streams);
    return globals ? "accepted" : globals.error().text;
  }
};

TEST(GlobalsPlace, IsTheOptionsBeforeTheEnvironments) {
  Surroundings at;
  at.variables["TASKFEED_SERVER"] = "http://elsewhere:1";
  EXPECT_EQ(at.resolved().server, "http://elsewhere:1");
  EXPECT_FALSE(at.resolved().place_typed);
  at.typed = {"--server", "http://here:2"};
  EXPECT_EQ(at.resolved().server, "http://here:2");
  EXPECT_TRUE(at.resolved().place_typed);
}

TEST(GlobalsPlace, AnOptionForOneKindHidesTheEnvironmentsOther) {
  Surroundings at;
  at.variables["TASKFEED_SERVER"] = "http://elsewhere:1";
  at.typed = {"--redis", "redis://here"};
  EXPECT_EQ(at.resolved().server, "");
  EXPECT_EQ(at.resolved().redis, "redis://here");
  at.variables.erase("TASKFEED_SERVER");
  at.variables["TASKFEED_REDIS_URL"] = "redis://elsewhere";
  at.typed = {"--server", "http://here:2"};
  EXPECT_EQ(at.resolved().redis, "");
}

TEST(GlobalsPlace, OfTheEnvironmentMayBeBothSinceDaemonsNeedTheRedis) {
  Surroundings at;
  at.variables["TASKFEED_SERVER"] = "http://elsewhere:1";
  at.variables["TASKFEED_REDIS_URL"] = "redis://elsewhere";
  EXPECT_EQ(at.resolved().server, "http://elsewhere:1");
  EXPECT_EQ(at.resolved().redis, "redis://elsewhere");
}

TEST(GlobalsPlace, ServerAndRedisExcludeEachOther) {
  Surroundings at;
  at.typed = {"--server", "http://a", "--redis", "redis://b"};
  EXPECT_EQ(at.refusal(), "--server and --redis exclude each other; give one of them");
}

TEST(GlobalsStateDir, GoesFromOptionToEnvironmentToSystemdToXdgToHome) {
  Surroundings at;
  EXPECT_EQ(at.resolved().state_dir, "/folks/ada/.local/state/taskfeed");
  at.variables["XDG_STATE_HOME"] = "/xdg";
  EXPECT_EQ(at.resolved().state_dir, "/xdg/taskfeed");
  at.variables["STATE_DIRECTORY"] = "/var/lib/units/feed";
  EXPECT_EQ(at.resolved().state_dir, "/var/lib/units/feed");
  at.variables["TASKFEED_STATE_DIR"] = "/mine";
  EXPECT_EQ(at.resolved().state_dir, "/mine");
  at.typed = {"--state-dir", "/given/../here/"};
  EXPECT_EQ(at.resolved().state_dir, "/here");
}

TEST(GlobalsStateDir, FollowsTheLinkThatSystemdMakesForADynamicUser) {
  std::string base = std::filesystem::temp_directory_path() / "taskfeed-globals-XXXXXX";
  ASSERT_NE(mkdtemp(base.data()), nullptr);
  base = std::filesystem::canonical(base);
  std::filesystem::create_directories(base + "/private/feed");
  std::filesystem::create_directory_symlink("private/feed", base + "/feed");
  Surroundings at;
  at.variables["STATE_DIRECTORY"] = base + "/feed:" + base + "/other";
  EXPECT_EQ(at.resolved().state_dir, base + "/private/feed");
  at.variables["TASKFEED_STATE_DIR"] = base + "/feed";
  EXPECT_EQ(at.resolved().state_dir, base + "/feed");
  std::filesystem::remove_all(base);
}

TEST(GlobalsStateDir, StandsAtASystemPlaceWithoutAHome) {
  Surroundings at;
  at.variables.clear();
  EXPECT_EQ(at.resolved().state_dir, "/var/lib/taskfeed");
}

TEST(GlobalsColour, FollowsNoColorAndForceAndDumbTerminals) {
  Surroundings at;
  EXPECT_EQ(at.resolved().color, ColorChoice::kAuto);
  at.variables["TERM"] = "dumb";
  EXPECT_EQ(at.resolved().color, ColorChoice::kNever);
  at.variables["CLICOLOR_FORCE"] = "1";
  EXPECT_EQ(at.resolved().color, ColorChoice::kAlways);
  at.variables["NO_COLOR"] = "1";
  EXPECT_EQ(at.resolved().color, ColorChoice::kNever);
  at.typed = {"--color", "always"};
  EXPECT_EQ(at.resolved().color, ColorChoice::kAlways);
}

TEST(GlobalsQuiet, IsTakenBackOnTheCommandLine) {
  Surroundings at;
  at.variables["TASKFEED_QUIET"] = "true";
  EXPECT_TRUE(at.resolved().quiet);
  at.typed = {"--quiet=false"};
  EXPECT_FALSE(at.resolved().quiet);
  at.typed = {"--verbose"};
  EXPECT_FALSE(at.resolved().quiet);
}

TEST(GlobalsOutput, JsonIsShortForOutputJson) {
  Surroundings at;
  at.typed = {"--json"};
  EXPECT_EQ(at.resolved().output, OutputFormat::kJson);
}

TEST(GlobalsOutput, SseAndRawAreForStreamsAlone) {
  Surroundings at;
  at.typed = {"-o", "sse"};
  EXPECT_EQ(at.resolved(true).output, OutputFormat::kSse);
  EXPECT_EQ(at.refusal(false), "--output 'sse' is unknown; use text or json");
}

TEST(GlobalsErrors, NameTheOptionAndWhatItMayBe) {
  Surroundings at;
  at.typed = {"--color", "purple"};
  EXPECT_EQ(at.refusal(), "--color 'purple' is unknown; use auto, always or never");
  at.typed = {"--time", "late"};
  EXPECT_EQ(at.refusal(), "--time 'late' is unknown; use clock, relative, iso or raw");
  at.typed = {"--timeout", "soon"};
  EXPECT_TRUE(at.refusal().starts_with("--timeout: ")) << at.refusal();
}

TEST(GlobalsTimeout, OfZeroIsNone) {
  Surroundings at;
  at.typed = {"--timeout", "0"};
  EXPECT_FALSE(at.resolved().timeout.has_value());
  at.typed = {"--timeout", "1m30s"};
  EXPECT_EQ(at.resolved().timeout, Milliseconds(90'000));
}

TEST(GlobalsTable, NamesEveryOptionThatTakesAValue) {
  for (const char* name : {"--server", "--redis", "--state-dir", "-o", "--output", "--color",
                           "--time", "--timeout", "--log-format", "--config", "--profile"}) {
    EXPECT_TRUE(global_takes_value(name)) << name;
    EXPECT_TRUE(globals_help(80).find(name) != std::string::npos) << name;
  }
  for (const char* name : {"--json", "-q", "-v", "--utc"}) {
    EXPECT_FALSE(global_takes_value(name)) << name;
  }
}

}  // namespace
}  // namespace taskfeed::cmd
