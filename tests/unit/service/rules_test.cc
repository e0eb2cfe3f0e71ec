/// What is refused, and that the text says what to do.
#include "service/rules.h"

#include <gtest/gtest.h>

#include "support/ids.h"

namespace taskfeed::service {
namespace {

using broker::SignalKind;

TaskSpec good_spec() {
  return {.agent = testing::agent("a1"),
          .description = "d",
          .user_id = "u",
          .parameters = {{"enable_streaming", true}},
          .labels = {{"team", ""}}};
}

void expect_refused(const TaskSpec& spec, Errc code, std::string_view named,
                    const TaskLimits& limits = {}) {
  const Result<void> checked = check_spec(spec, limits);
  ASSERT_FALSE(checked.ok()) << named;
  EXPECT_EQ(checked.error().code, code);
  EXPECT_NE(checked.error().text.find(named), std::string::npos) << checked.error().text;
}

TEST(SpecRules, TakeASpecWithinItsLimits) {
  TaskSpec spec = good_spec();
  EXPECT_TRUE(check_spec(spec, {}).ok());
  spec.description = std::string(TaskLimits{}.description_bytes_max, 'd');
  spec.user_id = std::string(256, 'u');
  spec.parameters["x"] = std::string(TaskLimits{}.parameters_bytes_max - 40, 'p');
  for (size_t i = spec.labels.size(); i < TaskLimits{}.labels_max; ++i) {
    spec.labels["label-" + std::to_string(i)] = std::string(256, 'v');
  }
  EXPECT_TRUE(check_spec(spec, {}).ok());
}

TEST(SpecRules, NameTheLimitThatWasPassed) {
  TaskSpec spec = good_spec();
  spec.description = "12345";
  expect_refused(spec, Errc::kTooLarge, "description is longer than 4 bytes",
                 {.description_bytes_max = 4});
  spec = good_spec();
  spec.user_id = std::string(257, 'u');
  expect_refused(spec, Errc::kTooLarge, "user_id");
  spec = good_spec();
  spec.parameters["x"] = std::string(TaskLimits{}.parameters_bytes_max, 'p');
  expect_refused(spec, Errc::kTooLarge, "parameters");
  spec = good_spec();
  spec.labels["another"] = "";
  expect_refused(spec, Errc::kTooLarge, "more than 1 labels", {.labels_max = 1});
  spec = good_spec();
  spec.labels["team"] = std::string(257, 'v');
  expect_refused(spec, Errc::kTooLarge, "label");
  spec = good_spec();
  spec.labels[std::string(257, 'n')] = "";
  expect_refused(spec, Errc::kTooLarge, "label");
}

TEST(SpecRules, RefuseWhatHasAnotherShape) {
  TaskSpec spec = good_spec();
  spec.parameters = Json::array();
  expect_refused(spec, Errc::kInvalid, "JSON object");
  spec = good_spec();
  spec.parameters["enable_streaming"] = "yes";
  expect_refused(spec, Errc::kInvalid, "enable_streaming");
  spec = good_spec();
  spec.labels[""] = "x";
  expect_refused(spec, Errc::kInvalid, "NAME=VALUE");
  spec = good_spec();
  spec.labels["taskfeed.anything"] = "x";
  expect_refused(spec, Errc::kInvalid, "taskfeed.");
}

Task task_in(TaskStatus status) {
  Task task{.id = testing::task("t1"), .spec = good_spec(), .created_at = {}};
  task.status = status;
  return task;
}

TEST(ExecuteRule, IsForSubmittedTasksOnly) {
  for (const TaskStatus status : kTaskStatuses) {
    const Result<void> allowed = check_execute(task_in(status));
    EXPECT_EQ(allowed.ok(), status == TaskStatus::kSubmitted) << to_string(status);
    if (allowed.ok()) continue;
    EXPECT_EQ(allowed.error().code, Errc::kConflict);
    EXPECT_NE(allowed.error().text.find("t1 is " + std::string(to_string(status))),
              std::string::npos)
        << allowed.error().text;
  }
}

TEST(ControlRule, HasAnAnswerForEveryStatusAndKind) {
  using enum TaskStatus;
  // Nothing: allowed.
  const std::map<std::pair<TaskStatus, SignalKind>, Errc> refused{
      {{kSubmitted, SignalKind::kPause}, Errc::kConflict},
      {{kSubmitted, SignalKind::kResume}, Errc::kConflict},
      {{kPending, SignalKind::kResume}, Errc::kConflict},
      {{kRunning, SignalKind::kResume}, Errc::kConflict},
      {{kPaused, SignalKind::kPause}, Errc::kConflict},
      {{kCompleted, SignalKind::kCancel}, Errc::kEnded},
      {{kCompleted, SignalKind::kPause}, Errc::kEnded},
      {{kCompleted, SignalKind::kResume}, Errc::kEnded},
      {{kFailed, SignalKind::kCancel}, Errc::kEnded},
      {{kFailed, SignalKind::kPause}, Errc::kEnded},
      {{kFailed, SignalKind::kResume}, Errc::kEnded},
      {{kCancelled, SignalKind::kCancel}, Errc::kEnded},
      {{kCancelled, SignalKind::kPause}, Errc::kEnded},
      {{kCancelled, SignalKind::kResume}, Errc::kEnded},
  };
  for (const TaskStatus status : kTaskStatuses) {
    for (const SignalKind kind : {SignalKind::kCancel, SignalKind::kPause, SignalKind::kResume}) {
      const Result<void> allowed = check_control(task_in(status), kind);
      const auto expected = refused.find({status, kind});
      EXPECT_EQ(allowed.ok(), expected == refused.end())
          << to_string(status) << " " << broker::to_string(kind);
      if (allowed.ok() || expected == refused.end()) continue;
      EXPECT_EQ(allowed.error().code, expected->second) << allowed.error().text;
      EXPECT_NE(allowed.error().text.find(to_string(status)), std::string::npos);
    }
  }
}

class QuestionRule : public ::testing::Test {
 protected:
  static Question asked(const std::string& call, QuestionKind kind = QuestionKind::kApproval) {
    Question question;
    question.kind = kind;
    question.call = call;
    return question;
  }
  auto find(SignalKind kind, const std::string& call = {}, const std::string& text = {}) {
    return question_for(task_in(TaskStatus::kRunning), questions_, signals_,
                        {kind, "ann", "", call, text});
  }
  std::vector<Question> questions_;
  std::vector<broker::Signal> signals_;
};

TEST_F(QuestionRule, FindsTheOneThatWaits) {
  questions_ = {asked("c1", QuestionKind::kInput), asked("c2")};
  EXPECT_EQ(find(SignalKind::kApprove).value()->call, "c2");
  EXPECT_EQ(find(SignalKind::kInput).value()->call, "c1");
  EXPECT_EQ(find(SignalKind::kRefuse, "c1").error().code, Errc::kConflict);
}

TEST_F(QuestionRule, WantsANameWhereSeveralWait) {
  questions_ = {asked("c1"), asked("c2")};
  const auto found = find(SignalKind::kApprove);
  EXPECT_EQ(found.error().code, Errc::kConflict);
  EXPECT_NE(found.error().text.find("c1, c2"), std::string::npos) << found.error().text;
  EXPECT_EQ(find(SignalKind::kApprove, "c2").value()->call, "c2");
}

TEST_F(QuestionRule, TakesTheSameAnswerAgainAndNoOther) {
  questions_ = {asked("c1"), asked("c2", QuestionKind::kInput)};
  questions_[0].answer = Answer{true, "", "ann", ""};
  signals_ = {{SignalKind::kInput, "ann", "", "1", "c2", "1.2"}};  // On its way.
  EXPECT_FALSE(find(SignalKind::kApprove).value());
  EXPECT_EQ(find(SignalKind::kRefuse).error().code, Errc::kConflict);
  EXPECT_FALSE(find(SignalKind::kInput, "", "1.2").value());
  EXPECT_EQ(find(SignalKind::kInput, "", "1.3").error().code, Errc::kConflict);
}

TEST_F(QuestionRule, SaysThatNothingWaits) {
  const auto found = find(SignalKind::kApprove);
  EXPECT_EQ(found.error().code, Errc::kConflict);
  EXPECT_NE(found.error().text.find("waits for no approval"), std::string::npos);
}

TEST(AgentRule, SaysWhatToDoWithAConfigurationThatCannotBeRead) {
  for (const char* json : {"", "{", "[]", R"({"id":"a1"})", R"({"id":"a1","runner":"adk"})"}) {
    const auto agent = read_agent({testing::agent("a1"), json});
    ASSERT_FALSE(agent.ok());
    EXPECT_EQ(agent.error().code, Errc::kInternal);
    EXPECT_NE(agent.error().text.find("a1"), std::string::npos);
    EXPECT_NE(agent.error().text.find("apply its file again"), std::string::npos);
  }
}

}  // namespace
}  // namespace taskfeed::service
