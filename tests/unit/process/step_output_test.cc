#include "process/step_output.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/recording_sink.h"

namespace taskfeed::process {
namespace {

using Stream = StepOutput::Stream;
using testing::RecordingSink;

class StepOutputTest : public ::testing::Test {
 protected:
  StepOutput make(StepOutputLimits limits = {}) { return StepOutput("call", limits, sink_); }
  static MonoTime at(int milliseconds) { return MonoTime(Milliseconds(milliseconds)); }
  RecordingSink sink_;
};

using StepOutputLines = StepOutputTest;
using StepOutputLimitsTest = StepOutputTest;
using StepOutputDirective = StepOutputTest;

TEST_F(StepOutputLines, AreGatheredIntoOneEventUntilTheyAreDue) {
  StepOutput output = make();
  output.add(Stream::kStdout, "one\n", at(0));
  output.add(Stream::kStdout, "two\n", at(30));
  output.flush_due(at(49));
  EXPECT_TRUE(sink_.emitted().empty());
  output.flush_due(at(50));
  ASSERT_EQ(sink_.emitted().size(), 1U);
  const Json payload = sink_.emitted()[0].payload;
  EXPECT_EQ(
      payload,
      (Json{{"tool_call_id", "call"}, {"index", 0}, {"stream", "stdout"}, {"text", "one\ntwo\n"}}));
  EXPECT_FALSE(output.due());
}

TEST_F(StepOutputLines, KeepTheirOrderAndTheirStream) {
  StepOutput output = make();
  output.add(Stream::kStdout, "a\n", at(0));
  output.add(Stream::kStderr, "b\n", at(1));
  output.add(Stream::kStdout, "c\n", at(2));
  output.finish();
  ASSERT_EQ(sink_.emitted().size(), 3U);
  EXPECT_EQ(sink_.text(), "a\nb\nc\n");
  EXPECT_EQ(sink_.text("stderr"), "b\n");
  EXPECT_EQ(sink_.emitted()[2].payload["index"], 2);
}

TEST_F(StepOutputLines, AreNotSplitBetweenEventsWhileTheyFitOne) {
  StepOutput output = make({.event_text_bytes_max = 10});
  output.add(Stream::kStdout, "1234567\nabcdefg\nxyz\n", at(0));
  output.finish();
  ASSERT_EQ(sink_.emitted().size(), 3U);
  EXPECT_EQ(sink_.emitted()[1].payload["text"], "abcdefg\n");
}

TEST_F(StepOutputLines, LongerThanAnEventAreSplitAtCharacters) {
  StepOutput output = make({.event_text_bytes_max = 10});
  std::string line;
  for (int i = 0; i < 100; ++i) line += "€";
  output.add(Stream::kStdout, line + "\n", at(0));
  output.finish();
  EXPECT_EQ(sink_.text(), line + "\n");
  EXPECT_GT(sink_.emitted().size(), 30U);
}

TEST_F(StepOutputLines, WithoutTheirNewlineAreShownWhenDue) {
  StepOutput output = make();
  output.add(Stream::kStdout, "Continue? ", at(0));
  output.flush_due(at(50));
  EXPECT_EQ(sink_.text(), "Continue? ");
  output.add(Stream::kStdout, "yes\n", at(60));
  output.finish();
  EXPECT_EQ(sink_.text(), "Continue? yes\n");
}

TEST_F(StepOutputLines, HoldBackACharacterThatIsNotYetWhole) {
  StepOutput output = make();
  output.add(Stream::kStdout, "x\xE2\x82", at(0));
  output.flush_due(at(50));
  EXPECT_EQ(sink_.text(), "x");
  output.add(Stream::kStdout, "\xAC\n", at(60));
  output.finish();
  EXPECT_EQ(sink_.text(), "x€\n");
}

TEST_F(StepOutputLines, AreTheSameTextAtEverySplitOfTheInput) {
  const std::string input =
      "a€\n::taskfeed {\"type\":\"Mine\",\"n\":1}\n::task\n\xff\xfe end\nlast";
  for (size_t first = 0; first <= input.size(); ++first) {
    for (size_t second = first; second <= input.size(); ++second) {
      RecordingSink sink;
      StepOutput output("call", {}, sink);
      output.add(Stream::kStdout, input.substr(0, first), at(0));
      output.flush_due(at(100));
      output.add(Stream::kStdout, input.substr(first, second - first), at(200));
      output.flush_due(at(300));
      output.add(Stream::kStdout, input.substr(second), at(400));
      output.finish();
      ASSERT_EQ(sink.last("Mine"), (Json{{"n", 1}})) << first << " " << second;
      ASSERT_EQ(sink.text(), "a€\n::task\n\xEF\xBF\xBD\xEF\xBF\xBD end\nlast")
          << first << " " << second;
    }
  }
}

TEST_F(StepOutputLines, OfHostileBytesBecomeUtf8) {
  StepOutput output = make();
  std::string hostile;
  for (int byte = 0; byte < 256; ++byte) hostile += static_cast<char>(byte);
  output.add(Stream::kStdout, hostile, at(0));
  output.finish();
  EXPECT_TRUE(is_utf8(sink_.text()));
  EXPECT_TRUE(is_utf8(output.result()));
  EXPECT_TRUE(is_utf8(output.response()));
}

TEST_F(StepOutputLimitsTest, EndOutputWithOneVisibleMarker) {
  StepOutput output = make({.output_bytes_max = 10});
  output.add(Stream::kStdout, "12345\n", at(0));
  output.add(Stream::kStderr, "6789abc\n", at(1));
  output.add(Stream::kStdout, "more\n", at(2));
  output.finish();
  EXPECT_EQ(sink_.text(), "12345\n6789[output truncated after 10 bytes]\n");
  EXPECT_EQ(sink_.last(types::kToolCallOutput)["truncated"], true);
  EXPECT_TRUE(output.truncated());
  EXPECT_EQ(output.result(), "12345\n6789abc\nmore\n");
}

TEST_F(StepOutputLimitsTest, KeepTheEndAsTheResult) {
  StepOutput output = make({.result_bytes_max = 8});
  for (int i = 0; i < 100; ++i) output.add(Stream::kStdout, "line\n", at(i));
  output.finish();
  EXPECT_EQ(output.result(), "[492 earlier bytes left out]\nne\nline\n");
  EXPECT_FALSE(output.truncated());  // The events have it all.
}

TEST_F(StepOutputLimitsTest, InBatchModeNoOutputEventIsMadeAndACutResultIsCalledTruncated) {
  RecordingSink batch(false);
  StepOutput output("call", {.result_bytes_max = 8}, batch);
  output.add(Stream::kStdout, "0123456789\n::taskfeed {\"event_type\":\"Mine\"}\n", at(0));
  output.finish();
  EXPECT_EQ(batch.types(), std::vector<std::string>{"Mine"});
  EXPECT_TRUE(output.truncated());
}

TEST_F(StepOutputLimitsTest, TheResponseIsStdoutAloneWithoutBlanksAround) {
  StepOutput output = make();
  output.add(Stream::kStdout, "\n  answer \n", at(0));
  output.add(Stream::kStderr, "warning\n", at(0));
  output.finish();
  EXPECT_EQ(output.response(), "answer");
  EXPECT_EQ(output.result(), "\n  answer \nwarning\n");
}

TEST_F(StepOutputDirective, BecomesAnEventAfterWhatWasPrintedBefore) {
  StepOutput output = make();
  output.add(Stream::kStdout,
             "before\n::taskfeed {\"event_type\":\"Built\",\"type\":\"x\",\"task_id\":\"evil\"}\n",
             at(0));
  output.finish();
  EXPECT_EQ(sink_.types(),
            (std::vector<std::string>{std::string(types::kToolCallOutput), "Built"}));
  EXPECT_EQ(sink_.last("Built"), (Json{{"type", "x"}}));
  EXPECT_EQ(sink_.text(), "before\n");
}

TEST_F(StepOutputDirective, OfALifecycleTypeIsRefusedVisibly) {
  for (const std::string_view type :
       {types::kCompleted, types::kFailed, types::kCancelled, types::kStarted, types::kPaused,
        types::kResumed, types::kStepStarted, types::kStepCompleted}) {
    RecordingSink sink;
    StepOutput output("call", {}, sink);
    const std::string line = "::taskfeed {\"type\":\"" + std::string(type) + "\"}\n";
    output.add(Stream::kStdout, line, at(0));
    output.finish();
    EXPECT_TRUE(sink.last(type).is_null());
    EXPECT_EQ(sink.text("stdout"), line);
    EXPECT_NE(sink.text("stderr").find("no event was published"), std::string::npos);
  }
}

TEST_F(StepOutputDirective, ThatIsNoJsonObjectIsShownAsTheLineItWas) {
  StepOutput output = make();
  output.add(Stream::kStdout, "::taskfeed {oops\n::taskfeed 5\n::taskfeed {\"type\":\"a b\"}\n",
             at(0));
  output.finish();
  EXPECT_EQ(sink_.text("stdout"),
            "::taskfeed {oops\n::taskfeed 5\n::taskfeed {\"type\":\"a b\"}\n");
}

TEST_F(StepOutputDirective, LongerThanItsLimitIsRefusedBeforeItsEnd) {
  StepOutput output = make({.directive_bytes_max = 64});
  output.add(Stream::kStdout, "::taskfeed {\"type\":\"Mine\",\"x\":\"" + std::string(100, 'x'),
             at(0));
  output.add(Stream::kStdout, "\"}\nnext\n", at(1));
  output.finish();
  EXPECT_TRUE(sink_.last("Mine").is_null());
  EXPECT_NE(sink_.text("stderr").find("longer than 64 bytes"), std::string::npos);
  EXPECT_TRUE(sink_.text("stdout").ends_with("next\n"));
}

TEST_F(StepOutputDirective, AreBoundedInAllForOneStep) {
  StepOutput output = make({.published_bytes_max = 100});
  for (int i = 0; i < 10; ++i) {
    output.add(Stream::kStdout, "::taskfeed {\"type\":\"Mine\"}\n", at(0));
  }
  output.finish();
  size_t published = 0;
  for (const std::string& type : sink_.types()) published += type == "Mine" ? 1 : 0;
  EXPECT_EQ(published, 3U);
}

TEST_F(StepOutputDirective, IsALineLikeAnyOtherWhereLinesPublishNothing) {
  StepOutput output = make({.lines_publish = false});
  const std::string line = "::taskfeed {\"event_type\":\"Mine\"}\n";
  output.add(Stream::kStdout, line, at(0));
  output.add(Stream::kStdout, "::task", at(1));
  output.flush_due(at(100));
  EXPECT_EQ(sink_.text(), line + "::task") << "nor is the beginning of one held back";
  output.finish();
  EXPECT_EQ(output.result(), line + "::task");
}

}  // namespace
}  // namespace taskfeed::process
