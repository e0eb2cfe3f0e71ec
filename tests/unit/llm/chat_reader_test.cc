/// What each server's stream, and each document, says; and what of it is missing where it breaks
/// off.
#include "llm/chat_reader.h"

#include <gtest/gtest.h>

#include "reading.h"

namespace taskfeed::llm {
namespace {

constexpr std::string_view kDone = "data: [DONE]\n\n";
constexpr std::string_view kSmile = "\xF0\x9F\x99\x82";
constexpr std::string_view kFffd = "\xEF\xBF\xBD";

class ChatReaderTest : public ::testing::Test {
 protected:
  ChatEnd read(std::string_view bytes, std::optional<peer::Failure> failure = {}) {
    return reading_.read({std::string(bytes)}, failure);
  }
  std::string failure_of(std::string_view bytes, std::optional<peer::Failure> failure = {}) {
    const ChatEnd end = read(bytes, std::move(failure));
    return end.failure ? end.failure->kind + ": " + end.failure->message : "";
  }
  Reading reading_;
};

using ChatReaderDialects = ChatReaderTest;
using ChatReaderWords = ChatReaderTest;
using ChatReaderEnds = ChatReaderTest;
using ChatReaderForms = ChatReaderTest;
using ChatReaderErrors = ChatReaderTest;
using ChatReaderLimits = ChatReaderTest;

TEST_F(ChatReaderDialects, OpenAi) {
  const ChatEnd end = read(
      event(chunk_of(R"({"index":0,"delta":{"role":"assistant","content":null,"refusal":null},)"
                     R"("logprobs":null,"finish_reason":null})")) +
      event(delta(R"({"tool_calls":[{"index":0,"id":"call_a","type":"function","function":)"
                  R"({"name":"get_weather","arguments":""}}]})")) +
      event(delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"ci"}}]})")) +
      event(delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"ty\":1}"}}]})")) +
      event(finish("tool_calls")) +
      event(R"({"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":1000,)"
            R"("completion_tokens":200,"total_tokens":1200,"prompt_tokens_details":)"
            R"({"cached_tokens":600,"audio_tokens":0},"completion_tokens_details":)"
            R"({"reasoning_tokens":50}}})") +
      std::string(kDone));
  ASSERT_FALSE(end.failure) << end.failure->message;
  EXPECT_EQ(end.answer.text, "");
  EXPECT_EQ(end.answer.finish_reason, "tool_calls");
  ASSERT_EQ(end.answer.calls.size(), 1u);
  EXPECT_EQ(end.answer.calls[0].id, "call_a");
  EXPECT_EQ(end.answer.calls[0].tool, "get_weather");
  EXPECT_EQ(end.answer.calls[0].arguments, R"({"city":1})");
  EXPECT_EQ(end.answer.usage,
            (workflow::Usage{.prompt = 1000, .cached = 600, .completion = 200, .reasoning = 50}));
  EXPECT_EQ(end.answer.cost, std::nullopt);
}

TEST_F(ChatReaderDialects, OllamaSendsARoleWithEachChunkAndWholeCalls) {
  const ChatEnd end =
      read(event(delta(R"({"role":"assistant","content":"","reasoning":"Let me "})")) +
           event(delta(R"({"role":"assistant","content":"","reasoning":"see."})")) +
           event(delta(R"({"role":"assistant","content":"","tool_calls":[{"id":"call_x","index":0,)"
                       R"("type":"function","function":{"name":"f","arguments":"{}"}}]})")) +
           event(chunk_of(R"({"index":0,"delta":{"role":"assistant","content":""},)"
                          R"("finish_reason":"tool_calls"})")) +
           event(usage(7, 3)) + std::string(kDone));
  ASSERT_FALSE(end.failure);
  EXPECT_EQ(end.answer.reasoning, "Let me see.");
  EXPECT_EQ(reading_.listener.thoughts, (std::vector<std::string>{"Let me ", "see."}));
  EXPECT_TRUE(reading_.listener.texts.empty());
  EXPECT_EQ(end.answer.calls.size(), 1u);
}

TEST_F(ChatReaderDialects, VllmSumsUsageInEachChunk) {
  const auto chunk = [](std::string_view text, int tokens) {
    return event(R"({"model":"v","choices":[{"index":0,"delta":{"content":")" + std::string(text) +
                 R"("}}],"usage":{"prompt_tokens":5,"completion_tokens":)" +
                 std::to_string(tokens) + R"(,"prompt_tokens_details":null}})");
  };
  const ChatEnd end = read(chunk("a", 1) + chunk("b", 2) + event(finish("stop")) +
                           event(R"({"choices":[],"usage":null})") + std::string(kDone));
  ASSERT_FALSE(end.failure);
  EXPECT_EQ(end.answer.usage, (workflow::Usage{.prompt = 5, .completion = 2}));
}

