#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/clock.h"
#include "base/text.h"

namespace taskfeed {
namespace {

struct LevelNames {
  spdlog::level::level_enum spdlog;
  std::string_view text;
  std::string_view journal;  ///< sd-daemon(3): the priorities of syslog(3).
};

LevelNames names_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return {spdlog::level::debug, "debug", "<7>"};
    case LogLevel::kInfo:
      return {spdlog::level::info, "info", "<6>"};
    case LogLevel::kWarning:
      return {spdlog::level::warn, "warning", "<4>"};
    case LogLevel::kError:
      return {spdlog::level::err, "error", "<3>"};
  }
  return {spdlog::level::err, "error", "<3>"};
}

/// Written here because event/json stands above this ring; it writes strings only.
std::string json_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : to_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      ((out += "\\u00") += kHex[byte >> 4]) += kHex[byte & 0xF];
    } else {
      out += c;
    }
  }
  return out += '"';
}

class SpdLog final : public Log {
 public:
  SpdLog(LogLevel least, LogFormat format)
      : logger_("taskfeed", std::make_shared<spdlog::sinks::stderr_sink_mt>()), format_(format) {
    logger_.set_level(names_of(least).spdlog);
    logger_.set_pattern("%v");
    // A line that cannot be written is dropped; spdlog's default prints to stderr, in vain.
    logger_.set_error_handler([](const std::string&) {});
  }

  void write(LogLevel level, std::string_view text) override {
    const LevelNames names = names_of(level);
    if (!logger_.should_log(names.spdlog)) return;
    const std::string line = line_of(names, text);
    logger_.log(names.spdlog, spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  std::string line_of(const LevelNames& names, std::string_view text) const {
    if (format_ == LogFormat::kJournal) return std::string(names.journal) + escape_controls(text);
    const std::string time = format_rfc3339(SystemClock().wall());
    if (format_ == LogFormat::kText) {
      return time + " " + std::string(names.text) + ": " + escape_controls(text);
    }
    return R"({"time":")" + time + R"(","level":")" + std::string(names.text) + R"(","text":)" +
           json_string(text) + "}";
  }

  spdlog::logger logger_;
  LogFormat format_;
};

}  // namespace

std::unique_ptr<Log> make_stderr_log(LogLevel least, LogFormat format) {
  return std::make_unique<SpdLog>(least, format);
}

}  // namespace taskfeed
