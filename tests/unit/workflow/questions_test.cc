/// What a step asks of a person, as a fold.
#include <gtest/gtest.h>

#include "history.h"

namespace taskfeed::workflow {
namespace {

using namespace taskfeed::testing;

const WallTime kDue = kBegin + Milliseconds(60'000);

History asking() {
  return History().started().begins(0).asks(0, "c1", kDue);
}

TEST(Questions, SuspendTheAttemptThatAsks) {
  const State state = asking().folded();
  EXPECT_EQ(state.status, TaskStatus::kRunning);
  EXPECT_EQ(state.step, (Step{0, 1, false, true, {}}));
  ASSERT_EQ(state.questions.size(), 1u);
  EXPECT_EQ(state.questions[0].tool, "deploy");
  EXPECT_EQ(state.questions[0].asked_at, kBegin + Milliseconds(2'000));
  EXPECT_EQ(state.questions[0].due, kDue);
  EXPECT_EQ(decide(state, {}, kBegin), std::vector<Command>{Await{kDue}});
}

TEST(Questions, AreAskedOnceHoweverOftenTheyAreTold) {
  const State state = asking().asks(0, "c1").asks(7, "c7").folded();
  EXPECT_EQ(state.questions.size(), 1u);
  EXPECT_EQ(state.questions[0].due, kDue);
}

TEST(Questions, AreBounded) {
  History history = History().started().begins(0);
  for (int i = 0; i < 100; ++i) history.asks(0, "c" + std::to_string(i));
  EXPECT_EQ(history.folded().questions.size(), QuestionLimits{}.open_max);
}

TEST(Questions, TakeTheFirstAnswer) {
  const State state = asking().answers("c1", true).answers("c1", false).folded();
  ASSERT_TRUE(state.questions[0].answer);
  EXPECT_TRUE(state.questions[0].answer->approved);
  EXPECT_EQ(state.questions[0].answer->by, "ann");
  EXPECT_EQ(decide(state, {}, kBegin), (std::vector<Command>{RunActivity{0, 1, true}}));
}

TEST(Questions, OfSeveralCallsAreAllAnsweredBeforeTheAttemptGoesOn) {
  const History history = asking().asks(0, "c2");
  State state = History(history).answers("c2", false).folded();
  EXPECT_EQ(decide(state, {}, kBegin), std::vector<Command>{Await{kDue}});
  state = History(history).answers("c2", false).answers("c1", true).folded();
  EXPECT_EQ(decide(state, {}, kBegin), (std::vector<Command>{RunActivity{0, 1, true}}));
}

TEST(Questions, AreAnsweredByAPublisherThatNamesNoCallWhereOneAloneWaits) {
  const Json yes{{"approved", true}};
  EXPECT_TRUE(asking().add(types::kApprovalReceived, yes).folded().questions[0].answer);
  const State both = asking().asks(0, "c2").add(types::kApprovalReceived, yes).folded();
  EXPECT_EQ(unanswered(both.questions).size(), 2u);
}

TEST(Questions, GoOnUnderTheSameAttemptAndItsDeathCounts) {
  const State state =
      asking()
          .answers("c1", true)
          .add(types::kStepStarted, step_started_payload(0, "s", 1, /*continued=*/true))
          .folded();
  EXPECT_EQ(state.step, (Step{0, 1, true, false, {}}));
  EXPECT_EQ(decide(state, {}, kBegin), (std::vector<Command>{RunActivity{0, 2, false}}));
  EXPECT_TRUE(state.questions[0].answer) << "a yes is for the step, whoever carries it out";
}

TEST(Questions, HoldForTheRetriesOfTheirStepAndNotForTheNext) {
  History history = History()
                        .started(3)
                        .begins(0)
                        .asks(0, "c1")
                        .answers("c1", true)
                        .begins(0)
                        .ends(0, step_failed(true));
  EXPECT_EQ(history.folded().questions.size(), 1u);
  EXPECT_TRUE(history.begins(0, 2).ends(0, step_done(false), 2).folded().questions.empty());
}

TEST(Questions, EndWithTheTask) {
  EXPECT_TRUE(asking().add(types::kCancelled).folded().questions.empty());
  EXPECT_EQ(with_state({task("t1"), {agent("a1")}, kBegin}, asking().folded()).waiting_for.size(),
            1u);
}

TEST(Questions, ForATextAreAnsweredByOneOrByNobody) {
  Question question;
  question.kind = QuestionKind::kInput;
  question.call = "c1";
  question.prompt = "Which version?";
  const History history =
      History().started().begins(0).add(types::kInputRequested, question_payload(question, 0));
  EXPECT_EQ(history.folded().questions[0].prompt, "Which version?");
  Answered answered{QuestionKind::kInput, "c1", {false, "1.2", "ann", ""}, false};
  State state = History(history).add(types::kInputReceived, answer_payload(answered, 0)).folded();
  EXPECT_EQ(state.questions[0].answer->text, "1.2");
  EXPECT_TRUE(answered_in_time(state.questions[0]));
  answered = {QuestionKind::kInput, "c1", {false, "", "", std::string(kNobodyAnswered)}, true};
  const Json nobody = answer_payload(answered, 0);
  EXPECT_FALSE(nobody.contains("text"));
  state = History(history).add(types::kInputReceived, nobody).folded();
  EXPECT_FALSE(answered_in_time(state.questions[0]));
}

TEST(Questions, ComeBackFromTheSnapshot) {
  const State state = asking().asks(0, "c2").answers("c2", true).folded();
  EXPECT_EQ(state_from_json(parse_json(dump_json(state_to_json(state))).value()).value(), state);
}

}  // namespace
}  // namespace taskfeed::workflow
