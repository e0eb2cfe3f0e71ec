/// What a step asks before it runs, and what it makes of the answers.
#include <gtest/gtest.h>

#include "process/command_runner.h"
#include "support/recording_sink.h"

namespace taskfeed::process {
namespace {

using runner::Outcome;

class CommandQuestions : public ::testing::Test {
 protected:
  CommandQuestions() {
    step_.name = "deploy";
    step_.argv = {"sh", "-c", "cat; printenv TASKFEED_INPUT"};
  }
  Outcome run() {
    runner::AgentConfig agent{.id = *AgentId::parse("a1")};
    agent.steps = {step_};
    runner::Activity activity{
        .task = *TaskId::parse("t1"), .execution = ids_.uuid7(), .agent = agent};
    activity.questions = questions_;
    return CommandRunner(ids_, clock_).run(activity, sink_, {});
  }
  /// Runs, and answers what is asked.
  void answer(const Answer& answer) {
    const Outcome outcome = run();
    ASSERT_EQ(outcome.status, Outcome::Status::kAsks);
    ASSERT_EQ(outcome.questions.size(), 1u);
    questions_.push_back(outcome.questions.front());
    questions_.back().answer = answer;
  }

  SystemClock clock_;
  SystemIdSource ids_{clock_};
  testing::RecordingSink sink_;
  runner::CommandStep step_;
  std::vector<Question> questions_;
};

TEST_F(CommandQuestions, AreNoneWhereTheStepWantsNothing) {
  EXPECT_EQ(run().status, Outcome::Status::kFailed) << "printenv finds no TASKFEED_INPUT";
}

TEST_F(CommandQuestions, ForAnInputHandItToTheProgram) {
  step_.input = "Which version?";
  answer({false, "1.2.3", "ann", ""});
  EXPECT_EQ(questions_[0].prompt, "Which version?");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, Outcome::Status::kCompleted);
  EXPECT_EQ(outcome.response, "1.2.3\n1.2.3");
}

TEST_F(CommandQuestions, HandOverTheLongestInputToAProgramThatReadsNothing) {
  step_.input = "?";
  step_.argv = {"true"};
  answer({false, std::string(QuestionLimits{}.input_bytes_max, 'x'), "ann", ""});
  EXPECT_EQ(run().status, Outcome::Status::kCompleted);
}

TEST_F(CommandQuestions, ForAYesComeAfterTheInputAndShowIt) {
  step_.input = "Which version?";
  step_.approval = true;
  answer({false, "1.2.3", "ann", ""});
  answer({true, "", "ben", ""});
  EXPECT_EQ(questions_[1].kind, QuestionKind::kApproval);
  EXPECT_EQ(questions_[1].tool, "sh");
  EXPECT_EQ(questions_[1].arguments["input"], "1.2.3");
  EXPECT_EQ(run().status, Outcome::Status::kCompleted);
}

TEST_F(CommandQuestions, ThatAreRefusedFailTheStepForGood) {
  step_.approval = true;
  step_.continue_on_error = true;
  answer({false, "", "ben", "not today"});
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, Outcome::Status::kFailed);
  EXPECT_EQ(outcome.failure,
            (TaskFailure{"refused", "step \"deploy\": refused by ben: not today"}));
  EXPECT_FALSE(outcome.retryable);
  EXPECT_TRUE(outcome.go_on);
}

TEST_F(CommandQuestions, ThatNobodyAnswersFailTheStep) {
  step_.input = "?";
  answer({false, "", "", std::string(kNobodyAnswered)});
  EXPECT_EQ(run().failure, (TaskFailure{"timeout",
                                        "step \"deploy\": nobody answered within 1d "
                                        "(approval_timeout)"}));
}

TEST_F(CommandQuestions, ThatRunOutOfTimeAreNotCalledRefused) {
  step_.approval = true;
  answer({false, "", "", std::string(kNobodyAnswered)});
  const Outcome outcome = run();
  EXPECT_EQ(outcome.failure, (TaskFailure{"refused",
                                          "step \"deploy\": nobody answered within 1d "
                                          "(approval_timeout)"}));
  EXPECT_FALSE(outcome.retryable);
}

}  // namespace
}  // namespace taskfeed::process
