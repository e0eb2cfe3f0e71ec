#include "cmd/watch_summary.h"

#include <gtest/gtest.h>

#include "event/event_type.h"
#include "support/clock.h"
#include "support/ids.h"

namespace taskfeed::cmd {
namespace {

const WallTime kBegin = testing::ManualClock().wall();
constexpr Looks kUtf8{.utf8 = true};

class WatchSummaryLine : public ::testing::Test {
 protected:
  void add(std::string_view type, const std::string& payload = "{}", std::string_view task = "t") {
    Json event = parse_json(payload).value();
    event["timestamp"] = format_rfc3339(kBegin);
    summary.add(testing::task(task), type, dump_json(event));
  }
  std::string line(size_t columns = 80, int64_t seconds = 65, const Looks& looks = kUtf8) const {
    return summary.line(kBegin + std::chrono::seconds(seconds), columns, looks);
  }
  void work() {
    add(types::kStarted, R"({"limits":{"usd":0.5}})");
    add(types::kStepStarted, R"({"step":1,"name":"sign"})");
    add(types::kLlmCallStarted);
    add(types::kLlmCallCompleted, R"({"cost":0.0041})");
    add(types::kToolCallStarted);
  }

  WatchSummary summary;
};

TEST_F(WatchSummaryLine, SaysStepTimeCallsAndCostAgainstTheBudget) {
  EXPECT_EQ(line(), "▸ waits for events");
  work();
  EXPECT_EQ(line(), "▸ step 2 sign · 1m05s · 2 calls · $0.0041 of $0.50");
  EXPECT_EQ(line(80, 5, {.utf8 = false}), "> step 2 sign | 5s | 2 calls | $0.0041 of $0.50");
}

TEST_F(WatchSummaryLine, OfAllTasksCountsWhatEndedSinceSomebodyWatches) {
  summary.watch_all(kBegin);
  EXPECT_EQ(line(), "▸ waits for events");
  work();
  EXPECT_EQ(line(), "▸ 0 of 1 task ended · 1m05s · 2 calls · $0.0041");
  add(types::kCompleted, R"({"total_cost":0.0123})");
  summary.ended(testing::task("t"));
  add(types::kLlmCallStarted, "{}", "u");
  EXPECT_EQ(line(), "▸ 1 of 2 tasks ended · 1m05s · 3 calls · $0.0123");
  summary.ended(testing::task("of-which-no-event-was-shown"));
  EXPECT_EQ(line(), "▸ 2 of 3 tasks ended · 1m05s · 3 calls · $0.0123");
}

TEST_F(WatchSummaryLine, LeavesOutWhatMattersLeast) {
  work();
  EXPECT_EQ(line(50), "▸ step 2 sign · 1m05s · 2 calls · $0.0041 of $0.50");
  EXPECT_EQ(line(49), "▸ step 2 sign · 1m05s · $0.0041 of $0.50");
  EXPECT_EQ(line(39), "▸ step 2 sign · 1m05s");
  EXPECT_EQ(line(20), "▸ 1m05s");
  EXPECT_EQ(line(6), "▸ 1m0…");
  EXPECT_EQ(line(1), "…");
  for (size_t columns = 0; columns < 60; ++columns) {
    EXPECT_LE(line(columns).size(), 4 * columns) << columns;
  }
}

TEST_F(WatchSummaryLine, SaysWhatItWaitsFor) {
  work();
  add(types::kInputRequested, R"({"prompt":"Which version?"})");
  EXPECT_TRUE(line().starts_with("▸ waits for input · 1m05s")) << line();
  add(types::kInputReceived, R"({"text":"1.2"})");
  EXPECT_TRUE(line().starts_with("▸ step 2 sign · 1m05s")) << line();
  add(types::kPaused);
  EXPECT_TRUE(line().starts_with("▸ paused · 1m05s")) << line();
  add(types::kResumed);
  add(types::kApprovalRequested, R"({"tool":"rm"})");
  EXPECT_TRUE(line().starts_with("▸ waits for approval: rm · ")) << line();
  add(types::kApprovalReceived);
  EXPECT_TRUE(line().starts_with("▸ step 2 sign · ")) << line();
}

TEST_F(WatchSummaryLine, BelievesTheTotalThatIsSaid) {
  work();
  add(types::kStepCompleted, R"({"cost":0.0041})");
  EXPECT_NE(line().find("$0.0041 of"), std::string::npos) << line();
  add(types::kLlmCallCompleted, R"({"cost":0.01,"total_cost":0.25})");
  EXPECT_NE(line().find("$0.25 of $0.50"), std::string::npos) << line();
  add(types::kBudgetWarning, R"({"bound":"usd","budget":0.3,"used":0.26})");
  EXPECT_NE(line().find("$0.26 of $0.30"), std::string::npos) << line();
  add(types::kBudgetExceeded, R"({"bound":"tokens","budget":1000,"used":1001})");
  EXPECT_NE(line().find("$0.26 of $0.30"), std::string::npos) << "tokens are no dollars";
}

TEST_F(WatchSummaryLine, JoinsSeveralTasks) {
  work();
  add(types::kStarted, "{}", "u");
  add(types::kLlmCallStarted, "{}", "u");
  add(types::kCompleted, R"({"total_cost":1.5})", "u");
  EXPECT_EQ(line(), "▸ 1 of 2 tasks ended · 1m05s · 3 calls · $1.50 of $0.50");
}

TEST_F(WatchSummaryLine, IsHarmlessWhateverEventsHold) {
  add(types::kStepStarted, R"({"step":-1,"name":"a\u001b[31m\u202eb\nc"})");
  EXPECT_EQ(line(), R"(▸ step a\x1b[31m\u202eb... · 1m05s)");
  for (const std::string_view type : types::kAll) {
    for (const char* value : {"null", "-1", "1e300", "\"x\"", "[]", "{}"}) {
      Json event = Json::object();
      for (const char* key :
           {"step", "name", "tool", "limits", "budget", "used", "cost", "total_cost"}) {
        event[key] = parse_json(value).value();
      }
      add(type, dump_json(event));
    }
    summary.add(testing::task("t"), type, "no json");
  }
  EXPECT_EQ(line().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace taskfeed::cmd
