/// The kinds of what can go wrong with a run.
#include "adk/failures.h"

#include <gtest/gtest.h>

namespace taskfeed::adk {
namespace {

peer::AnswerHead head(int status, std::string type = "application/json") {
  peer::AnswerHead made;
  made.status = status;
  made.content_type = std::move(type);
  return made;
}

struct Said {
  RunFailure failure;
  std::string kind;
  bool retryable;
};

TEST(AdkFailures, AreOfFewKindsThatSayWhetherToTryAgain) {
  for (const Said& said :
       {Said{failure_of_agent("429", "Rate limit reached"), "rate_limited", true},
        Said{failure_of_agent("RESOURCE_EXHAUSTED", "x"), "rate_limited", true},
        Said{failure_of_agent("", "ClientError: 429 RESOURCE_EXHAUSTED. {'error': 1}"),
             "rate_limited", true},
        Said{failure_of_agent("503", ""), "server", true},
        Said{failure_of_agent("", "ServerError: 503 UNAVAILABLE. {}"), "server", true},
        Said{failure_of_agent("SAFETY", ""), "content_filter", false},
        Said{failure_of_agent("", "ClientError: 400 INVALID_ARGUMENT."), "invalid_request", false},
        Said{failure_of_agent("", "Agent 'ghost' not found"), "not_found", false},
        Said{failure_of_agent("UNKNOWN_ERROR", "the model lives in room 429 of the house on 503"),
             "agent_error", false},
        Said{failure_of(head(404), R"({"detail":"Session not found: x"})"), "not_found", true},
        Said{failure_of(head(404), R"({"detail":"Not Found"})"), "not_found", false},
        Said{failure_of(head(500), R"({"error":"Failed: Agent 'x' not found"})"), "not_found",
             false},
        Said{failure_of(head(500, "text/plain"), "Internal Server Error"), "server", true},
        Said{failure_of(head(401), "{}"), "auth", false},
        Said{failure_of(head(422), R"({"detail":[{"msg":"m"}]})"), "invalid_request", false},
        Said{failure_of(head(302, "text/html"), "<a>"), "protocol", false}}) {
    EXPECT_EQ(said.failure.failure.kind, said.kind) << said.failure.failure.message;
    EXPECT_EQ(said.failure.retryable, said.retryable) << said.failure.failure.message;
    EXPECT_FALSE(said.failure.failure.message.empty());
  }
}

TEST(AdkFailures, KnowNeitherPermissionNorOverloaded) {
  for (const RunFailure& refused :
       {failure_of(head(403), "{}"), failure_of_agent("PERMISSION_DENIED", ""),
        failure_of_agent("", "ClientError: 403 x")}) {
    EXPECT_EQ(refused.failure.kind, "auth");
    EXPECT_FALSE(refused.retryable);
  }
  for (const RunFailure& busy : {failure_of(head(503), "{}"), failure_of(head(529), "{}"),
                                 failure_of_agent("UNAVAILABLE", "")}) {
    EXPECT_EQ(busy.failure.kind, "server");
    EXPECT_TRUE(busy.retryable);
  }
}

TEST(AdkFailures, RepeatAServersReasonAndNeverAPage) {
  EXPECT_EQ(failure_of(head(422), R"({"detail":[{"msg":"m"}]})").failure.message,
            R"(ADK's api_server answered 422: [{"msg":"m"}])");
  EXPECT_EQ(failure_of(head(400, "text/html"), "<html>…").failure.message,
            "ADK's api_server answered 400");
  const std::string endless(100'000, '\xff');
  EXPECT_LT(failure_of(head(500, "text/plain"), endless).failure.message.size(), 600u);
}

}  // namespace
}  // namespace taskfeed::adk
