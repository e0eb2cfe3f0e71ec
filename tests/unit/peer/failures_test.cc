/// The kinds of failure that all peers have in common.
#include "peer/failures.h"

#include <map>

#include <gtest/gtest.h>

#include "peer/wire.h"

namespace taskfeed::peer {
namespace {

TEST(PeerFailures, HaveAKindForEachStatus) {
  const std::map<int, std::string_view> kinds{{200, "protocol"},
                                              {302, "protocol"},
                                              {399, "protocol"},
                                              {400, "invalid_request"},
                                              {401, "auth"},
                                              {402, "quota"},
                                              {403, "permission"},
                                              {404, "not_found"},
                                              {405, "invalid_request"},
                                              {408, "server"},
                                              {409, "server"},
                                              {413, "invalid_request"},
                                              {415, "invalid_request"},
                                              {418, "invalid_request"},
                                              {422, "invalid_request"},
                                              {429, "rate_limited"},
                                              {499, "invalid_request"},
                                              {500, "server"},
                                              {502, "server"},
                                              {503, "overloaded"},
                                              {504, "server"},
                                              {529, "overloaded"},
                                              {599, "server"}};
  for (const auto& [status, kind] : kinds) EXPECT_EQ(kind_of_status(status), kind) << status;
}

TEST(PeerFailures, OfTheConnectionHaveAKindToo) {
  const std::map<Fault, std::pair<std::string_view, bool>> kinds{
      {Fault::kConnect, {"connect", true}},
      {Fault::kTls, {"tls", false}},
      {Fault::kConnectTimeout, {"timeout_connect", true}},
      {Fault::kFirstByteTimeout, {"timeout_first_byte", true}},
      {Fault::kSilenceTimeout, {"timeout_idle", true}},
      {Fault::kWholeTimeout, {"timeout", false}},
      {Fault::kCut, {"stream_broken", true}},
      {Fault::kProtocol, {"protocol", false}},
      {Fault::kTooLarge, {"too_large", false}},
      {Fault::kStopped, {"stopped", false}}};
  for (const auto& [fault, expected] : kinds) {
    EXPECT_EQ(to_string(fault), expected.first);
    EXPECT_EQ(is_retryable(to_string(fault)), expected.second) << expected.first;
  }
}

TEST(PeerFailures, AreRetryableWhereTheServerMayAnswerTheNextTime) {
  for (const std::string_view kind : {"rate_limited", "overloaded", "server"}) {
    EXPECT_TRUE(is_retryable(kind)) << kind;
  }
  for (const std::string_view kind :
       {"auth", "quota", "permission", "not_found", "invalid_request", "context_length",
        "content_filter", "agent_error", "Server", ""}) {
    EXPECT_FALSE(is_retryable(kind)) << kind;
  }
}

TEST(PeerFailures, AreOfTheKindThatAWordSays) {
  const std::map<std::string_view, std::string_view> kinds{
      {"insufficient_quota", "quota"},
      {"context_length_exceeded", "context_length"},
      {"RESOURCE_EXHAUSTED", "rate_limited"},
      {"UNAVAILABLE", "overloaded"},
      {"INTERNAL", "server"},
      {"DEADLINE_EXCEEDED", "server"},
      {"UNAUTHENTICATED", "auth"},
      {"PERMISSION_DENIED", "permission"},
      {"NOT_FOUND", "not_found"},
      {"INVALID_ARGUMENT", "invalid_request"}};
  for (const auto& [word, kind] : kinds) {
    EXPECT_EQ(kind_of_word({kCauses, kRpcCodes}, word), kind) << word;
  }
  EXPECT_EQ(kinds.size(), kCauses.size() + kRpcCodes.size());
}

TEST(PeerFailures, HaveNoKindByAPartOfAWord) {
  for (const std::string_view word : {"", "internal", "INTERNAL_ERROR", "NOT"}) {
    EXPECT_EQ(kind_of_word({kCauses, kRpcCodes}, word), "") << word;
  }
  EXPECT_EQ(kind_of_word({kCauses}, "INTERNAL"), "");
}

TEST(PeerFailures, AreOfTheFirstTablesKind) {
  constexpr std::array kMine{KnownText{"INTERNAL", "mine"}, KnownText{"INTERNAL", "never"}};
  EXPECT_EQ(kind_of_word({kMine, kRpcCodes}, "INTERNAL"), "mine");
  EXPECT_EQ(kind_of_word({kRpcCodes, kMine}, "INTERNAL"), "server");
  const auto begins_like = [](std::string_view text) { return text.starts_with("NOT"); };
  EXPECT_EQ(kind_where({kMine, kRpcCodes}, begins_like), "not_found");
}

TEST(PeerFailures, ShowBoundedUtf8) {
  EXPECT_EQ(shown("no"), "no");
  EXPECT_EQ(shown("a\xFF"), "a\xEF\xBF\xBD");
  EXPECT_EQ(shown(std::string(500, 'x')), std::string(500, 'x'));
  EXPECT_EQ(shown(std::string(501, 'x')), std::string(500, 'x') + "…");
  EXPECT_EQ(shown(std::string(499, 'x') + "é"), std::string(499, 'x') + "…");
}

}  // namespace
}  // namespace taskfeed::peer
