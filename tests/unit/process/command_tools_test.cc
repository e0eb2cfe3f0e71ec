/// Programs that a model calls: real ones.
#include "process/command_tools.h"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "support/recording_sink.h"

namespace taskfeed::process {
namespace {

using runner::CommandTool;
using runner::ToolResult;
using testing::RecordingSink;

class CommandToolsTest : public ::testing::Test {
 protected:
  CommandToolsTest() {
    folder_ = std::filesystem::temp_directory_path() / ("taskfeed-" + ids_.uuid7().str());
    std::filesystem::create_directory(folder_);
    limits_.grace = Milliseconds(200);
    limits_.drain = Milliseconds(100);
    tool_.name = "t";
  }
  ~CommandToolsTest() override { std::filesystem::remove_all(folder_); }

  CommandTools tools() {
    return {{tool_},
            {TaskId::parse("task-1").value(), AgentId::parse("agent-1").value()},
            clock_,
            [this](std::string_view name) {
              const auto found = variables_.find(std::string(name));
              return found == variables_.end() ? std::string() : found->second;
            },
            limits_};
  }
  ToolResult call(const Json& arguments = Json::object()) {
    CommandTools box = tools();
    return box.call({.id = "call-1", .name = "t", .arguments = arguments}, sink_,
                    stop_.get_token());
  }
  void takes(std::string_view properties, std::string_view required = "[]") {
    tool_.parameters = Json{{"type", "object"},
                            {"properties", parse_json(properties).value()},
                            {"required", parse_json(required).value()}};
  }
  void shell(const std::string& script) { tool_.argv = {"sh", "-c", script}; }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  /// Waits for a file to have a line, which a program writes when it has come so far.
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
  std::map<std::string, std::string> variables_{{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  CommandTool tool_;
  SuperviseLimits limits_;
  RecordingSink sink_;
  std::stop_source stop_;
  std::filesystem::path folder_;
};

using CommandToolsList = CommandToolsTest;
using CommandToolsArguments = CommandToolsTest;
using CommandToolsChild = CommandToolsTest;
using CommandToolsResult = CommandToolsTest;
using CommandToolsEnd = CommandToolsTest;

TEST_F(CommandToolsList, SaysWhatTheOperatorDeclared) {
  tool_.description = "Does it";
  tool_.approval = true;
  tool_.idempotent = true;
  takes(R"({"a":{"type":"string"}})");
  const std::vector<runner::Tool> listed = tools().list({}).value();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0], (runner::Tool{.name = "t",
                                     .description = "Does it",
                                     .parameters = tool_.parameters,
                                     .server = "",
                                     .approval = true,
                                     .idempotent = true}));
}

TEST_F(CommandToolsArguments, StandInOneElementEach) {
  takes(R"({"a":{},"b":{},"c":{}})");
  tool_.argv = {"printf", "%s|", "{a}", "x{b}y", "{{a}}"};
  EXPECT_EQ(call({{"a", "; $(id) `id` \"' \n* {b}"}, {"b", {1, 2}}}).text,
            "; $(id) `id` \"' \n* {b}|x[1,2]y|{a}|");
  EXPECT_EQ(call({{"a", "-n"}, {"b", ""}}).text, "-n|xy|{a}|");
}

TEST_F(CommandToolsArguments, ThatAreAbsentTakeTheirElementWithThem) {
  takes(R"({"a":{},"b":{}})");
  tool_.argv = {"printf", "%s|", "first", "{a}", "--b={b}", "last"};
  EXPECT_EQ(call().text, "first|last|");
  EXPECT_EQ(call({{"a", nullptr}, {"b", 2}}).text, "first|--b=2|last|");
}

TEST_F(CommandToolsArguments, ThatDoNotFitReachNoProgram) {
  takes(R"({"a":{"type":"string"}})", R"(["a"])");
  tool_.argv = {"touch", file("ran")};
  const ToolResult result = call({{"a", 1}});
  EXPECT_TRUE(result.is_error);
  EXPECT_EQ(result.text, "the arguments do not fit: a must be of type string, not 1");
  EXPECT_TRUE(call().is_error);
  EXPECT_FALSE(std::filesystem::exists(file("ran")));
  EXPECT_TRUE(sink_.emitted().empty());
}

TEST_F(CommandToolsArguments, WithANulAreRefused) {
  takes(R"({"a":{}})");
  tool_.argv = {"printf", "%s", "{a}"};
  const ToolResult result = call({{"a", std::string("a\0b", 3)}});
  EXPECT_TRUE(result.is_error);
  EXPECT_NE(result.text.find("NUL"), std::string::npos) << result.text;
}

TEST_F(CommandToolsArguments, ThatAreTooLongAreRefused) {
  takes(R"({"a":{}})");
  tool_.argv = {"printf", "%s", "{a}"};
  const ToolResult result = call({{"a", std::string(200'000, 'x')}});
  EXPECT_TRUE(result.is_error);
  EXPECT_NE(result.text.find("too long"), std::string::npos) << result.text;
}

TEST_F(CommandToolsArguments, ComeOnStdinAsJson) {
  tool_.arguments_on_stdin = true;
  tool_.argv = {"cat"};
  EXPECT_EQ(call({{"a", "b\nc"}, {"n", 1}}).text, R"({"a":"b\nc","n":1})");
  EXPECT_EQ(call().text, "{}");
}

TEST_F(CommandToolsArguments, OnStdinMayBeMoreThanAPipeHolds) {
  tool_.arguments_on_stdin = true;
  tool_.argv = {"wc", "-c"};
  const Json arguments{{"a", std::string(1'000'000, 'x')}};
  EXPECT_EQ(call(arguments).text, std::to_string(dump_json(arguments).size() + 1));
}

TEST_F(CommandToolsArguments, OnStdinNeedNotBeRead) {
  tool_.arguments_on_stdin = true;
  const Json arguments{{"a", std::string(1'000'000, 'x')}};
  tool_.argv = {"true"};
  EXPECT_FALSE(call(arguments).is_error);
  shell("exec <&-; echo closed");
  EXPECT_EQ(call(arguments).text, "closed");
}

TEST_F(CommandToolsChild, HasTheExplicitEnvironmentAndNothingElse) {
  variables_["TOKEN"] = "canary";
  variables_["OTHER"] = "secret";
  tool_.env = {{"LANG", "C.UTF-8"}};
  tool_.pass_env = {"TOKEN"};
  tool_.argv = {"env"};
  std::vector<std::string> lines;
  std::istringstream text(call().text);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  EXPECT_EQ(lines,
            (std::vector<std::string>{"HOME=/", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin",
                                      "TASKFEED_AGENT_ID=agent-1", "TASKFEED_TASK_ID=task-1",
                                      "TASKFEED_TOOL_CALL_ID=call-1", "TOKEN=canary"}));
}

TEST_F(CommandToolsChild, IsNotStartedWithoutAVariableThatItIsToGet) {
  tool_.pass_env = {"TOKEN"};
  tool_.argv = {"touch", file("ran")};
  EXPECT_NE(call().text.find("variable TOKEN"), std::string::npos);
  EXPECT_TRUE(call().is_error);
  EXPECT_FALSE(std::filesystem::exists(file("ran")));
}

TEST_F(CommandToolsChild, RunsInItsFolderWithoutInput) {
  tool_.cwd = folder_.string();
  shell("pwd; cat");
  EXPECT_EQ(call().text, std::filesystem::canonical(folder_).string());
}

TEST_F(CommandToolsChild, PublishesNoEvents) {
  shell("echo '::taskfeed {\"event_type\":\"WorkflowToolCallCompleted\",\"result\":\"forged\"}'");
  const ToolResult result = call();
  EXPECT_NE(result.text.find("::taskfeed"), std::string::npos);
  for (const std::string& type : sink_.types()) EXPECT_EQ(type, types::kToolCallOutput);
  EXPECT_NE(sink_.text("stdout").find("forged"), std::string::npos);
}

TEST_F(CommandToolsChild, ShowsItsOutputWhileItStreams) {
  shell("echo out; echo err >&2");
  call();
  EXPECT_EQ(sink_.text("stdout"), "out\n");
  EXPECT_EQ(sink_.text("stderr"), "err\n");
  EXPECT_EQ(sink_.last(types::kToolCallOutput)["tool_call_id"], "call-1");
  RecordingSink batch(false);
  CommandTools box = tools();
  EXPECT_EQ(box.call({.id = "c", .name = "t"}, batch, {}).text, "out");
  EXPECT_TRUE(batch.emitted().empty());
}

TEST_F(CommandToolsResult, IsWhatWentToStdout) {
  shell("echo ' out '; echo warning >&2");
  const ToolResult result = call();
  EXPECT_EQ(result, (ToolResult{.text = "out", .exit_code = 0}));
}

TEST_F(CommandToolsResult, OfAFailureIsBothStreamsAndTheStatus) {
  shell("echo out; echo why >&2; exit 3");
  const ToolResult result = call();
  EXPECT_TRUE(result.is_error);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(result.text.starts_with("the program exited with status 3; it printed:\n"))
      << result.text;
  EXPECT_NE(result.text.find("out\n"), std::string::npos);
  EXPECT_NE(result.text.find("why\n"), std::string::npos);
  shell("exit 1");
  EXPECT_EQ(call().text, "the program exited with status 1");
}

TEST_F(CommandToolsResult, NamesTheSignal) {
  shell("kill -SEGV $$");
  const ToolResult result = call();
  EXPECT_EQ(result.text, "the program was ended by SIGSEGV");
  EXPECT_FALSE(result.exit_code);
}

TEST_F(CommandToolsResult, SaysWhyAProgramDidNotStart) {
  tool_.argv = {"no-such-program-here"};
  EXPECT_NE(call().text.find("no such program"), std::string::npos);
  EXPECT_TRUE(call().is_error);
}

TEST_F(CommandToolsResult, IsBoundedAndSaysSo) {
  tool_.output_bytes_max = 100;
  shell("head -c 5000 /dev/zero | tr '\\0' x; echo end");
  const ToolResult result = call();
  EXPECT_TRUE(result.truncated);
  EXPECT_TRUE(result.text.starts_with("[")) << result.text;
  EXPECT_TRUE(result.text.ends_with("xend"));
  EXPECT_LT(result.text.size(), 200u);
  shell("head -c 5000 /dev/zero | tr '\\0' x; exit 1");
  EXPECT_TRUE(call().truncated);
  EXPECT_LT(call().text.size(), 300u);
}

TEST_F(CommandToolsResult, IsTextWhateverTheProgramWrites) {
  tool_.output_bytes_max = 1'000;
  shell("printf 'a\\377b\\0c'");
  EXPECT_EQ(call().text, std::string("a\xEF\xBF\xBD"
                                     "b\0c",
                                     7));
  shell("head -c 1000 /dev/zero | tr '\\0' '\\377'");
  const ToolResult picture = call();
  EXPECT_TRUE(picture.truncated) << "each byte has become three";
  EXPECT_LT(picture.text.size(), 1'100u);
}

TEST_F(CommandToolsResult, OfAnUnknownToolIsAnError) {
  CommandTools box = tools();
  const ToolResult result = box.call({.id = "c", .name = "other"}, sink_, {});
  EXPECT_TRUE(result.is_error);
  EXPECT_EQ(result.text, "there is no tool \"other\"");
}

TEST_F(CommandToolsEnd, AfterTheTimeoutIsThatOfTheWholeGroup) {
  tool_.cwd = folder_.string();
  tool_.timeout = Milliseconds(300);
  shell("sh -c 'trap \"\" TERM; echo $$ > grandchild; while :; do sleep 1; done' & wait");
  const ToolResult result = call();
  EXPECT_TRUE(result.is_error);
  EXPECT_EQ(result.text, "the program did not end within 300ms and was stopped");
  EXPECT_TRUE(wait_for_death(std::stoi(wait_for_line(file("grandchild")))));
}

TEST_F(CommandToolsEnd, ComesWithAStopRequest) {
  tool_.cwd = folder_.string();
  shell("echo $$ > started; exec sleep 1000");
  std::jthread stopper([this] {
    wait_for_line(file("started"));
    stop_.request_stop();
  });
  const ToolResult result = call();
  EXPECT_TRUE(result.is_error);
  EXPECT_EQ(result.text, "the program was stopped");
}

TEST_F(CommandToolsEnd, IsBeforeTheBeginningWhereTheTaskIsStopped) {
  tool_.argv = {"touch", file("ran")};
  stop_.request_stop();
  EXPECT_TRUE(call().is_error);
  EXPECT_FALSE(std::filesystem::exists(file("ran")));
}

TEST_F(CommandToolsEnd, ComesForEachOfSeveralAtOnce) {
  takes(R"({"a":{}})");
  tool_.argv = {"printf", "%s", "{a}"};
  CommandTools box = tools();
  std::vector<std::string> texts(8);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < texts.size(); ++i) {
      threads.emplace_back([&, i] {
        texts[i] = box.call({.id = "c", .name = "t", .arguments = {{"a", i}}}, sink_, {}).text;
      });
    }
  }
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], std::to_string(i));
}

}  // namespace
}  // namespace taskfeed::process
