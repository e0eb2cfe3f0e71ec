#include "cmd/arg_parser.h"

#include <gtest/gtest.h>

namespace taskfeed::cmd {
namespace {

struct Values {
  bool follow = false;
  std::string query;
  std::optional<std::string> lines;
  std::vector<std::string> params, tasks;
  std::string task;
};

ArgParser::About about() {
  return {.name = "demo", .usage = "[OPTIONS] TASK", .summary = "A demonstration.", .examples = {}};
}

struct Demo {
  Demo() : parser(about()) {
    parser.argument("TASK", values.task, true, "a task id");
    parser.flag("-f,--follow", values.follow, "go on");
    parser.option("--query", values.query, "TEXT", "what to ask");
    parser.option("-n,--lines", values.lines, "N", "how many");
    parser.list("--param", values.params, "NAME=VALUE", "repeatable");
  }
  std::string refusal(std::vector<std::string> args) {
    const Result<bool> parsed = parser.parse(std::move(args));
    return parsed ? "accepted" : parsed.error().text;
  }
  Values values;
  ArgParser parser;
};

TEST(ArgParserParse, TakesOptionsBeforeAndAfterArguments) {
  Demo demo;
  ASSERT_TRUE(demo.parser.parse({"-f", "t-1", "--query", "why", "-n", "5"}).ok());
  EXPECT_TRUE(demo.values.follow);
  EXPECT_EQ(demo.values.task, "t-1");
  EXPECT_EQ(demo.values.query, "why");
  EXPECT_EQ(demo.values.lines, "5");
}

TEST(ArgParserParse, TakesAValueAfterAnEqualsSign) {
  Demo demo;
  ASSERT_TRUE(demo.parser.parse({"--query=a=b", "t-1"}).ok());
  EXPECT_EQ(demo.values.query, "a=b");
}

TEST(ArgParserParse, CollectsARepeatedListAndKeepsTheArgumentApart) {
  Demo demo;
  ASSERT_TRUE(demo.parser.parse({"--param", "a=1", "--param", "b=2", "t-1"}).ok());
  EXPECT_EQ(demo.values.params, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(demo.values.task, "t-1");
}

TEST(ArgParserParse, LetsTheLastOfARepeatedOptionWin) {
  Demo demo;
  ASSERT_TRUE(demo.parser.parse({"--query", "one", "--query", "two", "t-1"}).ok());
  EXPECT_EQ(demo.values.query, "two");
}

TEST(ArgParserParse, TakesWordsAfterTwoHyphensAsTheyStand) {
  Demo demo;
  ASSERT_TRUE(demo.parser.parse({"--", "--follow"}).ok());
  EXPECT_EQ(demo.values.task, "--follow");
  EXPECT_FALSE(demo.values.follow);
}

TEST(ArgParserParse, TakesAnEmptyValueAsAValue) {
  Demo demo;
  demo.values.query = "before";
  ASSERT_TRUE(demo.parser.parse({"--query", "", "t-1"}).ok());
  EXPECT_EQ(demo.values.query, "");
}

TEST(ArgParserParse, TakesALoneHyphenAsAnArgument) {
  Demo demo;
  ASSERT_TRUE(demo.parser.parse({"-"}).ok());
  EXPECT_EQ(demo.values.task, "-");
}

TEST(ArgParserParse, TakesANegativeNumberAsAnOptionsValue) {
  Demo demo;
  ASSERT_TRUE(demo.parser.parse({"-n", "-5", "t-1"}).ok());
  EXPECT_EQ(demo.values.lines, "-5");
}

TEST(ArgParserErrors, NameTheUnknownOptionAndTheOneThatWasMeant) {
  Demo demo;
  EXPECT_EQ(demo.refusal({"t-1", "--folow"}),
            "unknown option --folow, did you mean --follow?; see `taskfeed demo --help`");
}

TEST(ArgParserErrors, SuggestNothingWhereNothingIsNear) {
  Demo demo;
  EXPECT_EQ(demo.refusal({"t-1", "--zzzzzz"}),
            "unknown option --zzzzzz; see `taskfeed demo --help`");
}

TEST(ArgParserErrors, NameTheMissingArgument) {
  Demo demo;
  EXPECT_EQ(demo.refusal({}), "TASK is missing (a task id); see `taskfeed demo --help`");
}

TEST(ArgParserErrors, NameTheOptionWithoutItsValue) {
  Demo demo;
  EXPECT_EQ(demo.refusal({"t-1", "--query"}), "--query needs a value; see `taskfeed demo --help`");
}

TEST(ArgParserErrors, NameTheArgumentThatIsTooMuch) {
  Demo demo;
  EXPECT_EQ(demo.refusal({"t-1", "t-2"}), "unexpected argument 't-2'; see `taskfeed demo --help`");
}

TEST(ArgParserErrors, NameTheOnlyOptionForTextWhereNoArgumentIsTaken) {
  std::string reason, goal;
  ArgParser one(about());
  one.option("-d,--description", goal, "TEXT", "what for");
  EXPECT_EQ(one.parse({"that", "-x"}).error().text,
            "unexpected argument 'that', did you mean -d that?; see `taskfeed demo --help`");
  ArgParser two(about());
  two.option("--reason", reason, "TEXT", "why");
  two.option("-d,--description", goal, "TEXT", "what for");
  EXPECT_EQ(two.parse({"x"}).error().text, "unexpected argument 'x'; see `taskfeed demo --help`");
}

TEST(ArgParserErrors, ShowNoControlCharacterOfWhatWasTyped) {
  Demo demo;
  const std::string text = demo.refusal({"t-1", "--\x1b[31m"});
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
}

TEST(ArgParserErrors, RefuseAValueForAFlag) {
  Demo demo;
  EXPECT_NE(demo.refusal({"t-1", "--follow=maybe"}), "accepted");
}

TEST(ArgParserHelp, IsAnsweredWhateverElseIsMissing) {
  Demo demo;
  const Result<bool> parsed = demo.parser.parse({"--help"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(*parsed);
}

TEST(ArgParserHelp, ListsArgumentsAndOptionsAndLeavesOutTheGlobalOnes) {
  Demo demo;
  std::string hidden;
  demo.parser.begin_globals();
  demo.parser.option("--server", hidden, "URL", "");
  const std::string help = demo.parser.help(80);
  EXPECT_NE(help.find("Usage: taskfeed demo [OPTIONS] TASK"), std::string::npos);
  EXPECT_NE(help.find("  -f, --follow"), std::string::npos);
  EXPECT_NE(help.find("      --param NAME=VALUE"), std::string::npos);
  EXPECT_EQ(help.find("--server"), std::string::npos);
}

}  // namespace
}  // namespace taskfeed::cmd
