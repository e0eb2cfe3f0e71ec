#include "event/json_time.h"

#include <gtest/gtest.h>

namespace taskfeed {
namespace {

TEST(JsonTime, IsReadBackAsItWasWritten) {
  const WallTime time{Milliseconds(1'790'000'000'123)};
  const Json json{{"at", time_to_json(time)}, {"none", time_to_json(std::nullopt)}};
  EXPECT_EQ(json["at"], "2026-09-21T14:13:20.123Z");
  EXPECT_TRUE(json["none"].is_null());
  EXPECT_EQ(time_at(json, "at").value(), time);
  EXPECT_EQ(time_at(json, "none").value(), std::nullopt);
  EXPECT_EQ(time_at(json, "absent").value(), std::nullopt);
}

TEST(JsonTime, IsRefusedWhereItIsNone) {
  const Json json{{"number", 7}, {"text", "soon"}};
  EXPECT_EQ(time_at(json, "number").error().text, "must be a time");
  EXPECT_TRUE(time_at(json, "text").error().text.starts_with("'soon' is not an RFC 3339 time"));
}

}  // namespace
}  // namespace taskfeed
