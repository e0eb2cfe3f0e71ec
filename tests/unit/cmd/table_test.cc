#include "cmd/table.h"

#include <sstream>

#include <gtest/gtest.h>

#include "cmd/agent_text.h"
#include "cmd/task_text.h"
#include "cmd/width.h"
#include "support/golden.h"
#include "support/ids.h"

namespace taskfeed::cmd {
namespace {

using testing::agent;
using testing::task;

WallTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

Task a_task(std::string_view id, std::string_view of, TaskStatus status,
            std::string_view description) {
  Task one{.id = task(id),
           .spec = {.agent = agent(of), .description = std::string(description)},
           .created_at = at("2026-11-22T12:03:04.512Z")};
  one.status = status;
  return one;
}

std::vector<Task> tasks() {
  return {
      a_task("0198f3c2-4c1e-7d30-8c55-0123456789ab", "release-check", TaskStatus::kRunning,
             "check that the release builds, installs and starts on every machine we support"),
      a_task("0198f3c2-4c1d-7d30-8c55-0123456789ab", "weather", TaskStatus::kSubmitted, ""),
      a_task("0198f3c2-4c1c-7d30-8c55-0123456789ab", "weather", TaskStatus::kFailed,
             "日本語の長い文章は一文字が二桁になります、とても広い"),
      a_task("0198f3c2-4c1b-7d30-8c55-0123456789ab", "a-1", TaskStatus::kCompleted,
             "first line\nsecond line \x1b[31m"),
      a_task("0198f3c2-4c1a-7d30-8c55-0123456789ab", "a-1", TaskStatus::kCancelled, "short"),
  };
}

Task waiting() {
  Task one = tasks().front();
  one.status = TaskStatus::kPaused;
  one.spec.user_id = "ada";
  one.spec.parameters = parse_json(R"({"version":"1.2","machines":["a","b","c"]})").value();
  one.spec.labels = {{"team", "release"}};
  one.started_at = at("2026-11-22T12:03:05Z");
  one.total_cost = 4'100'000;
  one.last_event = Cursor{.seq = 7, .tag = 2918273645};
  Question approval{.call = "call-1", .tool = "deploy"};
  approval.arguments = parse_json(R"({"argv":["deploy","--to","production"]})").value();
  Question input{.kind = QuestionKind::kInput, .call = "call-2"};
  input.prompt = "Which version should be released today, and to which of the machines?";
  one.waiting_for = {approval, input};
  return one;
}

Task failed() {
  Task one = tasks()[2];
  one.started_at = at("2026-11-22T12:03:05Z");
  one.completed_at = at("2026-11-22T12:04:04.999Z");
  one.query = "the same, but quickly";
  one.error =
      TaskFailure{"step_failed", "gpg exited with status 2: no secret key for the packager"};
  one.result = "half of it\n  - with its own indentation, which stays where the line is folded\n";
  return one;
}

std::vector<runner::AgentConfig> agents() {
  runner::AgentConfig check{
      .id = agent("release-check"),
      .description = "Checks a source tree before a release, on each machine"};
  check.steps = {{.name = "checksum", .argv = {"sha256sum", "README.md"}},
                 {.name = "sign", .argv = {"gpg", "--detach-sign", "--armor", "release.tar.gz"}}};
  runner::AgentConfig outside{.id = agent("an-agent-with-a-long-name-that-others-execute"),
                              .runner = runner::RunnerKind::kExternal};
  return {check, outside};
}

std::string all_tables(const Looks& looks) {
  return "$ taskfeed list\n" + task_table(tasks(), looks) + "$ taskfeed get\n" +
         task_details(waiting(), looks) + "\n" + task_details(failed(), looks) +
         "$ taskfeed agents list\n" + agent_table(agents(), looks) + "$ taskfeed agents show\n" +
         agent_details(agents().front(), looks);
}

TEST(Tables, FitATerminal) {
  for (const size_t columns : {60u, 80u, 200u}) {
    const std::string file = "tables/" + std::to_string(columns);
    testing::expect_golden(
        file + "_colour.txt",
        all_tables({.color = true, .utf8 = true, .columns = columns, .utc = true}));
    testing::expect_golden(file + "_ascii.txt",
                           all_tables({.utf8 = false, .columns = columns, .utc = true}));
  }
}

TEST(Tables, AreWholeInAPipe) {
  const std::string text = all_tables({.utf8 = true, .utc = true});
  testing::expect_golden("tables/pipe.txt", text);
  EXPECT_EQ(text, all_tables({.utf8 = true, .columns = 1'000, .utc = true}));
}

TEST(Tables, HaveNoRowThatWrapsAndNoBlankAtItsEnd) {
  const auto ids = std::string("0198f3c2-4c1e-7d30-8c55-0123456789ab").size();
  for (size_t columns = ids + 11; columns <= 220; ++columns) {
    const Looks looks{.utf8 = true, .columns = columns, .utc = true};
    std::istringstream lines(task_table(tasks(), looks) + agent_table(agents(), looks));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(width_of(line), columns) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

TEST(Tables, KeepWhatIsNeverLeftOutOnATerminalOfAnyWidth) {
  const std::string text =
      table_text({{"A"}, {.heading = "B", .weight = 1}, {.heading = "C", .weight = 2}},
                 {{{"first"}, {"second"}, {"third"}}}, {.columns = 1});
  EXPECT_EQ(text, "A\nfirst\n");
}

TEST(Facts, AreFoldedBetweenWordsAndNothingIsLost) {
  const std::string text = "one two  three\n    four-and-a-very-long-word-without-end five";
  for (size_t columns = 25; columns < 80; ++columns) {
    const std::string folded = indented(text, 5, {.columns = columns});
    std::string words;
    std::istringstream in(folded);
    for (std::string word; in >> word;) words += word + " ";
    EXPECT_EQ(words, "one two three four-and-a-very-long-word-without-end five ");
  }
  EXPECT_EQ(indented("aaaa bbbb cccc dddd eeee ffff", 5, {.columns = 25}),
            "aaaa bbbb cccc dddd\n     eeee ffff");
  EXPECT_EQ(indented("two\n\nlines\n\n", 5, {.columns = 0}), "two\n\n     lines");
  EXPECT_EQ(indented("", 5, {.columns = 80}), "");
  EXPECT_EQ(indented("too narrow to be folded at all", 5, {.columns = 24}),
            "too narrow to be folded at all");
}

}  // namespace
}  // namespace taskfeed::cmd