TEST_F(ChatReaderDialects, LlamaCppCallsItReasoningContent) {
  const ChatEnd end =
      read(event(delta(R"({"role":"assistant","content":null})")) +
           event(delta(R"({"reasoning_content":"hm"})")) + event(delta(R"({"content":"Hi"})")) +
           event(finish("stop")) +
           event(R"({"choices":[],"usage":{"completion_tokens":2,"prompt_tokens":9,)"
                 R"("total_tokens":11,"prompt_tokens_details":{"cached_tokens":4}},)"
                 R"("timings":{"prompt_n":5,"predicted_per_second":50.5}})") +
           std::string(kDone));
  EXPECT_EQ(end.answer.reasoning, "hm");
  EXPECT_EQ(end.answer.text, "Hi");
  EXPECT_EQ(end.answer.usage->cached, 4);
}

TEST_F(ChatReaderDialects, GeminiSaysStopWithCallsAndLeavesThoughtsOutOfTheCompletion) {
  const ChatEnd end = read(
      event(
          R"({"model":"models/g","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":)"
          R"([{"id":"function-call-1","type":"function","function":{"name":"f","arguments":"{}"},)"
          R"("extra_content":{"google":{"thought_signature":"c2ln"}}}]},"finish_reason":"stop"}],)"
          R"("usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":40}})") +
      std::string(kDone));
  ASSERT_FALSE(end.failure);
  EXPECT_EQ(end.answer.finish_reason, "stop");
  ASSERT_EQ(end.answer.calls.size(), 1u);
  EXPECT_EQ(dump_json(end.answer.calls[0].extra),
            R"({"extra_content":{"google":{"thought_signature":"c2ln"}}})");
  EXPECT_EQ(end.answer.usage, (workflow::Usage{.prompt = 10, .completion = 30, .reasoning = 25}));
}

TEST_F(ChatReaderDialects, OpenRouterSendsCommentsAndWhatItCosts) {
  const ChatEnd end = read(
      ": OPENROUTER PROCESSING\r\n\r\n: OPENROUTER PROCESSING\r\n\r\n"
      "data: " +
      delta(R"({"role":"assistant","content":"Hi","reasoning":"hm",)"
            R"("reasoning_content":"hm","reasoning_details":[{"text":"hm"}]})") +
      "\r\n\r\ndata:" + finish("stop") + "\r\n\r\ndata: " +
      R"({"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2,"cost":0.00123}})" +
      "\r\n\r\ndata: [DONE]\r\n\r\n");
  ASSERT_FALSE(end.failure);
  EXPECT_EQ(end.answer.text, "Hi");
  EXPECT_EQ(end.answer.reasoning, "hm");
  EXPECT_EQ(end.answer.cost, 1'230'000);
}

TEST_F(ChatReaderDialects, AzureBeginsWithAChunkWithoutChoices) {
  const ChatEnd end = read(event(R"({"choices":[],"model":"","prompt_filter_results":[]})") +
                           event(delta(R"({"content":"Hi"})")) + event(finish("stop")));
  ASSERT_FALSE(end.failure);
  EXPECT_EQ(end.answer.model, "m-1-dated");
}

TEST_F(ChatReaderDialects, OldServersHaveOneFunctionCall) {
  const ChatEnd end = read(event(delta(R"({"function_call":{"name":"f","arguments":"{\"x\""}})")) +
                           event(delta(R"({"function_call":{"arguments":":1}"}})")) +
                           event(finish("function_call")));
  ASSERT_EQ(end.answer.calls.size(), 1u);
  EXPECT_EQ(end.answer.calls[0].arguments, R"({"x":1})");
  EXPECT_EQ(end.answer.finish_reason, "tool_calls");
}

TEST_F(ChatReaderWords, AreJoinedWhereACharacterWasCut) {
  const ChatEnd end = read(event(delta(R"({"content":"a\ud83d","reasoning":"\uD83D"})")) +
                           event(delta(R"({"content":"","reasoning":"\ude42b"})")) +
                           event(delta(R"({"content":"\uDE42c"})")) + event(finish("stop")));
  EXPECT_EQ(end.answer.text, "a" + std::string(kSmile) + "c");
  EXPECT_EQ(end.answer.reasoning, std::string(kSmile) + "b");
  EXPECT_EQ(reading_.listener.texts, (std::vector<std::string>{"a", std::string(kSmile) + "c"}));
}

