/// What comes of an answer does not depend on where its bytes were cut.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "reading.h"

namespace taskfeed::llm {
namespace {

/// All that a stream may hold, and what breaks most easily: characters of many bytes, halves of
/// them, line ends of two bytes, comments, calls in fragments.
std::string rich_stream() {
  return "\xEF\xBB\xBF: comment\r\n\r\n"
         "data: " +
         delta(R"({"role":"assistant","content":"","reasoning":"h\ud83d"})") + "\r\n\r\n" +
         "data:" + delta(R"({"reasoning":"\ude42"})") + "\r\n\r\n" +
         event(delta(R"({"content":"漢字 \ud83d"})")) + event(delta(R"({"content":"\ude42é"})")) +
         event(delta(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"get",)"
                     R"("arguments":"{\"city\":\"M"}}]})")) +
         event(delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"ünchen\"}"}}]})")) +
         event(finish("tool_calls")) + event(usage(10, 2)) + "data: [DONE]\n\n";
}

std::vector<std::string> pieces_of(const std::string& text, std::vector<size_t> cuts) {
  std::vector<std::string> pieces;
  std::sort(cuts.begin(), cuts.end());
  size_t begin = 0;
  for (const size_t cut : cuts) {
    pieces.push_back(text.substr(begin, cut - begin));
    begin = cut;
  }
  pieces.push_back(text.substr(begin));
  return pieces;
}

/// All of an end, to be compared.
std::string shown(const ChatEnd& end) {
  Json json{{"text", end.answer.text},
            {"reasoning", end.answer.reasoning},
            {"finish_reason", end.answer.finish_reason},
            {"model", end.answer.model},
            {"calls", workflow::asked_to_json(end.answer.calls)}};
  if (end.answer.usage) json["usage"] = workflow::usage_to_json(*end.answer.usage);
  if (end.failure) json["failure"] = end.failure->kind + ": " + end.failure->message;
  return dump_json(json);
}

TEST(ChatSplit, InTwoAnywhereChangesNothing) {
  for (const std::string& answer :
       {rich_stream(), whole_answer("漢字 é"), event(R"({"error":{"message":"no 漢"}})")}) {
    Reading whole;
    const std::string expected = shown(whole.read({answer}));
    for (size_t cut = 0; cut <= answer.size(); ++cut) {
      Reading split;
      ASSERT_EQ(shown(split.read(pieces_of(answer, {cut}))), expected) << cut;
      ASSERT_EQ(split.listener.texts, whole.listener.texts) << cut;
      ASSERT_EQ(split.listener.thoughts, whole.listener.thoughts) << cut;
    }
  }
}

TEST(ChatSplit, IntoBytesChangesNothing) {
  const std::string answer = rich_stream();
  Reading whole;
  Reading split;
  std::vector<std::string> bytes;
  for (const char byte : answer) bytes.emplace_back(1, byte);
  const std::string expected = shown(whole.read({answer}));
  EXPECT_EQ(shown(split.read(bytes)), expected);
  EXPECT_NE(expected.find("München"), std::string::npos) << expected;
  EXPECT_NE(expected.find("漢字 \xF0\x9F\x99\x82é"), std::string::npos) << expected;
}

RC_GTEST_PROP(ChatSplit, IntoManyChangesNothing,
              (const std::vector<size_t>& places, bool cut_end)) {
  std::string answer = rich_stream();
  if (cut_end && !places.empty()) answer.resize(places.front() % answer.size());
  std::vector<size_t> cuts;
  for (const size_t place : places) cuts.push_back(place % (answer.size() + 1));
  Reading whole;
  Reading split;
  RC_ASSERT(shown(split.read(pieces_of(answer, cuts))) == shown(whole.read({answer})));
  RC_ASSERT(split.listener.texts == whole.listener.texts);
}

/// The text and the arguments of an answer, cut into deltas by UTF-16 units as a JavaScript proxy
/// does it.
std::string escaped_unit(char16_t unit) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(unit));
  return text.data();
}

RC_GTEST_PROP(ChatSplit, OfTheTextIntoUtf16UnitsChangesNothing, ()) {
  const auto character = rc::gen::oneOf(
      rc::gen::inRange<char32_t>(0x20, 0x7F), rc::gen::inRange<char32_t>(0xA0, 0xD800),
      rc::gen::inRange<char32_t>(0xE000, 0xFFF0), rc::gen::inRange<char32_t>(0x10000, 0x10FFFE));
  const auto text = *rc::gen::container<std::u32string>(character);
  std::string whole = "\"";
  std::string stream;
  for (const char32_t each : text) {
    std::vector<char16_t> units{static_cast<char16_t>(each)};
    if (each >= 0x10000) {
      units = {static_cast<char16_t>(0xD800 + ((each - 0x10000) >> 10)),
               static_cast<char16_t>(0xDC00 + ((each - 0x10000) & 0x3FF))};
    }
    for (const char16_t unit : units) {
      whole += escaped_unit(unit);
      stream += event(delta("{\"content\":\"" + escaped_unit(unit) + "\"}"));
    }
  }
  Reading reading;
  const ChatEnd end = reading.read({stream + event(finish("stop"))});
  RC_ASSERT(!end.failure);
  RC_ASSERT(end.answer.text == parse_json(whole + "\"").value().get<std::string>());
}

}  // namespace
}  // namespace taskfeed::llm
