#include "process/command_runner.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/recording_sink.h"

namespace taskfeed::process {
namespace {

using runner::Outcome;
using testing::RecordingSink;

class CommandRunnerTest : public ::testing::Test {
 protected:
  CommandRunnerTest() {
    folder_ = std::filesystem::temp_directory_path() / ("taskfeed-" + ids_.uuid7().str());
    std::filesystem::create_directory(folder_);
    options_.supervise.grace = Milliseconds(200);
    options_.supervise.drain = Milliseconds(100);
  }
  ~CommandRunnerTest() override { std::filesystem::remove_all(folder_); }

  runner::CommandStep& step(std::vector<std::string> argv) {
    runner::CommandStep step;
    step.name = "step";
    step.argv = std::move(argv);
    agent_.steps.push_back(std::move(step));
    return agent_.steps.back();
  }
  runner::CommandStep& shell(const std::string& script) { return step({"sh", "-c", script}); }

  Outcome run(int index = 0) { return run_into(sink_, index); }
  Outcome run_into(RecordingSink& sink, int index = 0) {
    CommandRunner runner(ids_, clock_, options_);
    const runner::Activity activity{.task = *TaskId::parse("task-1"),
                                    .execution = ids_.uuid7(),
                                    .agent = agent_,
                                    .query = query_,
                                    .parameters = Json::object(),
                                    .step = index,
                                    .attempt = 1,
                                    .previous_response = {}};
    return runner.run(activity, sink, stop_.get_token());
  }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  /// Waits for a file to have a line, which a step writes when it has come so far.
  static std::string wait_for_line(const std::string& path) {
    for (int i = 0; i < 2'000; ++i) {
      std::ifstream in(path);
      std::string line;
      if (std::getline(in, line) && !in.eof()) return line;
      std::this_thread::sleep_for(Milliseconds(5));
    }
    return {};
  }
  static bool wait_for_death(pid_t pid) {
    for (int i = 0; i < 2'000; ++i) {
      if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
      // A container's init may leave orphans unreaped: a zombie is dead too.
      std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
      std::string text;
      std::getline(stat, text);
      if (text.find(") Z ") != std::string::npos) return true;
      std::this_thread::sleep_for(Milliseconds(5));
    }
    return false;
  }

  SystemClock clock_;
  SystemIdSource ids_{clock_};
  runner::AgentConfig agent_{.id = *AgentId::parse("agent-1"),
                             .description = "",
                             .runner = runner::RunnerKind::kCommand,
                             .enable_streaming = false,
                             .steps = {},
                             .retry = {}};
  std::string query_ = "why";
  RecordingSink sink_;
  std::stop_source stop_;
  CommandOptions options_;
  std::filesystem::path folder_;
};

using CommandRunnerOutcome = CommandRunnerTest;
using CommandRunnerChild = CommandRunnerTest;
using CommandRunnerEnd = CommandRunnerTest;

TEST_F(CommandRunnerOutcome, IsOfAStepThatItsProgramNamesUnlessItHasAName) {
  step({"/usr/bin/make", "all"}).name = "";
  step({"./"}).name = "";
  step({"/usr/bin/make"}).name = "build";
  const CommandRunner runner(ids_, clock_, options_);
  EXPECT_EQ(runner.step_name(agent_, 0), "make");
  EXPECT_EQ(runner.step_name(agent_, 1), "./");
  EXPECT_EQ(runner.step_name(agent_, 2), "build");
  EXPECT_EQ(runner.step_name(agent_, 3), "");
}

TEST_F(CommandRunnerOutcome, IsCompletedWithStdoutWhereTheProgramExitsWithZero) {
  shell("echo out; echo err >&2");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, Outcome::Status::kCompleted);
  EXPECT_TRUE(outcome.last);
  EXPECT_EQ(outcome.response, "out");
  EXPECT_EQ(sink_.types().front(), types::kToolCallStarted);
  EXPECT_EQ(sink_.types().back(), types::kToolCallCompleted);
  const Json started = sink_.last(types::kToolCallStarted);
  EXPECT_EQ(started["tool"], "sh");
  EXPECT_EQ(started["arguments"]["argv"], Json::array({"sh", "-c", "echo out; echo err >&2"}));
  EXPECT_EQ(started["step"], 0);
  const Json completed = sink_.last(types::kToolCallCompleted);
  EXPECT_EQ(completed["exit_code"], 0);
  EXPECT_EQ(completed["is_error"], false);
  EXPECT_EQ(completed["truncated"], false);
  EXPECT_EQ(completed["tool_call_id"], started["tool_call_id"]);
  EXPECT_EQ(sink_.text("stdout"), "out\n");
  EXPECT_EQ(sink_.text("stderr"), "err\n");
}

TEST_F(CommandRunnerOutcome, IsStepFailedWhereItExitsOtherwise) {
  shell("exit 3").continue_on_error = true;
  shell("true");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, Outcome::Status::kFailed);
  EXPECT_EQ(outcome.failure->kind, "step_failed");
  EXPECT_EQ(outcome.failure->message, "step \"step\": sh exited with status 3");
  EXPECT_TRUE(outcome.go_on);
  EXPECT_TRUE(outcome.retryable);
  EXPECT_FALSE(outcome.last);
  EXPECT_EQ(sink_.last(types::kToolCallCompleted)["exit_code"], 3);
  EXPECT_EQ(sink_.last(types::kToolCallCompleted)["is_error"], true);
}