TEST_F(ChatReaderWords, ReplaceAHalfThatStaysAlone) {
  const ChatEnd end = read(event(delta(R"({"content":"\ude42a\ud83d"})")) +
                           event(delta(R"({"content":"\ud83d"})")) +
                           event(delta(R"({"content":"b\ud83d"})")) + event(finish("stop")));
  const std::string fffd(kFffd);
  EXPECT_EQ(end.answer.text, fffd + "a" + fffd + fffd + "b" + fffd);
  std::string heard;
  for (const std::string& each : reading_.listener.texts) heard += each;
  EXPECT_EQ(heard, end.answer.text);
}

TEST_F(ChatReaderWords, MayBeAListOfParts) {
  EXPECT_EQ(read(event(delta(R"({"content":[{"type":"thinking","thinking":[]},)"
                             R"({"type":"text","text":"Hi"},{"type":"text","text":"!"},7]})")) +
                 event(finish("stop")))
                .answer.text,
            "Hi!");
}

TEST_F(ChatReaderWords, OfARefusalAreTheText) {
  const ChatEnd end = read(event(delta(R"({"content":null,"refusal":"I "})")) +
                           event(delta(R"({"refusal":"cannot."})")) + event(finish("stop")));
  ASSERT_FALSE(end.failure);
  EXPECT_TRUE(end.answer.refused);
  EXPECT_EQ(end.answer.text, "I cannot.");
}

TEST_F(ChatReaderWords, OfOtherChoicesDoNotCount) {
  EXPECT_EQ(read(event(chunk_of(R"({"index":1,"delta":{"content":"no"}},)"
                                R"({"delta":{"content":"yes"},"finish_reason":"stop"})")))
                .answer.text,
            "yes");
}

TEST_F(ChatReaderWords, EndWhereTheListenerHasEnough) {
  reading_.listener.wanted = 1;
  const ChatEnd end = read(event(delta(R"({"content":"a","reasoning":"b"})")) +
                           event(delta(R"({"content":"c"})")) + event(finish("stop")));
  ASSERT_TRUE(end.failure);
  EXPECT_EQ(end.failure->kind, "stopped");
  EXPECT_FALSE(end.failure->retryable);
  EXPECT_EQ(end.answer.reasoning, "b");
  EXPECT_EQ(end.answer.text, "");
}

TEST_F(ChatReaderEnds, WithAFinishReasonAlone) {
  EXPECT_EQ(failure_of(event(delta(R"({"content":"a"})")) + event(finish("length"))), "");
}

TEST_F(ChatReaderEnds, WithDoneAlone) {
  const ChatEnd end = read(event(delta(R"({"content":"a"})")) + std::string(kDone));
  ASSERT_FALSE(end.failure);
  EXPECT_EQ(end.answer.finish_reason, "stop");
  const ChatEnd called =
      read(event(delta(R"({"tool_calls":[{"function":{"name":"f"}}]})")) + "data:[DONE]\n\n");
  EXPECT_EQ(called.answer.finish_reason, "tool_calls");
}

TEST_F(ChatReaderEnds, IsNotWaitedForAfterDone) {
  EXPECT_FALSE(reading_.reader().take(event(finish("stop")) + std::string(kDone)));
}

TEST_F(ChatReaderEnds, ComesAfterTheFinishReasonWithUsage) {
  EXPECT_TRUE(reading_.reader().take(event(finish("stop"))));
}

TEST_F(ChatReaderEnds, WhateverBreaksAfterTheFinishReason) {
  const ChatEnd end = read(event(delta(R"({"content":"a"})")) + event(finish("stop")),
                           peer::Failure{peer::Fault::kSilenceTimeout, "silent"});
  EXPECT_FALSE(end.failure);
  EXPECT_FALSE(end.answer.usage);
}

