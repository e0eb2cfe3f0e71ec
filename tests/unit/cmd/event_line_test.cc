#include <array>
#include <sstream>

#include <gtest/gtest.h>

#include "cmd/render.h"
#include "cmd/width.h"
#include "event/event_type.h"
#include "support/golden.h"

namespace taskfeed::cmd {
namespace {

struct Sample {
  std::string_view type;
  const char* payload;
};

/// At least one of each type of taskfeed-events(7), and those that only others publish.
constexpr std::array kSamples{
    Sample{types::kStarted, R"({"goal":"check 1.2","mode":"streaming","attempt":1})"},
    Sample{types::kStarted, R"({"goal":"again","mode":"batch","attempt":2})"},
    Sample{types::kStepStarted, R"({"step":0,"name":"checksum","attempt":1})"},
    Sample{types::kStepCompleted,
           R"({"step":0,"name":"checksum","status":"completed","cost":0.25,"duration_ms":1834})"},
    Sample{types::kStepCompleted,
           R"({"step":1,"name":"sign","status":"failed","attempt":3,"duration_ms":12,
               "error":{"kind":"step_failed","message":"gpg exited with status 2"}})"},
    Sample{types::kLlmCallStarted, R"({"model":"gpt-4","estimated_cost":0.004})"},
    Sample{types::kLlmCallChunk, R"({"index":0,"kind":"text","text":"Hello, "})"},
    Sample{types::kLlmCallCompleted,
           R"({"model":"gpt-4","usage":{"prompt_tokens":1234,"completion_tokens":310},
               "cost":0.0041,"duration_ms":1800})"},
    Sample{types::kLlmCallFailed,
           R"({"model":"gpt-4","attempt":2,"error":{"kind":"rate_limit","message":"slow down"}})"},
    Sample{types::kToolCallStarted,
           R"({"tool":"sha256sum","arguments":{"argv":["sha256sum","README.md"]}})"},
    Sample{types::kToolCallStarted, R"({"tool":"search","arguments":{"query":"redis"}})"},
    Sample{types::kToolCallCompleted, R"({"tool":"sha256sum","exit_code":0,"duration_ms":7})"},
    Sample{types::kToolCallCompleted,
           R"({"tool":"make","is_error":true,"exit_code":2,"truncated":true,"duration_ms":65000})"},
    Sample{types::kToolCallCompleted,
           R"({"tool":"sh","is_error":true,"signal":"SIGTERM","result":"half","duration_ms":995})"},
    Sample{types::kToolCallCompleted, R"({"tool":"search","result":"3 hits","duration_ms":81})"},
    Sample{types::kBudgetWarning, R"({"budget":0.5,"used":0.41,"ratio":0.82})"},
    Sample{types::kBudgetExceeded, R"({"budget":0.5,"used":0.512,"ratio":1.024})"},
    Sample{types::kBudgetWarning,
           R"({"bound":"model_calls","budget":10,"used":8,"ratio":0.8,"step":3})"},
    Sample{types::kBudgetExceeded,
           R"({"bound":"wall_time","budget":"1m","used":"1m1s500ms","ratio":1.025,"step":3})"},
    Sample{types::kBudgetExceeded,
           R"({"bound":"usd","budget":0.00001,"used":0.0,"ratio":0.0,"estimated":2.017})"},
    Sample{types::kBudgetExceeded,
           R"({"bound":"tokens","budget":1000,"used":990,"ratio":0.99,"estimated":11})"},
    Sample{types::kApprovalRequested, R"({"tool":"rm","arguments":{"argv":["rm","-r","out"]}})"},
    Sample{types::kApprovalReceived, R"({"approved":true,"by":"ada"})"},
    Sample{types::kApprovalReceived, R"({"approved":false,"by":"ada","reason":"not today"})"},
    Sample{types::kApprovalReceived, R"({"approved":false,"by":"","reason":"timeout"})"},
    Sample{types::kApprovalReceived, R"({"approved":false,"by":"ada","reason":"timeout"})"},
    Sample{types::kApprovalRequested, R"({"tool":"deploy","task_id":"0198f3c2-4c1e-7d30"})"},
    Sample{types::kInputRequested, R"({"prompt":"Which version?","task_id":"0198f3c2-4c1e-7d30"})"},
    Sample{types::kInputReceived, R"({"text":"1.2.3","by":"ada"})"},
    Sample{types::kInputReceived, R"({"by":"","reason":"timeout"})"},
    Sample{types::kStepStarted, R"({"step":0,"name":"deploy","attempt":1,"continued":true})"},
    Sample{types::kPaused, R"({"by":"ada","reason":"lunch"})"},
    Sample{types::kResumed, R"({"by":"ada"})"},
    Sample{types::kProgress, R"({"percent":41.6,"message":"half way"})"},
    Sample{types::kCompleted, R"({"final_response":"all good\nsecond line","total_cost":0.0123,
                                  "duration_ms":3725000})"},
    Sample{types::kFailed,
           R"({"error":{"kind":"timeout","message":"no answer"},"total_cost":1.5})"},
    Sample{types::kCancelled, R"({"by":"ada","reason":"enough"})"},
    Sample{"order.shipped", R"({"event_id":"hidden","carrier":"post","weight":2})"},
    Sample{"Empty", R"({})"},
};

