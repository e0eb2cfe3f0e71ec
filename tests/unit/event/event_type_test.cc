#include "event/event_type.h"

#include <set>

#include <gtest/gtest.h>

namespace taskfeed {
namespace {

TEST(EventTypeText, RefusesEveryControlCharacterAndSpace) {
  for (int c = 0; c <= 0x20; ++c) {
    const std::string one(1, static_cast<char>(c));
    EXPECT_FALSE(EventType::parse(one).ok()) << c;
    EXPECT_FALSE(EventType::parse("a" + one + "b").ok()) << c;
    EXPECT_FALSE(EventType::parse("a" + one).ok()) << c;
  }
  EXPECT_FALSE(EventType::parse("a\x7f").ok());
  for (int c = 0x80; c <= 0xA0; ++c) {  // C1 and no-break space
    EXPECT_FALSE(EventType::parse(std::string("a\xC2") + static_cast<char>(c)).ok()) << c;
  }
  for (const std::string_view space :
       {"\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9",
        "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"}) {
    EXPECT_FALSE(EventType::parse("a" + std::string(space)).ok());
  }
}

TEST(EventTypeText, TakesEveryOtherAsciiCharacterAndUnicode) {
  for (int c = 0x21; c < 0x7F; ++c) {
    EXPECT_TRUE(EventType::parse(std::string(1, static_cast<char>(c))).ok()) << c;
  }
  EXPECT_TRUE(EventType::parse("workflow.gr\xC3\xBC\xC3\x9F").ok());
  EXPECT_TRUE(EventType::parse("\xF0\x9F\x98\x80").ok());
}

TEST(EventTypeText, RefusesIllFormedUtf8) {
  EXPECT_FALSE(EventType::parse("a\xFF").ok());
  EXPECT_FALSE(EventType::parse("\xE2\x82").ok());
  EXPECT_FALSE(EventType::parse("\xED\xA0\x80").ok());
}

TEST(EventTypeText, HasOneToAHundredAndTwentyEightBytes) {
  EXPECT_FALSE(EventType::parse("").ok());
  EXPECT_TRUE(EventType::parse(std::string(128, 'a')).ok());
  EXPECT_FALSE(EventType::parse(std::string(129, 'a')).ok());
}

TEST(EventTypeText, LeavesTheControlFramesNamesToThem) {
  for (const std::string_view text :
       {"stream.", "stream.end", "stream.x", "heartbeat", "heartbeat.x", "heartbeats"}) {
    EXPECT_FALSE(EventType::parse(text).ok()) << text;
  }
  EXPECT_TRUE(EventType::parse("stream").ok());
  EXPECT_TRUE(EventType::parse("upstream.end").ok());
  EXPECT_TRUE(EventType::parse("Stream.end").ok());
}

TEST(EventTypeText, ShowsTheTextEscapedInTheError) {
  EXPECT_NE(EventType::parse("a\nid: 9").error().text.find("a\\x0aid: 9"), std::string::npos);
}

TEST(EventTypeKnown, EveryNameIsValidAndDistinct) {
  std::set<std::string_view> names;
  for (const std::string_view name : types::kAll) {
    EXPECT_EQ(known_type(name).str(), name);
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(names.size(), 22u);
}

TEST(EventTypeKnown, ThreeAreTerminalAndTheyMoveTheStatus) {
  int terminal = 0, lifecycle = 0;
  for (const std::string_view name : types::kAll) {
    terminal += is_terminal(name);
    lifecycle += is_lifecycle(name);
    EXPECT_TRUE(!is_terminal(name) || is_lifecycle(name)) << name;
  }
  EXPECT_EQ(terminal, 3);
  EXPECT_EQ(lifecycle, 6);
  EXPECT_FALSE(is_terminal("workflowcompleted"));
  EXPECT_FALSE(is_lifecycle(""));
}

bool accepts(std::string_view include, std::string_view exclude, std::string_view type) {
  return TypeFilter::parse(include, exclude).value().accepts(type);
}

TEST(TypeFilterText, AcceptsEverythingWhenEmpty) {
  for (const std::string_view list : {"", " ", ",", " , ,, "}) {
    const TypeFilter filter = TypeFilter::parse(list, list).value();
    EXPECT_TRUE(filter.empty());
    EXPECT_TRUE(filter.accepts("anything"));
    EXPECT_EQ(filter, TypeFilter());
  }
}

TEST(TypeFilterText, IncludesByAnyGlobAndExcludesByAny) {
  EXPECT_TRUE(accepts("a, b*", "", "bc"));
  EXPECT_TRUE(accepts("a, b*", "", "a"));
  EXPECT_FALSE(accepts("a, b*", "", "ab"));
  EXPECT_FALSE(accepts("", "*Chunk", types::kLlmCallChunk));
  EXPECT_TRUE(accepts("", "*Chunk", types::kLlmCallStarted));
  EXPECT_FALSE(accepts("Workflow*", "WorkflowLLM*", types::kLlmCallStarted));
  EXPECT_FALSE(accepts("a", "a", "a"));
  EXPECT_FALSE(accepts("workflow*", "", "WorkflowStarted"));
}

TEST(TypeFilterText, RefusesTooManyOrTooLongPatterns) {
  std::string list = "a";
  for (int count = 1; count < 64; ++count) list += ",a";
  EXPECT_TRUE(TypeFilter::parse(list, list).ok());
  EXPECT_EQ(TypeFilter::parse(list + ",a", "").error().code, Errc::kTooLarge);
  EXPECT_EQ(TypeFilter::parse("", list + ",a").error().code, Errc::kTooLarge);
  EXPECT_TRUE(TypeFilter::parse(std::string(128, '*'), "").ok());
  EXPECT_FALSE(TypeFilter::parse(std::string(129, '*'), "").ok());
}

}  // namespace
}  // namespace taskfeed