TEST_F(ChatReaderEnds, TooEarlyWithoutOne) {
  const ChatEnd end = read(event(delta(R"({"content":"a"})")) + event(usage(3, 1)) +
                           event(delta(R"({"tool_calls":[{"index":0,"function":{"name":"f",)"
                                       R"("arguments":"{}"}},{"index":1,"function":{"name":"g",)"
                                       R"("arguments":"{"}}]})")) +
                           R"(data: {"id":"half)");
  ASSERT_TRUE(end.failure);
  EXPECT_EQ(end.failure->kind, "stream_broken");
  EXPECT_TRUE(end.failure->retryable);
  EXPECT_EQ(end.answer.text, "a");
  EXPECT_EQ(end.answer.usage->prompt, 3);
  ASSERT_EQ(end.answer.calls.size(), 1u);
  EXPECT_EQ(end.answer.calls[0].tool, "f");
}

TEST_F(ChatReaderEnds, TooEarlyWithNothing) {
  EXPECT_TRUE(failure_of("").starts_with("stream_broken: "));
  EXPECT_TRUE(failure_of(": comment\n\n").starts_with("stream_broken: "));
  EXPECT_TRUE(failure_of("dat").starts_with("stream_broken: "));
  EXPECT_TRUE(failure_of(kDone).starts_with("stream_broken: "));
}

TEST_F(ChatReaderEnds, WithTheConnectionsFailure) {
  EXPECT_EQ(failure_of(event(delta(R"({"content":"a"})")),
                       peer::Failure{peer::Fault::kSilenceTimeout, "nothing came for 60s"}),
            "timeout_idle: nothing came for 60s");
  EXPECT_EQ(failure_of(event(finish("stop")), peer::Failure{peer::Fault::kStopped, "stopped"}),
            "stopped: stopped");
}

TEST_F(ChatReaderEnds, HasOpenAisWordsForOthers) {
  for (const auto& [said, means] : std::map<std::string, std::string>{{"STOP", "stop"},
                                                                      {"eos", "stop"},
                                                                      {"MAX_TOKENS", "length"},
                                                                      {"tool_use", "tool_calls"},
                                                                      {"odd", "odd"}}) {
    EXPECT_EQ(read(event(finish(said))).answer.finish_reason, means);
  }
}

TEST_F(ChatReaderEnds, ThatAFilterMakesIsAFailure) {
  const ChatEnd end = read(event(delta(R"({"content":"a"})")) + event(finish("SAFETY")));
  ASSERT_TRUE(end.failure);
  EXPECT_EQ(end.failure->kind, "content_filter");
  EXPECT_EQ(end.answer.finish_reason, "content_filter");
  EXPECT_EQ(end.answer.text, "a");
}

TEST_F(ChatReaderForms, ADocumentInsteadOfAStream) {
  for (const std::string_view before : {"", "\n\n  \r\n", "\xEF\xBB\xBF"}) {
    const ChatEnd end = read(std::string(before) + whole_answer("Hello"));
    ASSERT_FALSE(end.failure) << end.failure->message;
    EXPECT_EQ(end.answer.text, "Hello");
    EXPECT_EQ(end.answer.usage->total(), 12);
    EXPECT_FALSE(end.time_to_first_token);
  }
}

TEST_F(ChatReaderForms, ADocumentWithCalls) {
  const ChatEnd end =
      read(R"({"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[)"
           R"({"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},)"
           R"({"id":"b","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},)"
           R"("finish_reason":"tool_calls"}]})");
  ASSERT_FALSE(end.failure);
  EXPECT_EQ(end.answer.calls.size(), 2u);
  EXPECT_EQ(end.answer.model, "m-1");
}

TEST_F(ChatReaderForms, ADocumentThatIsCut) {
  const std::string document = whole_answer("Hello");
  const std::string half = document.substr(0, document.size() / 2);
  EXPECT_EQ(failure_of(half, peer::Failure{peer::Fault::kCut, "cut"}), "stream_broken: cut");
  EXPECT_TRUE(failure_of(half).starts_with("protocol: the model server's answer is no JSON"));
}

TEST_F(ChatReaderForms, ADocumentOfAnotherKind) {
  EXPECT_EQ(failure_of(R"({"object":"list","data":[]})"),
            "protocol: the model server's answer has no choices");
  EXPECT_EQ(failure_of("[1,2]"),
            "protocol: the model server sent JSON that is no part of an answer");
}

TEST_F(ChatReaderForms, APageOrAnyText) {
  EXPECT_TRUE(failure_of("<!doctype html><p>Sign in").starts_with("protocol: "));
  EXPECT_TRUE(failure_of("Welcome!\n\n").starts_with("protocol: "));
  EXPECT_FALSE(reading_.reader().take("<html>"));
}

TEST_F(ChatReaderForms, AStreamThatHoldsNoJson) {
  EXPECT_EQ(failure_of(event(delta(R"({"content":"a"})")) + "data: {\"id\":\n\n"),
            "protocol: the model server's stream holds what is no JSON: not JSON at byte 7");
}

