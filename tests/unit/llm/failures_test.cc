/// Every way in which a model server refuses, by its status and by its words.
#include "llm/failures.h"

#include <gtest/gtest.h>

#include "peer/failures.h"
#include "support/clock.h"

namespace taskfeed::llm {
namespace {

class FailuresTest : public ::testing::Test {
 protected:
  ChatFailure failure(int status, std::string_view body,
                      std::map<std::string, std::string> fields = {},
                      std::string_view type = "application/json") {
    peer::AnswerHead head;
    head.status = status;
    head.content_type = type;
    head.fields = std::move(fields);
    return failure_of_status(head, body, context_);
  }
  std::string kind(int status, std::string_view body = "{}") { return failure(status, body).kind; }
  std::string text(std::string_view body, std::string_view type = "application/json") {
    return failure(400, body, {}, type).message;
  }

  testing::ManualClock clock_;
  std::map<std::string, std::string> headers_{
      {"Authorization", "Bearer sk-secret-1"}, {"X-Team", "team/\"blue\""}, {"X-Short", "abc"}};
  FailureContext context_{runner::Secrets(headers_), clock_, Milliseconds(60'000)};
};

using FailuresStatus = FailuresTest;
using FailuresWords = FailuresTest;
using FailuresRetry = FailuresTest;
using FailuresText = FailuresTest;
using FailuresSecrets = FailuresTest;

TEST_F(FailuresStatus, HasThePeersKind) {
  for (const int status : {302, 400, 401, 403, 404, 429, 500, 503}) {
    const ChatFailure made = failure(status, "{}");
    EXPECT_EQ(made.kind, peer::kind_of_status(status)) << status;
    EXPECT_EQ(made.retryable, peer::is_retryable(made.kind)) << status;
    EXPECT_EQ(made.http_status, status);
  }
  EXPECT_EQ(kind(403), "permission");
  EXPECT_EQ(kind(503), "overloaded");
}

TEST_F(FailuresStatus, OfTheConnectionHasThePeersKindToo) {
  const ChatFailure cut = failure_of_peer({peer::Fault::kCut, "text"});
  EXPECT_EQ(cut.kind, "stream_broken");
  EXPECT_TRUE(cut.retryable);
  EXPECT_EQ(cut.message, "text");
  EXPECT_FALSE(failure_of_peer({peer::Fault::kTls, "text"}).retryable);
}

TEST_F(FailuresWords, OfAQuotaArePermanent) {
  EXPECT_EQ(kind(429, R"({"error":{"message":"You exceeded your current quota, please check your )"
                      R"(plan and billing details.","type":"insufficient_quota","code":null}})"),
            "quota");
  EXPECT_EQ(kind(429, R"({"error":{"message":"m","code":"insufficient_quota"}})"), "quota");
  EXPECT_EQ(kind(403, R"({"error":{"code":"billing_not_active"}})"), "quota");
  EXPECT_EQ(kind(429, R"({"error":{"message":"Check your billing"}})"), "quota");
}

TEST_F(FailuresWords, OfALimitThatEndsAreNoQuota) {
  EXPECT_EQ(kind(429, R"([{"error":{"code":429,"message":"You exceeded your current quota, please )"
                      R"(check your plan and billing details.","status":"RESOURCE_EXHAUSTED"}}])"),
            "rate_limited");
  EXPECT_EQ(
      failure(429, R"({"error":{"message":"See your billing page"}})", {{"retry-after", "2"}}).kind,
      "rate_limited");
}

TEST_F(FailuresWords, OfTheContextsLength) {
  for (const std::string_view body :
       {R"({"error":{"message":"m","type":"invalid_request_error",)"
        R"("code":"context_length_exceeded"}})",
        R"({"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_ctx":512}})",
        R"({"object":"error","message":"This model's maximum context length is 4096 tokens.",)"
        R"("type":"BadRequestError","code":400})",
        R"([{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"The input token count (9) )"
        R"(exceeds the maximum number of tokens allowed (8)."}}])"}) {
    EXPECT_EQ(kind(400, body), "context_length") << body;
    EXPECT_FALSE(failure(400, body).retryable);
  }
  EXPECT_EQ(kind(500, R"({"error":"maximum context length"})"), "server");
}

TEST_F(FailuresWords, OfAFilter) {
  EXPECT_EQ(kind(400, R"({"error":{"message":"m","code":"content_filter","innererror":{}}})"),
            "content_filter");
  EXPECT_EQ(kind(400, R"({"error":{"message":"m","code":"x","innererror":)"
                      R"({"code":"ResponsibleAIPolicyViolation"}}})"),
            "content_filter");
}

TEST_F(FailuresWords, OfAKeyAreOfAuth) {
  EXPECT_EQ(kind(400, R"([{"error":{"code":400,"message":"API key not valid.","status":)"
                      R"("INVALID_ARGUMENT","details":[{"@type":"x/google.rpc.ErrorInfo",)"
                      R"("reason":"API_KEY_INVALID"}]}}])"),
            "auth");
  EXPECT_EQ(kind(400, R"({"error":{"message":"API key not valid. Please pass one."}})"), "auth");
}

