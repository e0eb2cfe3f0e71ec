/// Lines in the text of JSON.
#include "runner/json_place.h"

#include <gtest/gtest.h>

#include "event/json.h"

namespace taskfeed::runner {
namespace {

constexpr std::string_view kText = R"({
  "id": "a",
  "note": "{ \"steps\": [ ] } \\",
  "steps": [
    {"run": ["x",
             "y"]},
    7,
    {
      "name": "b",
      "env": {"A.B": "1",
              "\u0041": "2"}
    }
  ],
  "last": null
})";

TEST(JsonPlace, IsTheLineOfTheMember) {
  EXPECT_EQ(line_of_member(kText, "id"), 2u);
  EXPECT_EQ(line_of_member(kText, "steps"), 4u);
  EXPECT_EQ(line_of_member(kText, "steps[0]"), 5u);
  EXPECT_EQ(line_of_member(kText, "steps[0].run[1]"), 6u);
  EXPECT_EQ(line_of_member(kText, "steps[1]"), 7u);
  EXPECT_EQ(line_of_member(kText, "steps[2]"), 8u);
  EXPECT_EQ(line_of_member(kText, "steps[2].name"), 9u);
  EXPECT_EQ(line_of_member(kText, "steps[2].env.A.B"), 10u);
  EXPECT_EQ(line_of_member(kText, "steps[2].env.A"), 11u) << "an escape in the key";
  EXPECT_EQ(line_of_member(kText, "last"), 14u);
}

TEST(JsonPlace, OfWhatIsAbsentIsWhereItShouldStand) {
  EXPECT_EQ(line_of_member(kText, "runner"), 1u);
  EXPECT_EQ(line_of_member(kText, "steps[2].cwd"), 8u);
  EXPECT_EQ(line_of_member(kText, "steps[9].cwd"), 4u);
  EXPECT_EQ(line_of_member(kText, "steps[1].cwd"), 7u);
  EXPECT_EQ(line_of_member(kText, "id.x"), 2u);
  EXPECT_EQ(line_of_member(kText, "steps.x"), 4u);
  EXPECT_EQ(line_of_member(kText, ""), 1u);
  EXPECT_EQ(line_of_member("\n\n {}", "x"), 3u);
}

TEST(JsonPlace, EndsOnAnyText) {
  for (const std::string_view text : {"", "{", "[", "{\"", "{\"a\\", "{\"a\":", "{\"a\":[[[", "}",
                                      "{\"a\":1,", "{,}", "[1,", "\"", "{\"a\" 1}"}) {
    for (const std::string_view path : {"a", "a[0]", "[3].b", "a.b.c", "[", "[x]", "."}) {
      EXPECT_EQ(line_of_member(text, path), 1u) << text << " " << path;
    }
  }
}

TEST(JsonPlace, OfAnErrorIsTheLineOfItsByte) {
  const std::string_view text = "{\n\"id\": \"x\",\n nonsense }\n";
  EXPECT_EQ(line_of_json_error(text, parse_json(text).error()), 3u);
  EXPECT_EQ(line_of_json_error(text, {Errc::kInvalid, "something else"}), 1u);
}

}  // namespace
}  // namespace taskfeed::runner
