#include "cmd/follow_many.h"

#include <csignal>

#include <gtest/gtest.h>

#include "broker/registry.h"
#include "cmd/many_place.h"
#include "cmd/many_source.h"
#include "fake_backend.h"

namespace taskfeed::cmd {
namespace {

using testing::FakeBackend;
using testing::task;

/// What the test put in, in order; then time passes.
struct Script {
  std::deque<StreamItem> items;
  std::vector<ManyRequest> requests;
  std::optional<Error> refusal;
};

class ManyScript final : public StreamSource, public ManySource {
 public:
  ManyScript(Script& script, testing::ManualClock& clock) : script_(script), clock_(clock) {}
  Result<void> open(const StreamRequest&) override {
    return {Errc::kInternal, "it is of many tasks"};
  }
  Result<void> open_many(const ManyRequest& request) override {
    script_.requests.push_back(request);
    return script_.refusal ? Result<void>(*script_.refusal) : Result<void>();
  }
  std::optional<StreamItem> next(std::optional<MonoTime> until) override {
    if (script_.items.empty()) {
      TF_ASSERT_TEXT(until && ++idle_ < 10'000, "the reader goes on, and the script is over");
      clock_.advance(std::max(*until - clock_.mono(), Milliseconds(1)));
      return std::nullopt;
    }
    StreamItem item = std::move(script_.items.front());
    script_.items.pop_front();
    return item;
  }
  void wake() override {}

 private:
  Script& script_;
  testing::ManualClock& clock_;
  int idle_ = 0;
};

std::string place_of(const Cursor& registry, const std::map<TaskId, Cursor>& open) {
  return ManyCursor{
      .mark = TaskSelection().mark(), .lost = false, .registry = registry, .open = open}
      .str();
}

TEST(ManyPlaceOfAReader, IsTheIdAndWhatWasReadSince) {
  ManyPlace place;
  EXPECT_EQ(place.text(), "");
  place.stand_at(place_of({3, 3}, {{task("t1"), {1, 1}}, {task("t2"), {4, 4}}}));
  EXPECT_TRUE(place.read(task("t1"), {2, 2}));
  EXPECT_TRUE(place.read(task("new"), {1, 9}));
  EXPECT_EQ(place.text(),
            place_of({3, 3}, {{task("t1"), {2, 2}}, {task("t2"), {4, 4}}, {task("new"), {1, 9}}}));
}

TEST(ManyPlaceOfAReader, KnowsWhatCameBefore) {
  ManyPlace place;
  const std::string id = place_of({3, 3}, {{task("t1"), {1, 1}}});
  place.stand_at(id);
  EXPECT_TRUE(place.read(task("t1"), {2, 2}));
  EXPECT_TRUE(place.ended(task("t1")));
  place.stand_at(id);
  EXPECT_FALSE(place.read(task("t1"), {2, 2})) << "it came again after a reconnect";
  EXPECT_FALSE(place.ended(task("t1")));
  EXPECT_TRUE(place.read(task("t1"), {3, 3}));
}

TEST(ManyPlaceOfAReader, DropsEndedTasksOnceTheIdIsPastThem) {
  ManyPlace place;
  place.stand_at(place_of({3, 3}, {{task("t1"), {1, 1}}}));
  place.read(task("t1"), {2, 2});
  place.ended(task("t1"));
  EXPECT_EQ(place.text(), place_of({3, 3}, {{task("t1"), {2, 2}}})) << "read to its end there";
  place.stand_at(place_of({4, 4}, {}));
  EXPECT_EQ(place.text(), place_of({4, 4}, {}));
}

TEST(ManyPlaceOfAReader, IsUnknownWhereTheStreamHasNone) {
  ManyPlace place;
  place.stand_at("m1.00000001.lost");
  place.read(task("t1"), {1, 1});
  EXPECT_EQ(place.text(), "");
}

class FollowManyTest : public ::testing::Test {
 protected:
  FollowManyTest() {
    globals.output = OutputFormat::kRaw;
    globals.timeout = Milliseconds(60'000);  // What ends it where nothing else does.
    backend.make_stream = [this] { return std::make_unique<ManyScript>(script, clock); };
  }
  void message(std::string_view name, const std::string& data, std::string_view cursor = {}) {
    script.items.push_back({StreamItem::Kind::kEvent,
                            broker::registry_id(),
                            {std::string(name), data, id, std::string(cursor)},
                            Error{}});
  }
  void event(std::string_view of, std::string_view cursor, std::string_view type = "Note",
             std::string_view minute = "00") {
    message(type,
            R"({"task_id":")" + std::string(of) + R"(","timestamp":"2026-11-22T10:)" +
                std::string(minute) + R"(:00Z"})",
            cursor);
  }
  void gap(const std::string& of, std::string_view reason) {
    message("stream.gap",
            "{\"task_id\":" + of + ",\"from\":\"1-1\",\"reason\":\"" + std::string(reason) + "\"}");
  }
  ExitStatus follow() {
    Deps deps{globals, environment, in, out, err, clock, ids, log, interrupts, &backend};
    return follow_many(request, deps);
  }
  /// The cursors and tasks that were printed: "2-2 t1,3-3 t2".
  std::string shown() const {
    std::string all;
    for (size_t at = 0; at < out.text.size(); at = out.text.find('\n', at) + 1) {
      const std::string line = out.text.substr(at, out.text.find('\n', at) - at);
      const size_t id_at = line.find("task_id\":\"") + 10;
      all += (all.empty() ? "" : ",") + line.substr(0, line.find(' ')) + " " +
             line.substr(id_at, line.find('"', id_at) - id_at);
    }
    return all;
  }

