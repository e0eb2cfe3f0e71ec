#include "base/log.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskfeed {
namespace {

std::string written(LogLevel least, LogFormat format, LogLevel level, std::string_view text) {
  ::testing::internal::CaptureStderr();
  make_stderr_log(least, format)->write(level, text);
  return ::testing::internal::GetCapturedStderr();
}

TEST(LogText, IsOneLineWithTimeAndLevel) {
  const std::string line =
      written(LogLevel::kDebug, LogFormat::kText, LogLevel::kWarning, "Redis is slow");
  EXPECT_EQ(line.substr(24), " warning: Redis is slow\n");
  EXPECT_EQ(line[10], 'T');
  EXPECT_EQ(line[23], 'Z');
}

TEST(LogText, WritesControlCharactersEscaped) {
  const std::string line = written(LogLevel::kDebug, LogFormat::kText, LogLevel::kInfo,
                                   "a\nforged line\x1b[31m{}\xE2\x80\xAE");
  EXPECT_EQ(line.substr(24), " info: a\\x0aforged line\\x1b[31m{}\\u202e\n");
}

TEST(LogText, DropsLinesBelowTheLeastLevel) {
  constexpr LogLevel kLevels[] = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                                  LogLevel::kError};
  for (const LogLevel least : kLevels) {
    for (const LogLevel level : kLevels) {
      EXPECT_EQ(written(least, LogFormat::kText, level, "x").empty(), level < least);
    }
  }
}

TEST(LogJson, EveryLineParsesWhateverTheTextHolds) {
  std::string hostile = "quote \" backslash \\ \xFF \xED\xA0\x80 \xE2\x82\xAC {} %s ";
  for (int c = 0; c < 0x20; ++c) hostile += static_cast<char>(c);
  const std::string line = written(LogLevel::kDebug, LogFormat::kJson, LogLevel::kError, hostile);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["level"], "error");
  const auto text = json["text"].get<std::string>();
  EXPECT_EQ(text.substr(0, 20), "quote \" backslash \\ ");
  EXPECT_EQ(text.substr(text.size() - 32), hostile.substr(hostile.size() - 32));
}

TEST(LogJournal, PrefixesThePriorityOfSyslog) {
  const auto line = [](LogLevel level) {
    return written(LogLevel::kDebug, LogFormat::kJournal, level, "x\ny");
  };
  EXPECT_EQ(line(LogLevel::kDebug), "<7>x\\x0ay\n");
  EXPECT_EQ(line(LogLevel::kInfo), "<6>x\\x0ay\n");
  EXPECT_EQ(line(LogLevel::kWarning), "<4>x\\x0ay\n");
  EXPECT_EQ(line(LogLevel::kError), "<3>x\\x0ay\n");
}

}  // namespace
}  // namespace taskfeed