/// What a narrow terminal has no room for.
constexpr std::array kLongSamples{
    Sample{types::kStarted,
           R"({"mode":"streaming","attempt":2,"goal":"check that the release 1.2 builds, )"
           R"(installs and starts on every machine that we support"})"},
    Sample{types::kStepCompleted,
           R"({"step":11,"name":"sign-the-packages","status":"failed","attempt":3,"cost":0.25,
               "duration_ms":65000,"error":{"kind":"step_failed",
               "message":"gpg exited with status 2: no secret key for packager@example.org"}})"},
    Sample{types::kLlmCallCompleted,
           R"({"model":"a-model-with-a-long-name-2026-11","attempt":2,"cost":0.0041,
               "usage":{"prompt_tokens":12345,"completion_tokens":3104},"duration_ms":1800})"},
    Sample{types::kToolCallStarted,
           R"({"tool":"search","arguments":{"query":"redis streams","limit":20,"lang":"en"}})"},
    Sample{types::kApprovalRequested,
           R"({"tool":"deploy","task_id":"0198f3c2-4c1e-7d30-8c55-0123456789ab"})"},
    Sample{types::kInputRequested, R"({"prompt":"Which version should be released today?",
                                       "task_id":"0198f3c2-4c1e-7d30-8c55-0123456789ab"})"},
    Sample{types::kPaused,
           R"({"by":"ada","reason":"the machine room is being cleaned until one"})"},
    Sample{types::kCompleted,
           R"({"final_response":"日本語の長い文章は一文字が二桁になります、とても広い",
                                  "total_cost":0.0123,"duration_ms":3725000})"},
    Sample{"warehouse.order.has.been.shipped.at.last",
           R"({"carrier":"post","weight":2,"parcels":[1,2,3]})"},
};

std::string line_of(const Sample& sample, EventRenderer& renderer, std::string_view task = {}) {
  Json event = parse_json(sample.payload).value();
  event["timestamp"] = "2026-11-22T12:03:04.512Z";
  return renderer.render(sample.type, dump_json(event), task);
}

std::string all_lines(const Looks& looks) {
  EventRenderer renderer(looks);
  std::string text;
  for (const Sample& sample : kSamples) text += line_of(sample, renderer);
  const char* output =
      R"({"timestamp":"2026-11-22T12:03:05Z","stream":"stdout","text":"a\nb\r\n"})";
  text += renderer.render(types::kToolCallOutput, output);
  output = R"({"timestamp":"2026-11-22T12:03:05Z","stream":"stderr","text":"careful"})";
  text += renderer.render(types::kToolCallOutput, output);
  return text + renderer.finish();
}