TEST_F(FailuresWords, OfAClassDoNotOverrideAStatus) {
  // A request that is over the limit by itself stays so.
  EXPECT_EQ(kind(413, R"({"error":{"message":"m","code":"rate_limit_exceeded"}})"),
            "invalid_request");
  EXPECT_EQ(
      kind(503, R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})"),
      "overloaded");
}

TEST_F(FailuresRetry, ComesAfterWhatTheServerAsks) {
  EXPECT_EQ(failure(429, "{}", {{"retry-after", "3"}}).retry_after, Milliseconds(3'000));
  EXPECT_EQ(failure(503, "{}", {{"retry-after-ms", "250"}}).retry_after, Milliseconds(250));
  EXPECT_EQ(failure(429, R"([{"error":{"code":429,"details":[)"
                         R"({"@type":"type.googleapis.com/google.rpc.RetryInfo",)"
                         R"("retryDelay":"3s"}]}}])")
                .retry_after,
            Milliseconds(3'000));
  EXPECT_EQ(failure(429, "{}").retry_after, std::nullopt);
}

TEST_F(FailuresRetry, CountsADateFromTheWallClock) {
  clock_.set_wall(parse_rfc3339("1994-11-06T08:49:07Z").value());
  EXPECT_EQ(failure(429, "{}", {{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}}).retry_after,
            Milliseconds(30'000));
}

TEST_F(FailuresRetry, WaitsNoLongerThanTheLimit) {
  EXPECT_EQ(failure(429, "{}", {{"retry-after", "3600"}}).retry_after, Milliseconds(60'000));
  EXPECT_EQ(failure_in_answer(
                Json::parse(R"({"error":{"code":429,"details":[{"@type":"/google.rpc.RetryInfo",)"
                            R"("retryDelay":"3600s"}]}})"),
                context_)
                .retry_after,
            Milliseconds(60'000));
}

TEST_F(FailuresRetry, IsAsTheServerSays) {
  EXPECT_FALSE(failure(500, "{}", {{"x-should-retry", "false"}}).retryable);
  EXPECT_TRUE(failure(400, "{}", {{"x-should-retry", "true"}}).retryable);
  EXPECT_TRUE(failure(500, "{}", {{"x-should-retry", "maybe"}}).retryable);
  EXPECT_EQ(failure(429, "{}", {{"x-should-retry", "false"}, {"retry-after", "3"}}).retry_after,
            std::nullopt);
}

TEST_F(FailuresText, IsFoundInEachShape) {
  const std::string expected = "the model server answered 400: no";
  for (const std::string_view body :
       {R"({"error":{"message":"no","type":"t","param":null,"code":null}})",
        R"([{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}])",
        R"({"object":"error","message":"no","type":"t","code":400})", R"({"detail":"no"})",
        R"({"error":"no"})", R"({"message":"no"})", R"("no")", " no"}) {
    EXPECT_EQ(text(body), body == R"("no")" ? expected.substr(0, 31) + "\"no\"" : expected) << body;
  }
  EXPECT_EQ(text(R"({"detail":[{"loc":["body","x"],"msg":"no"}]})"),
            R"(the model server answered 400: [{"loc":["body","x"],"msg":"no"}])");
  EXPECT_EQ(text(R"({"odd":1})"), R"(the model server answered 400: {"odd":1})");
  EXPECT_EQ(text(R"({"error":{"message":"Provider returned error","metadata":)"
                 R"({"raw":"{\"error\":\"no\"}","provider_name":"p"}}})"),
            R"(the model server answered 400: Provider returned error: {"error":"no"})");
}

TEST_F(FailuresText, OfAPageIsNotShown) {
  EXPECT_EQ(text("<html>no", "text/html"), "the model server answered 400 with a page");
  EXPECT_EQ(text("<html>no", "text/plain"), "the model server answered 400");
  EXPECT_EQ(text(""), "the model server answered 400");
  EXPECT_EQ(failure(302, "").message, "the model server answered 302; redirects are not followed");
}

TEST_F(FailuresText, IsBoundedUtf8) {
  const std::string long_text(10'000, 'x');
  const std::string shown = text(R"({"error":")" + long_text + "\"}");
  EXPECT_LT(shown.size(), 600u);
  EXPECT_TRUE(shown.ends_with("x…"));
  EXPECT_EQ(text("a\xFF"), "the model server answered 400: a\xEF\xBF\xBD");
}

TEST_F(FailuresSecrets, AreNotRepeated) {
  EXPECT_EQ(
      text(R"({"error":{"message":"Incorrect API key: sk-secret-1, or Bearer sk-secret-1"}})"),
      "the model server answered 400: Incorrect API key: [redacted], or [redacted]");
  EXPECT_EQ(text("sk-secret-1 sk-secret-1sk-secret-1"),
            "the model server answered 400: [redacted] [redacted][redacted]");
  EXPECT_EQ(text(R"({"detail":["team/\"blue\""]})"),
            "the model server answered 400: [\"[redacted]\"]");
  EXPECT_EQ(text("abc"), "the model server answered 400: abc");
}

TEST_F(FailuresSecrets, AreNotCutIntoWhatCanBeRead) {
  const std::string shown = text(std::string(495, 'x') + "sk-secret-1");
  EXPECT_EQ(shown.find("sk-"), std::string::npos);
}

}  // namespace
}  // namespace taskfeed::llm
