#include "base/text.h"

#include <string>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace taskfeed {
namespace {

using namespace std::string_literals;

constexpr std::string_view kFffd = "\xEF\xBF\xBD";

std::string encoded(char32_t c) {
  if (c < 0x80) return {static_cast<char>(c)};
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

TEST(TextUtf8, EveryScalarValueIsWellFormedAndEverySurrogateIsNot) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    const std::string bytes = encoded(c);
    ASSERT_EQ(is_utf8(bytes), !surrogate) << std::hex << static_cast<uint32_t>(c);
    if (surrogate) continue;
    const Utf8Step step = utf8_step(bytes);
    ASSERT_EQ(step.code_point, c);
    ASSERT_EQ(step.size, bytes.size());
  }
  EXPECT_FALSE(is_utf8(encoded(0x110000)));
}

TEST(TextUtf8, EveryIllFormedPartBecomesOneReplacement) {
  const struct {
    std::string_view bytes;
    int replacements;
  } cases[] = {
      {"\x80", 1},                  // a continuation alone
      {"\xFF\xFE", 2},              // bytes that UTF-8 never has
      {"\xC0\xAF", 2},              // overlong, 2 bytes
      {"\xE0\x80\xAF", 3},          // overlong, 3 bytes
      {"\xF0\x80\x80\xAF", 4},      // overlong, 4 bytes
      {"\xED\xA0\x80", 3},          // a surrogate
      {"\xF4\x90\x80\x80", 4},      // over U+10FFFF
      {"\xE2\x82", 1},              // cut after 2 of 3
      {"\xF0\x9F\x98", 1},          // cut after 3 of 4
      {"\xF0\x9F\xF0\x9F\x98", 2},  // cut, and cut again
      {"\xF1\x80\x80\xE1\x80\xC2", 3},
  };
  for (const auto& [bytes, replacements] : cases) {
    EXPECT_FALSE(is_utf8(bytes));
    EXPECT_EQ(to_utf8(bytes), repeated(kFffd, replacements)) << escape_controls(bytes);
    const std::string between = "a" + std::string(bytes) + "z";
    EXPECT_EQ(to_utf8(between), "a" + repeated(kFffd, replacements) + "z");
  }
}

TEST(TextUtf8, WellFormedTextStaysAsItIs) {
  const std::string text = "plain, \xC3\xBC, \xE2\x82\xAC, \xF0\x9F\x98\x80, and \0 too"s + "\n";
  EXPECT_TRUE(is_utf8(text));
  EXPECT_EQ(to_utf8(text), text);
}

TEST(TextUtf8, AnAsciiRunEndsAtTheFirstHighByteWhereverItStands) {
  for (size_t size = 0; size < 20; ++size) {
    const std::string ascii(size, 'a');
    EXPECT_EQ(ascii_run(ascii), size);
    EXPECT_EQ(ascii_run(ascii + "\x80" + "bbbbbbbbbb"), size);
  }
}

TEST(TextPrefix, NeverCutsWithinACharacter) {
  const std::string text = "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80z";
  const size_t starts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (size_t most = 0; most < std::size(starts); ++most) {
    EXPECT_EQ(utf8_prefix(text, most).size(), starts[most]) << most;
    EXPECT_TRUE(is_utf8(utf8_prefix(text, most)));
  }
}

TEST(TextPrefix, CutsIllFormedBytesAtTheLimit) {
  EXPECT_EQ(utf8_prefix("\x80\x80\x80\x80\x80\x80", 4).size(), 4u);
  EXPECT_EQ(utf8_prefix("ab\xF0\x9F", 3).size(), 3u);
}

TEST(TextEscape, ShowsEveryControlAndKeepsTheTab) {
  for (unsigned c = 0; c < 0x20; ++c) {
    const std::string shown = escape_controls(std::string(1, static_cast<char>(c)));
    if (c == '\t') {
      EXPECT_EQ(shown, "\t");
    } else {
      EXPECT_EQ(shown.size(), 4u) << c;
      EXPECT_EQ(shown.substr(0, 2), "\\x");
    }
  }
  EXPECT_EQ(escape_controls("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(escape_controls("\xC2\x9B"
                            "2J"),
            "\\x9b2J");
}

TEST(TextEscape, ShowsWhatReordersOrHidesText) {
  for (const char32_t c :
       {0x200B, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069}) {
    EXPECT_EQ(escape_controls(encoded(c)).substr(0, 3), "\\u2") << static_cast<uint32_t>(c);
  }
  EXPECT_EQ(escape_controls("a\xE2\x80\xAE"
                            "b"),
            "a\\u202eb");
  EXPECT_EQ(escape_controls("\xE2\x80\xA6"), "\xE2\x80\xA6");
}

TEST(TextEscape, KeepsNewlinesOnlyWhereAsked) {
  EXPECT_EQ(escape_controls("a\nb"), "a\\x0ab");
  EXPECT_EQ(escape_controls("a\nb\r", true), "a\nb\\x0d");
}

TEST(TextEscape, ShowsIllFormedBytes) {
  // A raw 0x9B is CSI to a terminal that is not in UTF-8 mode.
  EXPECT_EQ(escape_controls("\x9B"
                            "31m\xF0\x9F"),
            "\\x9b31m\\xf0\\x9f");
}

TEST(TextPercent, KeepsUnreservedCharactersAlone) {
  EXPECT_EQ(percent_encode("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(percent_encode("a b/c?d&e=f+*%\n\xc3\xa4"), "a%20b%2Fc%3Fd%26e%3Df%2B%2A%25%0A%C3%A4");
  EXPECT_EQ(percent_encode(""), "");
}

TEST(TextGlob, StarAndQuestionMarkMatchRunsAndSingles) {
  const struct {
    std::string_view pattern, text;
    bool matches;
  } cases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "abc", true},
      {"a*", "abc", true},
      {"a*", "bac", false},
      {"*c", "abc", true},
      {"a*c", "abbbc", true},
      {"a*c", "abbb", false},
      {"a**c", "ac", true},
      {"?", "a", true},
      {"?", "", false},
      {"?", "ab", false},
      {"a?c", "abc", true},
      {"*a*b*c*", "xaybzc", true},
      {"*ab", "aab", true},
      {"*ab", "abab", true},
      {"*ab*abc", "abababc", true},
      {"[a]", "a", false},
      {"[a]", "[a]", true},
      {"a.c", "abc", false},
      {"?", "\xE2\x82\xAC", true},
      {"Workflow*", "WorkflowStarted", true},
      {"*Chunk", "Chunks", false},
  };
  for (const auto& [pattern, text, matches] : cases) {
    EXPECT_EQ(glob_match(pattern, text), matches) << pattern << " on " << text;
  }
}

TEST(TextGlob, ManyStarsStayCheap) {
  // Exponential in a matcher that tries every star again; here it ends at once.
  EXPECT_FALSE(glob_match(repeated("*a", 60) + "b", std::string(2000, 'a')));
}

}  // namespace
}  // namespace taskfeed