constexpr std::string_view kTask = "0198f3c2-4c1e-7d30-8c55-0123456789ab";

std::string long_lines(const Looks& looks) {
  EventRenderer renderer(looks);
  std::string text;
  for (const Sample& sample : kLongSamples) text += line_of(sample, renderer);
  for (const Sample& sample : kLongSamples) text += line_of(sample, renderer, kTask);
  return text;
}

TEST(EventLine, StandsForEveryTypeInUtf8) {
  testing::expect_golden("event_lines/utf8.txt", all_lines({.utf8 = true, .utc = true}));
}

TEST(EventLine, StandsForEveryTypeInAscii) {
  const std::string text = all_lines({.utf8 = false, .utc = true});
  for (const char c : text) ASSERT_LT(static_cast<unsigned char>(c), 0x80) << text;
  testing::expect_golden("event_lines/ascii.txt", text);
}

TEST(EventLine, CarriesItsToneInColour) {
  testing::expect_golden("event_lines/colour.txt",
                         all_lines({.color = true, .utf8 = true, .utc = true}));
}

TEST(EventLine, FitsATerminal) {
  for (const size_t columns : {60u, 80u, 200u}) {
    const std::string file = "event_lines/" + std::to_string(columns);
    const Looks colour{.color = true, .utf8 = true, .columns = columns, .utc = true};
    testing::expect_golden(file + "_colour.txt", all_lines(colour) + long_lines(colour));
    const Looks ascii{.utf8 = false, .columns = columns, .utc = true};
    testing::expect_golden(file + "_ascii.txt", all_lines(ascii) + long_lines(ascii));
  }
}

TEST(EventLine, IsOneRowOfAnyTerminalButForWhatIsToBeTyped) {
  for (const TimeStyle style : {TimeStyle::kClock, TimeStyle::kIso, TimeStyle::kRelative}) {
    for (size_t columns = 28; columns <= 220; ++columns) {
      const Looks looks{.utf8 = true, .columns = columns, .time = style, .utc = true};
      std::istringstream lines(long_lines(looks));
      for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("  taskfeed ")) {
          EXPECT_TRUE(line.ends_with(kTask)) << line;
        } else {
          EXPECT_LE(width_of(line), columns) << line;
        }
      }
    }
  }
}

TEST(EventLine, IsWholeWhereNobodyLooks) {
  const std::string text = long_lines({.utf8 = true, .utc = true});
  EXPECT_EQ(text, long_lines({.utf8 = true, .columns = 1'000, .utc = true}));
  EXPECT_EQ(text.find("…"), std::string::npos) << text;
}

TEST(EventLine, HasASampleOfEveryKnownType) {
  for (const std::string_view type : types::kAll) {
    if (type == types::kToolCallOutput) continue;  // all_lines() has two.
    bool found = false;
    for (const Sample& sample : kSamples) found = found || sample.type == type;
    EXPECT_TRUE(found) << type;
  }
}

TEST(EventLine, SurvivesFieldsOfAnyType) {
  const char* const values[] = {"null", "true",   "-1", "1e300",      "\"text\"",
                                "[]",   "[1,{}]", "{}", "{\"a\":[1]}"};
  for (const std::string_view type : types::kAll) {
    for (const char* value : values) {
      Json event = Json::object();
      for (const char* key :
           {"goal",     "step",           "name",        "status",         "model",   "usage",
            "cost",     "error",          "tool",        "arguments",      "result",  "exit_code",
            "ratio",    "budget",         "used",        "percent",        "message", "by",
            "reason",   "total_cost",     "duration_ms", "final_response", "attempt", "text",
            "approved", "estimated_cost", "estimated"}) {
        event[key] = parse_json(value).value();
      }
      EventRenderer renderer({.utf8 = true, .utc = true});
      const std::string line = renderer.render(type, dump_json(event));
      EXPECT_TRUE(line.empty() || line.ends_with('\n')) << type << " " << value;
    }
  }
}

}  // namespace
}  // namespace taskfeed::cmd
