/// Arguments within an argv.
#include "runner/placeholders.h"

#include <gtest/gtest.h>

namespace taskfeed::runner {
namespace {

using Names = std::vector<std::string>;

TEST(Placeholders, AreNamesInBraces) {
  EXPECT_EQ(placeholders_in("{path}"), Names{"path"});
  EXPECT_EQ(placeholders_in("--range={from}..{to-line_2}"), (Names{"from", "to-line_2"}));
  EXPECT_EQ(placeholders_in("{a}{a}"), (Names{"a", "a"}));
}

TEST(Placeholders, AreNoOtherBraces) {
  for (const char* text : {"", "{}", "{0}", "{-a}", "{a b}", "{a", "a}", "{\"a\":1}", "{{a}}",
                           "{.Names}", "${", "{ a }", "{{", "}}", "{{{", "{é}"}) {
    EXPECT_EQ(placeholders_in(text), Names{}) << text;
    EXPECT_EQ(filled(text, Json::object()), text == std::string("{{a}}") ? "{a}" : text);
  }
  EXPECT_EQ(placeholders_in("{{a}"), Names{"a"});
  EXPECT_EQ(placeholders_in("{{{a}}}"), Names{});
  EXPECT_EQ(filled("{{{a}}}", Json::object()), "{{a}}");
}

TEST(PlaceholdersFilled, TakeTextsAsTheyAreAndTheRestAsJson) {
  const Json arguments{{"text", "a b; rm -rf / $HOME \"'\n"},
                       {"number", 3},
                       {"flag", true},
                       {"list", {1, "two"}},
                       {"empty", ""},
                       {"fraction", 0.5}};
  EXPECT_EQ(filled("{text}", arguments), "a b; rm -rf / $HOME \"'\n");
  EXPECT_EQ(filled("-n{number}", arguments), "-n3");
  EXPECT_EQ(filled("{flag},{fraction}", arguments), "true,0.5");
  EXPECT_EQ(filled("{list}", arguments), R"([1,"two"])");
  EXPECT_EQ(filled("{empty}", arguments), "");
}

TEST(PlaceholdersFilled, LookForNothingInWhatWentIn) {
  EXPECT_EQ(filled("{a}", {{"a", "{b}"}, {"b", "secret"}}), "{b}");
  EXPECT_EQ(filled("{a}b}", {{"a", "{"}, {"b", "secret"}}), "{b}");
}

TEST(PlaceholdersFilled, LeaveOutWhatHasNoArgument) {
  EXPECT_EQ(filled("{a}", Json::object()), std::nullopt);
  EXPECT_EQ(filled("--depth={a}", {{"a", nullptr}}), std::nullopt);
  EXPECT_EQ(filled("{a}{b}", {{"a", "x"}}), std::nullopt);
}

}  // namespace
}  // namespace taskfeed::runner