TEST_F(CommandRunnerOutcome, NamesTheSignalThatEndedTheProgram) {
  shell("kill -SEGV $$");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.failure->kind, "step_failed");
  EXPECT_EQ(sink_.last(types::kToolCallCompleted)["signal"], "SIGSEGV");
  EXPECT_FALSE(sink_.last(types::kToolCallCompleted).contains("exit_code"));
}

TEST_F(CommandRunnerOutcome, IsSpawnFailedWhereTheProgramCannotStart) {
  std::ofstream(file("plain")) << "no program\n";
  ::chmod(file("plain").c_str(), 0755);
  std::ofstream(file("locked")) << "#!/bin/sh\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"no-such-program-here", "no such program"},
      {file("absent"), "no such program"},
      {file("locked"), "not executable"},
      {file("plain"), "neither a binary nor a script"}};
  for (const auto& [program, reason] : cases) {
    agent_.steps.clear();
    step({program});
    const Outcome outcome = run();
    ASSERT_TRUE(outcome.failure) << program;
    EXPECT_EQ(outcome.failure->kind, "spawn_failed");
    EXPECT_NE(outcome.failure->message.find(reason), std::string::npos) << outcome.failure->message;
    EXPECT_EQ(sink_.types().back(), types::kToolCallCompleted);
  }
}

TEST_F(CommandRunnerOutcome, NamesAFolderThatIsNotThere) {
  step({"true"}).cwd = file("absent");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.failure->kind, "spawn_failed");
  EXPECT_NE(outcome.failure->message.find(file("absent")), std::string::npos);
}

TEST_F(CommandRunnerOutcome, FailsForAStepThatTheAgentNoLongerHas) {
  shell("true");
  EXPECT_EQ(run(5).status, Outcome::Status::kFailed);
  EXPECT_TRUE(run(5).last);
}

TEST_F(CommandRunnerChild, HasTheExplicitEnvironmentAndNothingElse) {
  ::setenv("TASKFEED_TEST_SECRET", "canary", 1);
  step({"env"}).env = {{"LANG", "C.UTF-8"}, {"TASKFEED_QUERY", "forged"}};
  const Outcome outcome = run();
  ::unsetenv("TASKFEED_TEST_SECRET");
  std::vector<std::string> keys;
  std::istringstream lines(outcome.response);
  for (std::string line; std::getline(lines, line);) keys.push_back(line.substr(0, line.find('=')));
  EXPECT_EQ(keys,
            (std::vector<std::string>{"HOME", "LANG", "PATH", "TASKFEED_AGENT_ID", "TASKFEED_QUERY",
                                      "TASKFEED_STEP", "TASKFEED_TASK_ID"}));
  EXPECT_NE(outcome.response.find("TASKFEED_QUERY=why"), std::string::npos);
}

TEST_F(CommandRunnerChild, InheritsTheEnvironmentOnlyForAPersonsOwnCommand) {
  ::setenv("TASKFEED_TEST_OWN", "mine", 1);
  options_.inherit_environment = true;
  agent_.steps.push_back(ad_hoc_step({"env"}));
  EXPECT_NE(run().response.find("TASKFEED_TEST_OWN=mine"), std::string::npos);
  ::unsetenv("TASKFEED_TEST_OWN");
}

TEST_F(CommandRunnerChild, HasArgumentsThatNoShellTouches) {
  step({"printf", "%s|", "; $(id)", "a\nb", "--", "*"});
  EXPECT_EQ(run().response, "; $(id)|a\nb|--|*|");
}

TEST_F(CommandRunnerChild, HasNoStandardInputAndNoOtherDescriptor) {
  const int stray = ::dup(2);  // Without O_CLOEXEC, as some libraries open theirs.
  ASSERT_GT(stray, 2);
  shell("cat; exec ls /proc/self/fd");
  EXPECT_EQ(run().response, "0\n1\n2\n3");  // 3 is the folder that ls reads.
  ::close(stray);
}

