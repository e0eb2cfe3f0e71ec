#include "event/json.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace taskfeed {
namespace {

constexpr std::string_view kFffd = "\xEF\xBF\xBD";

std::string nested(int levels, std::string_view open, std::string_view close) {
  std::string text;
  for (int level = 0; level < levels; ++level) text += open;
  for (int level = 0; level < levels; ++level) text += close;
  return text;
}

/// The text that JSON with `inside` as its string has.
std::string text_of(std::string_view inside) {
  const auto parsed = parse_json("\"" + std::string(inside) + "\"");
  EXPECT_TRUE(parsed.ok()) << inside;
  return parsed.ok() ? parsed->get<std::string>() : "";
}

TEST(JsonParse, KeepsTheOrderOfKeys) {
  EXPECT_EQ(dump_json(parse_json(R"( {"z":1, "a":[true,null,-2.5], "m":{}} )").value()),
            R"({"z":1,"a":[true,null,-2.5],"m":{}})");
}

TEST(JsonParse, ReplacesLoneSurrogates) {
  const std::string fffd(kFffd);
  EXPECT_EQ(text_of(R"(\ud83d)"), fffd);
  EXPECT_EQ(text_of(R"(\uDE00)"), fffd);
  EXPECT_EQ(text_of(R"(a\ud83db)"), "a" + fffd + "b");
  EXPECT_EQ(text_of(R"(\ud83d\n)"), fffd + "\n");
  EXPECT_EQ(text_of(R"(\ud83d\u0041)"), fffd + "A");
  EXPECT_EQ(text_of(R"(\ude00\ud83d)"), fffd + fffd);
  EXPECT_EQ(text_of(R"(\ud83d\ud83d\ude00)"), fffd + "\xF0\x9F\x98\x80");
  EXPECT_EQ(text_of(R"(\ud83d\ude00\ude00)"), "\xF0\x9F\x98\x80" + fffd);
  EXPECT_EQ(parse_json(R"({"\ud83d":1})").value().dump(), "{\"" + fffd + "\":1}");
}

TEST(JsonParse, LeavesWhatOnlyLooksLikeASurrogate) {
  EXPECT_EQ(text_of(R"(\\ud83d)"), "\\ud83d");
  EXPECT_EQ(text_of(R"(\\\\ud83d)"), "\\\\ud83d");
  EXPECT_EQ(text_of(R"(\"\\ud83d\")"), "\"\\ud83d\"");
  EXPECT_EQ(text_of(R"(\ud83d\ude00)"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(text_of(R"(\ud7ff\ue000)"), "\xED\x9F\xBF\xEE\x80\x80");
  EXPECT_EQ(text_of(R"(\\\ud83d)"), "\\" + std::string(kFffd));
}

TEST(JsonPart, MarksHalvesOfACharacter) {
  const Result<JsonPart> high = parse_json_part(R"({"text":"a\ud83d"})");
  const Result<JsonPart> low = parse_json_part(R"({"text":"\uDE42."})");
  EXPECT_TRUE(high->halves);
  EXPECT_TRUE(low->halves);
  EXPECT_EQ(string_at(high->json, "text"), "a\xEE\xA0\xBD");  // U+E83D
  EXPECT_EQ(string_at(low->json, "text"), "\xEE\xB9\x82.");   // U+EE42
}

TEST(JsonPart, LeavesWholeCharactersAlone) {
  const Result<JsonPart> part = parse_json_part(R"({"text":"\ud83d\ude42 \ue83d \\ud83d"})");
  EXPECT_FALSE(part->halves);
  EXPECT_EQ(string_at(part->json, "text"),
            "\xF0\x9F\x99\x82 \xEE\xA0\xBD "
            "\\ud83d");
}

TEST(JsonPart, ReplacesHalvesWhereTheirMarksAreTaken) {
  for (const std::string_view own : {"\xEE\xA0\xBD", R"(\ue83d)", R"(\uEFFF)"}) {
    const Result<JsonPart> part = parse_json_part("\"" + std::string(own) + "\\ud83d\"");
    EXPECT_FALSE(part->halves) << own;
    EXPECT_TRUE(part->json.get<std::string>().ends_with(kFffd)) << own;
  }
  EXPECT_TRUE(parse_json_part(R"("\ue7ff\uf000\\ue83d\ud83d")")->halves);
}

TEST(JsonParse, ReplacesIllFormedUtf8InStrings) {
  EXPECT_EQ(text_of("a\xFF"
                    "b\xE2\x82"),
            "a" + std::string(kFffd) + "b" + std::string(kFffd));
  EXPECT_EQ(text_of("\xED\xA0\x80\\ud83d"), text_of("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\ufffd"));
  EXPECT_FALSE(parse_json("\xFF{}").ok());
}

TEST(JsonParse, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"",          " ",        "{",      "}",        "[1,]",      "{\"a\":1,}", "{a:1}",
        "'a'",       "nul",      "NaN",    "Infinity", "01",        "1.",         ".5",
        "+1",        "1e",       "\"",     "\"\\x\"",  "\"\\u12\"", "\"\\ud83d",  "\"\\",
        "\"a\nb\"",  "\"a\tb\"", "{} {}",  "1 2",      "[] x",      "// c\n1",    "\\ud83d",
        "[\\ud83d]", "1e400",    "-1e400", "[1e999]"}) {
    const auto parsed = parse_json(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, Errc::kInvalid) << text;
  }
  EXPECT_FALSE(parse_json(std::string_view("{}\0", 3)).ok());
  EXPECT_FALSE(parse_json(std::string_view("\"a\0b\"", 5)).ok());
}

TEST(JsonParse, NamesTheByteAtWhichJsonStops) {
  EXPECT_EQ(parse_json("{\"a\": tru}").error().text, "not JSON at byte 10");
  EXPECT_EQ(parse_json("{} x").error().text, "not JSON at byte 4");
  EXPECT_EQ(parse_json("[1e400]").error().text, "JSON has a number out of range at byte 6");
  // One byte that is replaced by three: the place is that of the text that was given.
  EXPECT_EQ(parse_json("[\"\xFF\xFF\xFF\" x]").error().text, "not JSON at byte 8");
  EXPECT_EQ(parse_json("[\"\\ud83d\" x]").error().text, "not JSON at byte 11");
}

TEST(JsonParse, TakesSixtyFourLevelsAndNoMore) {
  EXPECT_TRUE(parse_json(nested(64, "[", "]")).ok());
  EXPECT_FALSE(parse_json(nested(65, "[", "]")).ok());
  EXPECT_TRUE(parse_json(nested(32, "{\"a\":[", "]}")).ok());
  EXPECT_FALSE(parse_json("[" + nested(32, "{\"a\":[", "]}") + "]").ok());
  EXPECT_EQ(parse_json(nested(65, "[", "]")).error().text, "JSON is nested deeper than 64 levels");
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')).ok());
  EXPECT_TRUE(parse_json("\"" + std::string(1000, '[') + "\"").ok());
  EXPECT_TRUE(parse_json("[" + nested(63, "[", "]") + "," + nested(63, "[", "]") + "]").ok());
}

TEST(JsonParse, ADuplicateKeysLastValueWins) {
  EXPECT_EQ(parse_json(R"({"a":1,"b":2,"a":{"c":3}})").value().dump(), R"({"a":{"c":3},"b":2})");
  std::string text = "{";
  for (int at = 0; at < 100; ++at) {
    text += "\"k" + std::to_string(at % 40) + "\":" + std::to_string(at) + ",";
  }
  text.back() = '}';
  const Json parsed = parse_json(text).value();
  EXPECT_EQ(parsed.size(), 40u);
  for (int at = 0; at < 40; ++at) {
    EXPECT_EQ(int_at(parsed, "k" + std::to_string(at)), at < 20 ? 80 + at : 40 + at) << at;
  }
}

TEST(JsonParse, AnObjectOfAHundredThousandKeysIsLinear) {
  // A minute and more with a look through all earlier keys; the suite's time limit would tell.
  std::string text = "{";
  for (int at = 0; at < 100'000; ++at) text += "\"" + std::to_string(1'000'000 + at) + "\":0,";
  text.back() = '}';
  EXPECT_EQ(parse_json(text).value().size(), 100'000u);
}

TEST(JsonParse, KeepsNumbersAsTheyAre) {
  EXPECT_EQ(parse_json("[9223372036854775807,18446744073709551615,-9223372036854775808,0.1,1e308]")
                .value()
                .dump(),
            "[9223372036854775807,18446744073709551615,-9223372036854775808,0.1,1e+308]");
}

TEST(JsonDump, WritesOneLineOfValidUtf8) {
  const Json json{{"a\nb", "\xFF\r\n\xE2\x82"}, {"n", nullptr}};
  const std::string text = dump_json(json);
  EXPECT_TRUE(is_utf8(text));
  EXPECT_EQ(text.find_first_of("\r\n"), std::string::npos);
  EXPECT_TRUE(parse_json(text).ok());
}

TEST(JsonMember, AnswersTheDefaultForAbsentAndForeignTypes) {
  const Json json = parse_json(R"({"s":"x","i":-3,"u":18446744073709551615,"f":3.0,"g":3.5,
                                   "b":true,"n":null,"big":1e300})")
                        .value();
  EXPECT_EQ(string_at(json, "s"), "x");
  EXPECT_EQ(string_at(json, "i", "d"), "d");
  EXPECT_EQ(string_at(json, "absent"), "");
  EXPECT_EQ(int_at(json, "i"), -3);
  EXPECT_EQ(int_at(json, "u", 7), 7);
  EXPECT_EQ(int_at(json, "f"), 3);
  EXPECT_EQ(int_at(json, "g", 7), 7);
  EXPECT_EQ(int_at(json, "big", 7), 7);
  EXPECT_EQ(int_at(json, "s", 7), 7);
  EXPECT_TRUE(bool_at(json, "b"));
  EXPECT_TRUE(bool_at(json, "n", true));
  EXPECT_FALSE(bool_at(json, "i"));
  for (const Json& other : {Json(), Json(3), Json::array({1}), Json("s")}) {
    EXPECT_EQ(find(other, "s"), nullptr);
    EXPECT_EQ(int_at(other, "s", 9), 9);
  }
}

}  // namespace
}  // namespace taskfeed
