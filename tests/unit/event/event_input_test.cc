#include <gtest/gtest.h>

#include "event/event.h"
#include "support/clock.h"
#include "support/ids.h"

namespace taskfeed {
namespace {

/// A publisher who hands in events for task t1.
struct Publisher {
  testing::ManualClock clock;
  testing::SeededIdSource ids;
  EventContext context{testing::task("t1"), std::nullopt, std::nullopt};

  Result<Event> hand_in(std::string_view json, std::string_view type = "") {
    return event_from_input(parse_json(json).value(), type, context, ids, clock);
  }
};

TEST(EventInput, MakesWhatIsMissing) {
  Publisher publisher;
  const Event event = publisher.hand_in(R"({"percent":40})", "Progress").value();
  EXPECT_EQ(event.id, testing::SeededIdSource().uuid7());
  EXPECT_EQ(event.type.str(), "Progress");
  EXPECT_EQ(event.time, publisher.clock.wall());
  EXPECT_EQ(event.task.str(), "t1");
  EXPECT_FALSE(event.agent);
  EXPECT_FALSE(event.execution);
  EXPECT_EQ(event.payload, (Json{{"percent", 40}}));
}

TEST(EventInput, KeepsWhatThePublisherNames) {
  Publisher publisher;
  const Event event =
      publisher
          .hand_in(R"({"event_id":"01980000-0000-7000-8000-0000000000ff","event_type":"x.y",
                       "timestamp":"2026-01-01T01:00:00+01:00","task_id":"t1","agent_id":"a",
                       "execution_id":"01980000-0000-7000-8000-0000000000fe","k":null})")
          .value();
  EXPECT_EQ(event.id, testing::uuid_with_tag(255));
  EXPECT_EQ(event.type.str(), "x.y");
  EXPECT_EQ(format_rfc3339(event.time), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(event.agent->str(), "a");
  EXPECT_EQ(*event.execution, testing::uuid_with_tag(254));
  EXPECT_EQ(dump_json(event.payload), R"({"k":null})");
}

TEST(EventInput, WhatIsKnownOfTheTaskGoesBeforeWhatIsClaimed) {
  Publisher publisher;
  publisher.context.agent = testing::agent("real");
  publisher.context.execution = testing::uuid_with_tag(1);
  const Event event = publisher
                          .hand_in(R"({"agent_id":"claimed",
                       "execution_id":"01980000-0000-7000-8000-0000000000fe"})",
                                   "t")
                          .value();
  EXPECT_EQ(event.agent->str(), "real");
  EXPECT_EQ(*event.execution, testing::uuid_with_tag(1));
  EXPECT_TRUE(event.payload.empty());
}

TEST(EventInput, RefusesAnotherTasksEvent) {
  const auto refused = Publisher().hand_in(R"({"task_id":"t2"})", "t");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kInvalid);
  EXPECT_NE(refused.error().text.find("t2"), std::string::npos);
}

TEST(EventInput, NeedsExactlyOneType) {
  EXPECT_NE(Publisher().hand_in("{}").error().text.find("event_type"), std::string::npos);
  EXPECT_TRUE(Publisher().hand_in(R"({"event_type":"a"})", "a").ok());
  EXPECT_FALSE(Publisher().hand_in(R"({"event_type":"a"})", "b").ok());
  EXPECT_FALSE(Publisher().hand_in("{}", "a\nb").ok());
  EXPECT_FALSE(Publisher().hand_in(R"({"event_type":"stream.end"})").ok());
}

TEST(EventInput, RefusesBrokenPartsAndNamesTheKey) {
  for (const std::string key : {"event_id", "timestamp", "agent_id", "execution_id", "task_id"}) {
    const auto refused = Publisher().hand_in("{\"" + key + "\":\"?!\"}", "t");
    ASSERT_FALSE(refused.ok()) << key;
    EXPECT_NE(refused.error().text.find(key), std::string::npos);
  }
  EXPECT_FALSE(Publisher().hand_in("[]", "t").ok());
  EXPECT_FALSE(Publisher().hand_in("null", "t").ok());
}

TEST(EventInput, TakesNullForAbsent) {
  EXPECT_TRUE(Publisher().hand_in(R"({"event_id":null,"timestamp":null})", "t").ok());
}

}  // namespace
}  // namespace taskfeed