  testing::ManualClock clock;
  Globals globals;
  Environment environment{[](std::string_view) { return std::string(); }};
  Interrupts interrupts;
  Input in{-1};
  TextOutput out;
  TextOutput err;
  testing::SeededIdSource ids;
  NullLog log;
  FakeBackend backend{clock, ids};
  Script script;
  FollowManyRequest request;
  std::string id = place_of({1, 1}, {{task("t1"), {1, 1}}});
};

TEST_F(FollowManyTest, PrintsEventsOfAllTasksWithTheirOwnCursors) {
  event("t1", "2-2");
  event("t2", "1-7");
  EXPECT_EQ(follow(), ExitStatus::kTimeout);
  EXPECT_EQ(shown(), "2-2 t1,1-7 t2");
  globals.output = OutputFormat::kText;
  out.text.clear();
  event("t1", "2-2");
  follow();
  EXPECT_TRUE(out.text.starts_with("t1 ")) << out.text;
}

TEST_F(FollowManyTest, PrintsNothingTwiceWhenEventsComeAgain) {
  event("t1", "2-2");
  event("t2", "1-7");
  message("stream.task_end", R"({"task_id":"t2","status":"completed"})");
  message("stream.open", R"({"replay":"complete"})");
  event("t2", "1-7");
  message("stream.task_end", R"({"task_id":"t2","status":"completed"})");
  event("t1", "2-2");
  event("t1", "3-3");
  follow();
  EXPECT_EQ(shown(), "2-2 t1,1-7 t2,3-3 t1");
}

TEST_F(FollowManyTest, SaysHowToResumeAtTheExactPlace) {
  event("t1", "2-2");
  event("new", "1-7");
  EXPECT_EQ(follow(), ExitStatus::kTimeout);
  EXPECT_EQ(err.text, "taskfeed: --timeout ran out; resume with: taskfeed tail --all --after " +
                          place_of({1, 1}, {{task("t1"), {2, 2}}, {task("new"), {1, 7}}}) + "\n");
  err.text.clear();
  request.selection.agents = {testing::agent("a"), testing::agent("b")};
  request.resume_option = " --cursor-file F";
  follow();
  EXPECT_NE(err.text.find("taskfeed tail --agent a --agent b --cursor-file F\n"), std::string::npos)
      << err.text;
}

TEST_F(FollowManyTest, HandsItsPlaceOnAfterEachEvent) {
  std::vector<std::string> places;
  request.on_shown = [&places](const std::string& place) {
    places.push_back(place);
    return Result<void>();
  };
  event("t1", "2-2");
  event("t1", "3-3");
  follow();
  EXPECT_EQ(places, (std::vector<std::string>{place_of({1, 1}, {{task("t1"), {2, 2}}}),
                                              place_of({1, 1}, {{task("t1"), {3, 3}}})}));
  request.on_shown = [](const std::string&) -> Result<void> { return {Errc::kInternal, "full"}; };
  event("t1", "4-4");
  EXPECT_EQ(follow(), ExitStatus::kOther);
}

TEST_F(FollowManyTest, TellsOfGapsAndEndsWhereThatIsAskedFor) {
  gap(R"("t1")", "trimmed");
  gap("null", "trimmed");
  gap("null", "unresumable");
  follow();
  EXPECT_NE(err.text.find("events of t1 after 1-1 are lost (trimmed)"), std::string::npos);
  EXPECT_NE(err.text.find("tasks may be missing"), std::string::npos);
  EXPECT_NE(err.text.find("where it broke off is unknown"), std::string::npos);
  request.fail_on_gap = true;
  gap(R"("t1")", "trimmed");
  EXPECT_EQ(follow(), ExitStatus::kGap);
}

TEST_F(FollowManyTest, ReadsATaskAnewWhoseHistoryWasReplaced) {
  event("t1", "5-5");
  gap(R"("t1")", "reset");
  event("t1", "1-9");
  follow();
  EXPECT_EQ(shown(), "5-5 t1,1-9 t1");
}

TEST_F(FollowManyTest, SaysThatItCannotResumeAnyMore) {
  message("stream.state", R"({"tasks":700,"resumable":false,"full":false})");
  follow();
  EXPECT_NE(err.text.find("too many tasks are open"), std::string::npos) << err.text;
}

TEST_F(FollowManyTest, StopsAfterTheFirstEventOfAType) {
  request.until_event = "*Failed";
  event("t1", "2-2");
  event("t2", "1-7", "WorkflowFailed");
  event("t1", "3-3");
  EXPECT_EQ(follow(), ExitStatus::kCompleted);
  EXPECT_EQ(shown(), "2-2 t1,1-7 t2");
}

TEST_F(FollowManyTest, LeavesWhatComesAfterUntilForLater) {
  std::vector<std::string> places;
  request.on_shown = [&places](const std::string& place) {
    places.push_back(place);
    return Result<void>();
  };
  request.filter =
      read_filter({.until = "2026-11-22T10:00:30Z"}, testing::ManualClock().wall()).value();
  event("t1", "2-2");
  event("t2", "1-7", "Note", "01");
  id = place_of({2, 2}, {{task("t1"), {3, 3}}, {task("t2"), {1, 7}}});
  event("t1", "3-3");
  EXPECT_EQ(follow(), ExitStatus::kCompleted) << "by the clock";
  EXPECT_EQ(shown(), "2-2 t1,3-3 t1");
  EXPECT_EQ(places.back(), place_of({1, 1}, {{task("t1"), {3, 3}}}));
}

TEST_F(FollowManyTest, PassesTheFilterToTheSource) {
  request.filter =
      read_filter({.types = "a*", .exclude = "ab", .since = "10m"}, clock.wall()).value();
  request.after = id;
  follow();
  ASSERT_EQ(script.requests.size(), 1u);
  EXPECT_EQ(script.requests.front().types, "a*");
  EXPECT_EQ(script.requests.front().exclude, "ab");
  EXPECT_EQ(script.requests.front().since, clock.wall() - Milliseconds(660'000)) << "a minute ago";
  EXPECT_EQ(script.requests.front().after, id);
}

TEST_F(FollowManyTest, EndsWithWhatTheSourceRefuses) {
  script.refusal = Error{Errc::kNotFound, "there is no agent a"};
  EXPECT_EQ(follow(), ExitStatus::kNotFound);
  EXPECT_EQ(err.text, "taskfeed: there is no agent a\n");
}

}  // namespace
}  // namespace taskfeed::cmd
