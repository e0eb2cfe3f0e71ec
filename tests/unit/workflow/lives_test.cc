/// Whole lives: everything that can happen to a task of few events, one after the other.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "history.h"

namespace taskfeed::workflow {
namespace {

using namespace taskfeed::testing;

constexpr size_t kEventsMax = 8;
constexpr int kAttempts = 2;

/// How an attempt at a step can end; kDies leaves it open.
enum class Ending { kDone, kDoneLast, kRetryable, kForGood, kGoesOn, kAsks, kDies };
constexpr std::array kEndings{Ending::kDone,    Ending::kDoneLast, Ending::kRetryable,
                              Ending::kForGood, Ending::kGoesOn,   Ending::kAsks,
                              Ending::kDies};

StepResult result_of(Ending ending) {
  if (ending == Ending::kRetryable) return step_failed(true);
  if (ending == Ending::kForGood) return step_failed(false);
  if (ending == Ending::kGoesOn) return step_failed(false, true);
  return step_done(ending == Ending::kDoneLast, "done", 1);
}

std::string name_of(const Command& command) {
  constexpr std::array kNames{"start", "run",    "wait",   "pause", "resume",
                              "park",  "finish", "answer", "await"};
  return kNames[command.index()];
}

/// A life so far, as an engine would have written it.
struct Life {
  History history;
  State state = initial_state();
  WallTime now = kBegin;
};

class Lives : public ::testing::Test {
 protected:
  /// Everything that may come next, down to kEventsMax events.
  void live(const Life& life) {
    ++lives;
    check(life);
    if (HasFailure() || life.history.events().size() >= kEventsMax) return;
    for (Requests requests : requests_) {
      // Whoever answers means what is asked; where nothing is, it is as if nobody had.
      if (!requests.answers.empty() && unanswered(life.state.questions).empty()) continue;
      for (Answered& each : requests.answers) {
        each.call = life.state.questions.back().call;
      }
      const std::vector<Command> commands = decide(life.state, requests, life.now);
      if (commands.empty()) continue;
      ASSERT_EQ(commands.size(), 1u);
      seen[std::string(to_string(life.state.status))].insert(name_of(commands.front()));
      go_on(life, commands.front());
    }
  }

  void go_on(Life life, const Command& command) {
    if (const auto* run = std::get_if<RunActivity>(&command)) return run_step(life, *run);
    if (std::holds_alternative<Park>(command)) return;
    if (const auto* answers = std::get_if<TakeAnswers>(&command)) {
      ASSERT_EQ(answers->answers.size(), 1u);
      return live(
          with(life, types::kApprovalReceived, answer_payload(answers->answers.front(), 0)));
    }
    if (const auto* await = std::get_if<Await>(&command)) {
      ASSERT_GT(*await->until, life.now) << "a wait that is over";
      life.now = *await->until;
      const auto then = decide(life.state, {}, life.now);
      ASSERT_EQ(name_of(then.front()), "answer") << "the time that ran out answers";
      return go_on(life, then.front());
    }
    if (const auto* wait = std::get_if<Wait>(&command)) {
      ASSERT_GT(wait->until, life.now) << "a wait that is over";
      life.now = wait->until;
      const auto then = decide(life.state, {}, life.now);
      ASSERT_EQ(name_of(then.front()), "run") << "what was waited for comes";
      return go_on(life, then.front());
    }
    if (std::holds_alternative<Start>(command)) {
      Started started;
      started.retry.maximum_attempts = kAttempts;
      return live(with(life, types::kStarted, started_payload(started)));
    }
    if (const auto* pause = std::get_if<Pause>(&command)) {
      return live(with(life, types::kPaused, request_payload(pause->request)));
    }
    if (const auto* resume = std::get_if<Resume>(&command)) {
      return live(with(life, types::kResumed, request_payload(resume->request)));
    }
    const auto& finish = std::get<Finish>(command);
    const Life over = with(life, finish_type(finish), finish_payload(finish, life.state, life.now));
    ASSERT_EQ(over.state.status, finish.status);
    live(over);
  }

  void run_step(const Life& life, const RunActivity& run) {
    const Step& before = life.state.step;
    ASSERT_EQ(run.step, before.index);
    ASSERT_EQ(run.continued, before.suspended);
    ASSERT_EQ(run.attempt, before.attempt + (run.continued ? 0 : 1));
    ASSERT_TRUE(unanswered(life.state.questions).empty()) << "before it was answered";
    const Life open = with(life, types::kStepStarted,
                           step_started_payload(run.step, "s", run.attempt, run.continued));
    for (const Ending ending : kEndings) {
      if (ending == Ending::kDies) {
        live(open);
        continue;
      }
      if (ending == Ending::kAsks) {
        Question question;
        question.call = "c" + std::to_string(open.history.events().size());
        question.due = open.now + Milliseconds(5'000);
        live(with(open, types::kApprovalRequested, question_payload(question, run.step)));
        continue;
      }
      live(with(
          open, types::kStepCompleted,
          step_completed_payload(run.step, "s", run.attempt, result_of(ending), Milliseconds(1))));
    }
  }

  static Life with(const Life& life, std::string_view type, const Json& payload) {
    Life next = life;
    next.now += Milliseconds(10);
    next.history.add(type, payload);
    next.state =
        evolve(next.state, next.history.events().back(), {next.history.events().size(), 7});
    return next;
  }

  void check(const Life& life) {
    ASSERT_EQ(life.history.folded(), life.state) << "folded again, the state is another";
    const auto count = [&life](std::string_view type) {
      const auto& events = life.history.events();
      return std::count_if(events.begin(), events.end(),
                           [type](const Event& event) { return event.type.str() == type; });
    };
    ASSERT_LE(count(types::kStarted), 1) << "started once";
    ASSERT_LE(count(types::kCompleted) + count(types::kFailed) + count(types::kCancelled), 1);
    ASSERT_EQ(life.state.steps_completed, life.state.step.index) << "no step is left out";
    ASSERT_EQ(decide(life.state, {}, life.now).empty(), is_terminal(life.state.status))
        << "only what has ended asks for nothing";
    ASSERT_TRUE(life.state.status != TaskStatus::kFailed || life.state.failure);
    ASSERT_TRUE(life.state.status != TaskStatus::kCompleted || life.state.last_step_done);
  }

  size_t lives = 0;
  /// What was decided in which status.
  std::map<std::string, std::set<std::string>> seen;

 private:
  const std::vector<Requests> requests_{{},
                                        {.cancel = Requests::Request{"ann", ""}},
                                        {.pause = Requests::Request{"ann", ""}},
                                        {.resume = Requests::Request{"ann", ""}},
                                        {.answers = {{.answer = {.approved = true}}}}};
};

TEST_F(Lives, HoldTogetherWhateverHappens) {
  live({});
  EXPECT_GT(lives, 10'000u);
  const std::map<std::string, std::set<std::string>> expected{
      {"pending", {"start", "pause", "finish"}},
      {"running", {"start", "run", "wait", "pause", "finish", "answer", "await"}},
      {"paused", {"park", "resume", "finish", "answer"}}};
  EXPECT_EQ(seen, expected) << "an arrow that no life went along, or that none should";
}

}  // namespace
}  // namespace taskfeed::workflow
