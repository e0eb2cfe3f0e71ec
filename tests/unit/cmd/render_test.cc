#include "cmd/render.h"

#include <gtest/gtest.h>

#include "cmd/event_printer.h"
#include "event/event_type.h"

namespace taskfeed::cmd {
namespace {

const Looks kPlain{.utf8 = true, .utc = true};
const Looks kTerminal{.utf8 = true, .terminal = true, .utc = true};

std::string chunk(std::string_view text) {
  Json event = Json::object();
  event["timestamp"] = "2026-11-22T12:00:00Z";
  event["text"] = text;
  return dump_json(event);
}

TEST(RenderChunks, FlowOnATerminalAndEndWithTheNextEvent) {
  EventRenderer renderer(kTerminal);
  EXPECT_EQ(renderer.render(types::kLlmCallChunk, chunk("Hello, ")), "Hello, ");
  EXPECT_EQ(renderer.render(types::kLlmCallChunk, chunk("world\n- a")), "world\n- a");
  const std::string next = renderer.render(types::kResumed, chunk(""));
  EXPECT_TRUE(next.starts_with("\n12:00:00.000")) << next;
  EXPECT_EQ(renderer.finish(), "");
}

TEST(RenderChunks, BeginALineWhereTheModelStopsToThink) {
  EventRenderer renderer(kTerminal);
  const auto piece = [](std::string_view call, std::string_view kind, std::string_view text) {
    return dump_json({{"call_id", call}, {"kind", kind}, {"text", text}});
  };
  std::string shown;
  shown += renderer.render(types::kLlmCallChunk, piece("c1", "reasoning", "Let me "));
  shown += renderer.render(types::kLlmCallChunk, piece("c1", "reasoning", "see."));
  shown += renderer.render(types::kLlmCallChunk, piece("c1", "text", "Hello"));
  shown += renderer.render(types::kLlmCallChunk, piece("c2", "text", "Again"));
  EXPECT_EQ(shown, "Let me see.\nHello\nAgain");
  EXPECT_TRUE(renderer.flowing());
}

TEST(RenderChunks, AreLinesWhereNobodyLooksOrSeveralTasksMix) {
  EventRenderer piped(kPlain);
  EXPECT_TRUE(piped.render(types::kLlmCallChunk, chunk("Hello")).ends_with("Hello\n"));
  EventRenderer mixed(kTerminal);
  const std::string line = mixed.render(types::kLlmCallChunk, chunk("Hello"), "t-1");
  EXPECT_TRUE(line.starts_with("t-1  ")) << line;
  EXPECT_TRUE(line.ends_with("Hello\n")) << line;
}

TEST(RenderChunks, EndALineOnlyWhereOneHasBegun) {
  EventRenderer renderer(kTerminal);
  const auto shown = [&renderer](std::string_view text) {
    std::string flowed = renderer.render(types::kLlmCallChunk, chunk(text));
    return flowed += renderer.finish();
  };
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("a\n"), "a\n");
  EXPECT_EQ(shown("a"), "a\n");
}

TEST(RenderTimestamps, BeginEachLineOfAFlowingText) {
  EventRenderer renderer(with_timestamps(kTerminal, {}));
  const std::string time = "2026-11-22T12:00:00.000Z  ";
  std::string shown;
  for (const char* text : {"Hello, ", "world\n", "- a\n- ", "b\n\n"}) {
    shown += renderer.render(types::kLlmCallChunk, chunk(text));
  }
  EXPECT_EQ(shown + renderer.finish(),
            time + "Hello, world\n" + time + "- a\n" + time + "- b\n" + time + "\n");
}

TEST(RenderTimestamps, AreThereHoweverNarrowTheTerminal) {
  Looks narrow = with_timestamps(kTerminal, {});
  narrow.columns = 30;
  EXPECT_TRUE(EventRenderer(narrow).render("A", chunk("")).starts_with("2026-11-22T12:00:00.000Z"));
  narrow.timestamps = false;
  EXPECT_TRUE(EventRenderer(narrow).render("A", chunk("")).starts_with("A "));
}

TEST(RenderTimestamps, HaveTheStyleThatWasChosen) {
  Globals globals;
  EXPECT_EQ(with_timestamps(kPlain, globals).time, TimeStyle::kIso);
  globals.time_chosen = true;
  EXPECT_EQ(with_timestamps(kPlain, globals).time, TimeStyle::kClock);
}

TEST(RenderHostile, EscapesWhatCouldMoveOrDisguiseText) {
  EventRenderer renderer(kTerminal);
  const std::string evil = "\x1b]0;owned\x07 \u202egnp.exe\u202c \x7f\u0085";
  for (const std::string_view type : types::kAll) {
    Json event = Json::object();
    event["timestamp"] = evil;
    for (const char* key : {"goal", "name", "model", "tool", "text", "result", "message", "by",
                            "reason", "final_response", "error"}) {
      event[key] = evil;
    }
    std::string text = renderer.render(type, dump_json(event)) + renderer.finish();
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << type;
    EXPECT_EQ(text.find('\x07'), std::string::npos) << type;
    EXPECT_EQ(text.find('\x7f'), std::string::npos) << type;
    EXPECT_EQ(text.find("\u202e"), std::string::npos) << type;
    EXPECT_EQ(text.find("\u0085"), std::string::npos) << type;
  }
}

TEST(RenderHostile, ShowsTextThatIsNoJsonAsItStands) {
  EventRenderer renderer(kPlain);
  EXPECT_EQ(renderer.render("Odd", "not \x1b json\nat all"), "not \\x1b json…\n");
  EXPECT_EQ(renderer.render("Odd", "[1,2]"), "Odd  ·\n");
}

TEST(RenderTime, CountsFromTheFirstEventWhenRelative) {
  EventRenderer renderer({.utf8 = true, .time = TimeStyle::kRelative});
  EXPECT_TRUE(
      renderer.render("A", R"({"timestamp":"2026-11-22T12:00:00Z"})").starts_with("  +0.0"));
  EXPECT_TRUE(
      renderer.render("A", R"({"timestamp":"2026-11-22T12:01:01.5Z"})").starts_with(" +61.500s"));
}

TEST(RenderTime, IsTheEventsOwnTextWhenRaw) {
  EventRenderer renderer({.utf8 = true, .time = TimeStyle::kRaw});
  EXPECT_TRUE(renderer.render("A", R"({"timestamp":"2026-11-22T12:00:00.5+01:00"})")
                  .starts_with("2026-11-22T12:00:00.5+01:00  "));
}

std::string printed(OutputFormat format, const Looks& looks, const sse::Message& event) {
  TextOutput out;
  EventPrinter printer(out, format, looks);
  printer.event(event, {});
  printer.finish();
  return out.text;
}

TEST(PrinterJson, IsThePublishedTextByteForByte) {
  const std::string json = "{\"b\":1.50,\"a\":\"\u00e9\u202e\"}";
  EXPECT_EQ(printed(OutputFormat::kJson, kPlain, {"T", json, "3-7"}), json + "\n");
}

TEST(PrinterJson, StandsOnOneLineHoweverItWasPublished) {
  EXPECT_EQ(printed(OutputFormat::kJson, kPlain, {"T", "{\n \"a\": 1\r\n}", "3-7"}), "{\"a\":1}\n");
}

TEST(PrinterJson, IsTheSameJsonButHarmlessOnATerminal) {
  const std::string json = "{\"a\":\"\u202egnp\x7f\"}";
  const std::string text = printed(OutputFormat::kJson, kTerminal, {"T", json, "3-7"});
  EXPECT_EQ(text, "{\"a\":\"\\u202egnp\\u007f\"}\n");
  EXPECT_EQ(parse_json(text).value(), parse_json(json).value());
}

TEST(PrinterRaw, IsCursorTypeAndJson) {
  EXPECT_EQ(printed(OutputFormat::kRaw, kPlain, {"T", "{}", "3-7"}), "3-7 T {}\n");
}

TEST(PrinterRaw, BeginsWithTheTimeWhereTimestampsAreAskedFor) {
  const Looks looks = with_timestamps(kPlain, {});
  const std::string json = R"({"timestamp":"2026-11-22T12:00:00Z"})";
  EXPECT_EQ(printed(OutputFormat::kRaw, looks, {"T", json, "3-7"}),
            "2026-11-22T12:00:00.000Z 3-7 T " + json + "\n");
  EXPECT_EQ(printed(OutputFormat::kRaw, looks, {"T", "{}", "3-7"}), "- 3-7 T {}\n");
  EXPECT_EQ(printed(OutputFormat::kJson, looks, {"T", json, "3-7"}), json + "\n");
}

TEST(PrinterSse, IsTheFrameOfTheStream) {
  EXPECT_EQ(printed(OutputFormat::kSse, kPlain, {"T", "{\"a\":1}", "3-7"}),
            "id: 3-7\nevent: T\ndata: {\"a\":1}\n\n");
}

}  // namespace
}  // namespace taskfeed::cmd
