/// Bodies out, answers in.
#include "client/api_json.h"

#include <gtest/gtest.h>

#include "support/ids.h"

namespace taskfeed::client {
namespace {

using namespace taskfeed::testing;

TEST(ApiBody, LeavesOutWhatIsNotSaid) {
  TaskSpec spec{.agent = agent("a1"), .description = "d"};
  EXPECT_EQ(create_body(spec), R"({"description":"d","task_parameters":{}})");
  spec.user_id = "u";
  spec.parameters = {{"depth", 3}};
  spec.labels = {{"team", "a"}};
  EXPECT_EQ(create_body(spec), R"({"description":"d","user_id":"u",)"
                               R"("task_parameters":{"depth":3},"labels":{"team":"a"}})");
  EXPECT_EQ(execute_body({}), "{}");
  EXPECT_EQ(execute_body({.query = "q", .streaming = false}),
            R"({"query":"q","enable_streaming":false})");
  EXPECT_EQ(execute_body({.query = {}, .streaming = {}, .budget = {{"usd", 0.5}}}),
            R"({"budget":{"usd":0.5}})");
  EXPECT_EQ(control_body({}), "{}");
  EXPECT_EQ(control_body({.by = "ann", .reason = "lunch"}), R"({"by":"ann","reason":"lunch"})");
}

TEST(ApiBody, HasOneEventALine) {
  EXPECT_EQ(publish_body({}), "");
  EXPECT_EQ(publish_body(
                {{"Note", {{"text", "two\nlines"}}, false}, {"", {{"event_type", "Own"}}, false}}),
            "{\"text\":\"two\\nlines\",\"event_type\":\"Note\"}\n{\"event_type\":\"Own\"}\n");
}

Json parsed(std::string_view text) {
  return parse_json(text).value();
}

TEST(ApiEvents, AreReadWithTheirCursors) {
  const auto page = events_from(
      parsed(R"({"events":[{"event_type":"A","x":1},{"event_type":"B"}],"cursors":["1-7","2-8"],)"
             R"("next":"2-8","first":"1-7","last":"5-1","anchor":"matches","status":"running"})"));
  ASSERT_TRUE(page.ok()) << page.error().text;
  ASSERT_EQ(page->events.size(), 2u);
  EXPECT_EQ(page->events[0], (StoredEvent{{1, 7}, "A", R"({"event_type":"A","x":1})"}));
  EXPECT_EQ(page->next, (Cursor{2, 8}));
  EXPECT_EQ(page->first, (Cursor{1, 7}));
  EXPECT_EQ(page->last, (Cursor{5, 1}));
  EXPECT_EQ(page->anchor, broker::Anchor::kMatches);
  EXPECT_EQ(page->status, TaskStatus::kRunning);
}

TEST(ApiEvents, MayBeNone) {
  const auto page = events_from(parsed(
      R"({"events":[],"cursors":[],"next":null,"first":null,"last":null,"status":"submitted"})"));
  ASSERT_TRUE(page.ok()) << page.error().text;
  EXPECT_FALSE(page->next || page->first);
  EXPECT_EQ(page->last, Cursor{});
  EXPECT_EQ(page->anchor, broker::Anchor::kStart);
}

TEST(ApiEvents, KnowEveryAnchor) {
  for (const char* anchor : {"start", "matches", "trimmed", "mismatch", "ahead"}) {
    EXPECT_TRUE(events_from(parsed(R"({"events":[],"cursors":[],"status":"running","anchor":")" +
                                   std::string(anchor) + "\"}"))
                    .ok());
  }
}

struct Wrong {
  std::string_view json;
  std::string_view named;
};

template <class T>
void expect_missing(const Result<T>& read, const Wrong& wrong) {
  ASSERT_FALSE(read.ok()) << wrong.json;
  EXPECT_EQ(read.error().code, Errc::kInternal);
  EXPECT_NE(read.error().text.find(wrong.named), std::string::npos) << read.error().text;
}

TEST(ApiAnswerErrors, NameTheMemberThatIsMissingOrWrong) {
  for (const Wrong& wrong : std::vector<Wrong>{
           {"{}", "events"},
           {R"({"events":{}})", "events"},
           {R"({"events":[{}],"cursors":[]})", "cursors"},
           {R"({"events":[{}],"cursors":["x"]})", "cursors"},
           {R"({"events":[{}],"cursors":[1]})", "cursors"},
           {R"({"events":[],"cursors":[],"next":"x","status":"running"})", "next"},
           {R"({"events":[],"cursors":[],"first":7,"status":"running"})", "first"},
           {R"({"events":[],"cursors":[],"last":[],"status":"running"})", "last"},
           {R"({"events":[],"cursors":[],"anchor":"x","status":"running"})", "anchor"},
           {R"({"events":[],"cursors":[],"status":"x"})", "status"}}) {
    expect_missing(events_from(parsed(wrong.json)), wrong);
  }
  expect_missing(final_response_from(parsed("{}")), {"{}", "status"});
  expect_missing(listing_from(parsed("{}")), {"{}", "tasks"});
  expect_missing(cursors_from(parsed("{}")), {"{}", "cursors"});
  expect_missing(cursors_from(parsed(R"({"cursors":["1"]})")), {"1", "cursors"});
  expect_missing(agents_from(parsed("{}")), {"{}", "agents"});
  EXPECT_FALSE(listing_from(parsed(R"({"tasks":[{"id":"t"}]})")).ok());
  EXPECT_FALSE(agents_from(parsed("[{}]")).ok());
}

TEST(ApiAnswer, OfAResultHasItsErrorAndItsCost) {
  const auto result = final_response_from(
      parsed(R"({"status":"failed","response":"","error":{"kind":"timeout","message":"late"},)"
             R"("total_cost":0.0041})"));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->error, (TaskFailure{"timeout", "late"}));
  EXPECT_EQ(result->total_cost, 4'100'000);
  EXPECT_FALSE(final_response_from(parsed(R"({"status":"running","error":null})"))->error);
}