TEST_F(CommandRunnerChild, LeadsItsOwnSessionWithDefaultSignalsAndNoCoreDumps) {
  std::signal(SIGPIPE, SIG_IGN);
  shell(
      "grep -E '^(SigIgn|SigBlk)' /proc/$$/status | tr -d '\\t\\n'; ulimit -c; "
      "test \"$(cut -d' ' -f6 /proc/$$/stat)\" = $$ && echo leader");
  EXPECT_EQ(run().response, "SigBlk:0000000000000000SigIgn:00000000000000000\nleader");
  std::signal(SIGPIPE, SIG_DFL);
}

TEST_F(CommandRunnerChild, RunsInItsFolder) {
  step({"pwd"}).cwd = folder_.string();
  EXPECT_EQ(run().response, std::filesystem::canonical(folder_).string());
}

TEST_F(CommandRunnerChild, PublishesEventsByItsOutputInBatchModeToo) {
  RecordingSink batch(false);
  shell("echo '::taskfeed {\"event_type\":\"WorkflowProgressUpdated\",\"percent\":50}'; echo x");
  const Outcome outcome = run_into(batch);
  EXPECT_EQ(outcome.response, "x");
  EXPECT_EQ(batch.types(), (std::vector<std::string>{std::string(types::kToolCallStarted),
                                                     std::string(types::kProgress),
                                                     std::string(types::kToolCallCompleted)}));
}

TEST_F(CommandRunnerChild, IsReadToTheLastByteOfWhatItWrote) {
  options_.output.output_bytes_max = 8 * 1024 * 1024;
  shell("head -c 3000000 /dev/zero | tr '\\0' x");
  run();
  EXPECT_EQ(sink_.text().size(), 3'000'000U);
}

TEST_F(CommandRunnerEnd, AfterTheTimeoutIsThatOfTheWholeGroup) {
  shell("sh -c 'trap \"\" TERM; echo $$ > grandchild; while :; do sleep 1; done' & wait").timeout =
      Milliseconds(300);
  agent_.steps.back().cwd = folder_.string();
  const Outcome outcome = run();
  EXPECT_EQ(outcome.failure->kind, "timeout");
  EXPECT_NE(outcome.failure->message.find("300ms"), std::string::npos);
  EXPECT_TRUE(wait_for_death(std::stoi(wait_for_line(file("grandchild")))));
  EXPECT_EQ(sink_.last(types::kToolCallCompleted)["is_error"], true);
}

TEST_F(CommandRunnerEnd, ByAStopRequestIsToldAsStopped) {
  shell("echo $$ > started; exec sleep 1000").cwd = folder_.string();
  std::jthread stopper([this] {
    wait_for_line(file("started"));
    stop_.request_stop();
  });
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, Outcome::Status::kStopped);
  EXPECT_EQ(sink_.last(types::kToolCallCompleted)["signal"], "SIGTERM");
}

TEST_F(CommandRunnerEnd, ByAStopRequestIsForcedUponAProgramThatIgnoresIt) {
  shell("trap '' TERM; echo $$ > started; while :; do sleep 1; done").cwd = folder_.string();
  std::jthread stopper([this] {
    wait_for_line(file("started"));
    stop_.request_stop();
  });
  EXPECT_EQ(run().status, Outcome::Status::kStopped);
  EXPECT_EQ(sink_.last(types::kToolCallCompleted)["signal"], "SIGKILL");
}

TEST_F(CommandRunnerEnd, ComesAlsoForAStoppedProgram) {
  shell("echo $$ > started; kill -STOP $$").cwd = folder_.string();
  std::jthread stopper([this] {
    wait_for_line(file("started"));
    stop_.request_stop();
  });
  EXPECT_EQ(run().status, Outcome::Status::kStopped);
}

TEST_F(CommandRunnerEnd, ComesWhereNobodyReadsOn) {
  sink_.lose_interest();
  shell("while :; do echo again; done");
  EXPECT_EQ(run().status, Outcome::Status::kStopped);
}

TEST_F(CommandRunnerEnd, IsNotHeldUpByAGrandchildThatKeepsThePipes) {
  shell("sleep 1000 & echo $! > grandchild; echo done").cwd = folder_.string();
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, Outcome::Status::kCompleted);
  EXPECT_EQ(outcome.response, "done");
  EXPECT_TRUE(wait_for_death(std::stoi(wait_for_line(file("grandchild")))));
}

TEST_F(CommandRunnerEnd, IsNotHeldUpByAGrandchildThatWritesForEver) {
  shell("(while :; do echo again; done) & true");
  EXPECT_EQ(run().status, Outcome::Status::kCompleted);
}

TEST_F(CommandRunnerEnd, OfTheWorkerKillsItsProgram) {
  shell("echo $$ > started; exec sleep 1000").cwd = folder_.string();
  const pid_t worker = ::fork();
  if (worker == 0) {
    run();
    ::_exit(0);
  }
  const pid_t program = std::stoi(wait_for_line(file("started")));
  ::kill(worker, SIGKILL);
  EXPECT_TRUE(wait_for_death(program));
}

}  // namespace
}  // namespace taskfeed::process
