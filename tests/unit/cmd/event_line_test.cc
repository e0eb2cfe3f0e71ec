#include <array>

#include <gtest/gtest.h>

#include "cmd/render.h"
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
    Sample{types::kApprovalRequested, R"({"tool":"rm","arguments":{"argv":["rm","-r","out"]}})"},
    Sample{types::kApprovalReceived, R"({"approved":true,"by":"ada"})"},
    Sample{types::kApprovalReceived, R"({"approved":false,"by":"ada","reason":"not today"})"},
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

std::string all_lines(const Looks& looks) {
  EventRenderer renderer(looks);
  std::string text;
  for (const Sample& sample : kSamples) {
    Json event = parse_json(sample.payload).value();
    event["timestamp"] = "2026-11-22T12:03:04.512Z";
    text += renderer.render(sample.type, dump_json(event));
  }
  const char* output =
      R"({"timestamp":"2026-11-22T12:03:05Z","stream":"stdout","text":"a\nb\r\n"})";
  text += renderer.render(types::kToolCallOutput, output);
  output = R"({"timestamp":"2026-11-22T12:03:05Z","stream":"stderr","text":"careful"})";
  text += renderer.render(types::kToolCallOutput, output);
  return text + renderer.finish();
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
           {"goal",     "step",          "name",        "status",         "model",   "usage",
            "cost",     "error",         "tool",        "arguments",      "result",  "exit_code",
            "ratio",    "budget",        "used",        "percent",        "message", "by",
            "reason",   "total_cost",    "duration_ms", "final_response", "attempt", "text",
            "approved", "estimated_cost"}) {
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
