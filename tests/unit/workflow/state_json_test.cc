/// The snapshot: a state there and back, and a fold that goes through one.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "history.h"

namespace taskfeed::workflow {
namespace {

using namespace taskfeed::testing;

State through_json(const State& state) {
  return state_from_json(parse_json(dump_json(state_to_json(state))).value()).value();
}

TEST(StateJson, IsWhatTheQueryAnswers) {
  const State state = History().started(2).begins(0).ends(0, step_failed(true)).folded();
  const Json json = state_to_json(state);
  EXPECT_EQ(json["status"], "running");
  EXPECT_EQ(json["goal"], "the goal");
  EXPECT_EQ(json["steps_completed"], 0);
  EXPECT_EQ(dump_json(json["step"]), R"({"index":0,"attempt":1,"open":false,"suspended":false,)"
                                     R"("failed_at":"2026-11-22T10:00:02.000Z"})");
  EXPECT_EQ(json["folded"], "3-7");
  EXPECT_TRUE(json["error"].is_null());
  EXPECT_TRUE(json["completed_at"].is_null());
}

TEST(StateJson, KeepsMoneyToTheNanoDollarHoweverMuchItIs) {
  for (const NanoDollars amount :
       {NanoDollars{1}, NanoDollars{4'100'000}, NanoDollars{9'007'199'254'740'993},
        NanoDollars{8'999'999'999'999'999'999}, std::numeric_limits<NanoDollars>::max(),
        std::numeric_limits<NanoDollars>::min()}) {
    State state = initial_state();
    state.total_cost = amount;
    EXPECT_EQ(through_json(state).total_cost, amount);
  }
}

TEST(StateJson, OfAnOlderWriterHasItsMoneyInDollars) {
  Json json = state_to_json(initial_state());
  json.erase("total_cost_nano");
  json["total_cost"] = 0.0041;
  EXPECT_EQ(state_from_json(json).value().total_cost, 4'100'000);
}

struct Wrong {
  std::string_view key;
  std::string_view value;
};

class StateJsonErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(StateJsonErrors, NameTheKeyThatIsWrong) {
  Json json = state_to_json(History().started().folded());
  json[GetParam().key] = parse_json(GetParam().value).value();
  const auto state = state_from_json(json);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.error().code, Errc::kInvalid);
  EXPECT_NE(state.error().text.find(GetParam().key), std::string::npos) << state.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    AllKeys, StateJsonErrors,
    ::testing::Values(Wrong{"status", R"("done")"}, Wrong{"status", "null"}, Wrong{"step", "null"},
                      Wrong{"step", "0"}, Wrong{"step", R"({"index":-1})"},
                      Wrong{"step", R"({"attempt":-1})"}, Wrong{"step", R"({"index":4294967296})"},
                      Wrong{"steps_completed", "-1"}, Wrong{"steps_completed", "4294967296"},
                      Wrong{"started_at", "5"}, Wrong{"started_at", R"("x")"},
                      Wrong{"completed_at", R"("x")"}, Wrong{"retry", "null"},
                      Wrong{"retry", R"({"maximum_attempts":0})"}, Wrong{"folded", R"("x")"},
                      Wrong{"folded", "null"}));

TEST(StateJsonErrors, NameTheTimeOfAFailedAttempt) {
  Json json = state_to_json(initial_state());
  json["step"]["failed_at"] = "x";
  EXPECT_NE(state_from_json(json).error().text.find("failed_at"), std::string::npos);
}

TEST(StateJsonErrors, RefuseWhatIsNoObject) {
  EXPECT_FALSE(state_from_json(Json::array()).ok());
  EXPECT_FALSE(state_from_json(nullptr).ok());
}

Json any_payload() {
  const auto text = [] { return to_utf8(*rc::gen::arbitrary<std::string>()); };
  const auto flag = [] { return *rc::gen::arbitrary<bool>(); };
  Json payload = Json::object();
  if (flag()) payload["step"] = *rc::gen::inRange(0, 4);
  if (flag()) payload["attempt"] = *rc::gen::inRange(0, 4);
  if (flag()) payload["status"] = flag() ? "failed" : "completed";
  if (flag()) payload["last"] = flag();
  if (flag()) payload["go_on"] = flag();
  if (flag()) payload["retryable"] = flag();
  if (flag()) payload["response"] = text();
  if (flag()) payload["final_response"] = text();
  if (flag()) payload["goal"] = text();
  if (flag()) payload["cost"] = *rc::gen::arbitrary<double>();
  if (flag()) payload["total_cost"] = *rc::gen::arbitrary<double>();
  if (flag()) payload["error"] = Json{{"kind", text()}, {"message", text()}};
  if (flag()) payload["mode"] = flag() ? "streaming" : "batch";
  if (flag()) payload["limits"] = {{"retry", {{"maximum_attempts", *rc::gen::inRange(0, 5)}}}};
  return payload;
}

/// Any events at all, the ones that end a task among the rarer.
History any_history() {
  History history;
  for (int count = *rc::gen::inRange(0, 30); count > 0; --count) {
    const size_t from_end = *rc::gen::inRange(0, 4) == 0 ? 0 : 3;
    const auto at = *rc::gen::inRange<size_t>(0, types::kAll.size() - from_end);
    history.add(types::kAll[at], any_payload());
  }
  return history;
}

RC_GTEST_PROP(FoldProperties, AFoldThroughAnySnapshotIsTheFold, ()) {
  const History history = any_history();
  const auto cut = *rc::gen::inRange<size_t>(0, history.events().size() + 1);
  State part = initial_state();
  for (size_t at = 0; at < cut; ++at) part = evolve(part, history.events()[at], {at + 1, 7});
  // From the first event again: what the snapshot has in it already changes nothing.
  RC_ASSERT(history.folded(through_json(part)) == history.folded());
}

RC_GTEST_PROP(FoldProperties, AnyFoldIsDeterministicAndEndsAtItsLastEvent, ()) {
  const History history = any_history();
  const State state = history.folded();
  RC_ASSERT(history.folded() == state);
  RC_ASSERT(state.folded.seq == history.events().size());
  RC_ASSERT(through_json(state) == state);
}

RC_GTEST_PROP(FoldProperties, AnyFoldIsDecidedUpon, ()) {
  const State state = any_history().folded();
  const auto commands = decide(state, {}, kBegin);
  RC_ASSERT(commands.empty() == is_terminal(state.status));
}

}  // namespace
}  // namespace taskfeed::workflow
