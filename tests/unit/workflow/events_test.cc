/// The payloads that the engine writes, to the letter.
#include "workflow/events.h"

#include <gtest/gtest.h>

#include "history.h"

namespace taskfeed::workflow {
namespace {

using namespace taskfeed::testing;

TEST(WorkflowPayload, OfTheStartSaysGoalModeRunnerAndLimits) {
  Started started;
  started.goal = "g";
  started.streaming = true;
  started.runner = "command";
  started.limits = {{"steps", 3}};
  Json payload = started_payload(started);
  EXPECT_EQ(payload["limits"]["steps"], 3);
  EXPECT_EQ(payload["limits"]["retry"], retry_to_json({}));
  payload.erase("limits");
  EXPECT_EQ(dump_json(payload),
            R"({"goal":"g","mode":"streaming","runner":"command","attempt":1})");
  started.model = "gpt-4";
  started.streaming = false;
  EXPECT_EQ(started_payload(started)["model"], "gpt-4");
  EXPECT_EQ(started_payload(started)["mode"], "batch");
}

TEST(WorkflowPayload, OfAStepSaysWhichAndHowItEnded) {
  EXPECT_EQ(dump_json(step_started_payload(2, "build", 3)),
            R"({"step":2,"name":"build","attempt":3})");
  EXPECT_EQ(dump_json(step_completed_payload(2, "build", 3, step_done(true, "ok", 4'100'000),
                                             Milliseconds(1'800))),
            R"({"step":2,"name":"build","attempt":3,"status":"completed","last":true,)"
            R"("response":"ok","cost":0.0041,"duration_ms":1800})");
  EXPECT_EQ(dump_json(step_completed_payload(0, "b", 1, step_failed(true), Milliseconds(1))),
            R"({"step":0,"name":"b","attempt":1,"status":"failed","last":false,"go_on":false,)"
            R"("retryable":true,"error":{"kind":"step_failed","message":"exit 1"},)"
            R"("response":"partly","cost":0.0,"duration_ms":1})");
}

TEST(WorkflowPayload, OfARequestSaysWhoAndWhy) {
  EXPECT_EQ(dump_json(request_payload({"ann", "lunch"})), R"({"by":"ann","reason":"lunch"})");
}

TEST(WorkflowPayload, OfTheEndSaysWhatCameOutAndWhatItCost) {
  const State state =
      History().started().begins(0).ends(0, step_done(true, "r", 4'100'000)).folded();
  const WallTime end = kBegin + Milliseconds(2'500);
  EXPECT_EQ(dump_json(finish_payload({TaskStatus::kCompleted, "r", {}, {}}, state, end)),
            R"({"final_response":"r","total_cost":0.0041,"steps":1,"duration_ms":2500})");
  EXPECT_EQ(dump_json(finish_payload(
                {TaskStatus::kFailed, "half", TaskFailure{"timeout", "late"}, {}}, state, end)),
            R"({"error":{"kind":"timeout","message":"late"},"partial_response":"half",)"
            R"("total_cost":0.0041,"steps":1,"duration_ms":2500})");
  EXPECT_EQ(dump_json(finish_payload({TaskStatus::kCancelled, "", {}, {"ann", ""}}, state, end)),
            R"({"by":"ann","reason":"","total_cost":0.0041,"steps":1,"duration_ms":2500})");
}

TEST(WorkflowPayload, OfTheEndHasNoNegativeDuration) {
  const State started = History().started().folded();
  const WallTime set_back = kBegin - Milliseconds(5'000);
  EXPECT_EQ(finish_payload({}, started, set_back)["duration_ms"], 0);
  EXPECT_EQ(finish_payload({}, initial_state(), kBegin)["duration_ms"], 0) << "never started";
}

TEST(WorkflowPayload, FoldsToWhatItSays) {
  const State before = History().started().begins(0).folded();
  for (const Finish& finish :
       {Finish{TaskStatus::kCompleted, "r", {}, {}},
        Finish{TaskStatus::kFailed, "half", TaskFailure{"timeout", "late"}, {}},
        Finish{TaskStatus::kCancelled, "", {}, {"ann", "why"}}}) {
    const State after =
        evolve(before, fact(finish_type(finish), finish_payload(finish, before, kBegin)), {9, 9});
    EXPECT_EQ(after.status, finish.status);
    EXPECT_EQ(after.response, finish.response);
    EXPECT_EQ(after.failure, finish.failure);
    EXPECT_EQ(after.total_cost, before.total_cost);
  }
}

TEST(WorkflowEndDeathTest, IsNoneWhereTheStatusIsNotTerminal) {
  EXPECT_DEATH(finish_type({TaskStatus::kRunning, "", {}, {}}), "running");
}

}  // namespace
}  // namespace taskfeed::workflow