TEST_F(ChatReaderErrors, ComeInTheStream) {
  const ChatEnd end =
      read(event(delta(R"({"content":"a"})")) +
           event(R"({"error":{"message":"engine failed mid-stream","type":"odd","code":null}})") +
           std::string(kDone));
  ASSERT_TRUE(end.failure);
  EXPECT_EQ(end.failure->kind, "stream_broken");
  EXPECT_EQ(end.failure->message,
            "the model server broke its answer off: engine failed mid-stream");
  EXPECT_TRUE(end.failure->retryable);
  EXPECT_EQ(end.answer.text, "a");
}

TEST_F(ChatReaderErrors, HaveTheKindThatTheySay) {
  const std::map<std::string, std::string> kinds{
      {R"({"error":{"message":"m","code":429}})", "rate_limited"},
      {R"({"error":{"message":"m","code":"502"}})", "server"},
      {R"({"error":{"message":"m","type":"InternalServerError","code":500}})", "server"},
      {R"({"error":{"message":"m","type":"overloaded_error"}})", "overloaded"},
      {R"({"error":{"message":"m","code":"context_length_exceeded"}})", "context_length"},
      {R"({"error":{"message":"maximum context length is 5","code":400}})", "context_length"},
      {R"([{"error":{"code":503,"status":"UNAVAILABLE","message":"m"}}])", "overloaded"},
      {R"({"object":"error","message":"m","type":"BadRequestError","code":400})",
       "invalid_request"},
      {R"({"detail":"m"})", "stream_broken"},
      {R"({"error":"m"})", "stream_broken"}};
  for (const auto& [json, kind] : kinds) {
    EXPECT_TRUE(failure_of(event(json)).starts_with(kind + ": "))
        << json << failure_of(event(json));
    EXPECT_TRUE(failure_of(json).starts_with(kind + ": ")) << json << failure_of(json);
  }
}

TEST_F(ChatReaderErrors, AreNoneWhereTheMemberIsEmpty) {
  for (const std::string_view none : {"null", "\"\"", "false", "{}"}) {
    EXPECT_EQ(failure_of(event(R"({"error":)" + std::string(none) +
                               R"(,"choices":[{"finish_reason":"stop"}]})")),
              "")
        << none;
  }
}

TEST_F(ChatReaderErrors, MayBeAnEventsName) {
  EXPECT_EQ(failure_of("event: error\ndata: {\"message\":\"no\"}\n\n"),
            "stream_broken: the model server broke its answer off: no");
}

TEST_F(ChatReaderErrors, MayBeAFinishReason) {
  EXPECT_TRUE(failure_of(event(finish("error"))).starts_with("stream_broken: "));
}

TEST_F(ChatReaderErrors, DoNotRepeatTheKey) {
  EXPECT_EQ(failure_of(event(R"({"error":"bad key sk-secret-1"})")),
            "stream_broken: the model server broke its answer off: bad key [redacted]");
}

TEST_F(ChatReaderErrors, AreACallWithoutAName) {
  EXPECT_EQ(failure_of(event(delta(R"({"tool_calls":[{"function":{"arguments":"{}"}}]})")) +
                       event(finish("stop"))),
            "protocol: the model server sent a tool call without a name");
}

TEST_F(ChatReaderLimits, AreOfTextReasoningCallsAndLines) {
  reading_.limits.text_bytes_max = 3;
  reading_.limits.calls_max = 1;
  reading_.limits.line_bytes_max = 400;
  EXPECT_EQ(
      failure_of(event(delta(R"({"content":"abc","reasoning":"abc"})")) + event(finish("stop"))),
      "");
  EXPECT_EQ(failure_of(event(delta(R"({"content":"abcd"})"))),
            "too_large: the model's answer is over 3 bytes");
  EXPECT_EQ(failure_of(event(delta(R"({"reasoning":"abcd"})"))),
            "too_large: the model's answer is over 3 bytes");
  EXPECT_EQ(failure_of(event(delta(R"({"tool_calls":[{"function":{"name":"f"}},)"
                                   R"({"function":{"name":"f"}}]})"))),
            "too_large: the model asks for more than 1 tool calls");
  EXPECT_TRUE(failure_of("data: " + std::string(500, 'x'))
                  .starts_with("too_large: the model server's stream: "));
}

TEST_F(ChatReaderEnds, CountTheTimeToTheFirstToken) {
  ChatReader& reader = reading_.reader();
  reader.take(event(delta(R"({"role":"assistant","content":""})")));
  reading_.clock.advance(Milliseconds(30));
  reader.take(event(delta(R"({"content":"a"})")));
  reading_.clock.advance(Milliseconds(30));
  reader.take(event(delta(R"({"content":"b"})")) + event(finish("stop")));
  EXPECT_EQ(reader.end({}).time_to_first_token, Milliseconds(30));
}

}  // namespace
}  // namespace taskfeed::llm