TEST(ApiAnswer, OfAListHasItsTasksAndItsPlace) {
  const Task task{.id = testing::task("t1"), .spec = {.agent = agent("a1")}, .created_at = {}};
  const Json json{{"tasks", Json::array({task_to_json(task)})}, {"cursor", "9.t1"}};
  const auto listing = listing_from(json);
  ASSERT_TRUE(listing.ok()) << listing.error().text;
  EXPECT_EQ(listing->tasks, std::vector<Task>{task});
  EXPECT_EQ(listing->cursor, "9.t1");
}

TEST(ApiAnswer, OfAgentsMayBeAListOrHoldOne) {
  const Json agents = Json::array({{{"id", "a1"}, {"runner", "external"}}});
  EXPECT_EQ(agents_from(agents)->agents.at(0).id, agent("a1"));
  EXPECT_EQ(agents_from({{"agents", agents}})->agents.size(), 1u);
}

TEST(ApiAnswer, OfAgentsTellsOfThoseThatCannotBeRead) {
  const auto listing = agents_from(
      parsed(R"({"agents":[{"id":"a","runner":"external"},{"id":"b","runner":"of tomorrow"}],)"
             R"("unreadable":[{"id":"c","detail":"why"}]})"));
  ASSERT_TRUE(listing.ok());
  ASSERT_EQ(listing->agents.size(), 1u);
  ASSERT_EQ(listing->unreadable.size(), 2u);
  EXPECT_EQ(listing->unreadable[0].id, agent("b"));
  EXPECT_NE(listing->unreadable[0].why.find("of tomorrow"), std::string::npos);
  EXPECT_EQ(listing->unreadable[1], (service::AgentListing::Unreadable{agent("c"), "why"}));
  EXPECT_FALSE(agents_from(parsed(R"({"agents":[],"unreadable":[{}]})")).ok());
}

TEST(ApiAnswer, OfAPublishHasACursorForEachEvent) {
  EXPECT_EQ(cursors_from(parsed(R"({"cursors":["1-2","3-4"]})")).value(),
            (std::vector<Cursor>{{1, 2}, {3, 4}}));
}

}  // namespace
}  // namespace taskfeed::client
