/// Tokens: the file's lines, and who is let in where the API asks for one.
#include "http/token_book.h"

#include <gtest/gtest.h>

#include "support/api_world.h"

namespace taskfeed {
namespace {

using http::parse_tokens;
using http::Scope;
using http::token_digest;
using http::TokenBook;
using http::TokenGrant;
using testing::ApiWorld;
using testing::Ask;
using testing::expect_problem;

TokenGrant grant(std::string name, Scope scope, std::string_view token) {
  return {.name = std::move(name), .scope = scope, .digest = token_digest(token), .until = {}};
}

const WallTime kNow = *parse_rfc3339("2026-11-25T10:00:00Z");

TEST(TokenFile, GivesBackWhatWasWritten) {
  TokenGrant first = grant("ci", Scope::kWrite, "one");
  TokenGrant second = grant("ops", Scope::kAdmin, "two");
  second.until = kNow;
  const std::string text =
      "# who may call\n\n" + format_token_line(first) + "\r\n  " + format_token_line(second);
  const auto read = parse_tokens(text);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(*read, (std::vector<TokenGrant>{first, second}));
}

TEST(TokenFile, HoldsNoToken) {
  EXPECT_EQ(format_token_line(grant("ci", Scope::kRead, "secret")).find("secret"),
            std::string::npos);
}

struct WrongFile {
  std::string text;
  std::string said;
};

TEST(TokenFile, NamesTheLineThatIsWrong) {
  const std::string line = format_token_line(grant("ci", Scope::kRead, "one"));
  const std::string digest = line.substr(line.find("sha256:"));
  const std::string upper = "sha256:" + std::string(64, 'A');
  const WrongFile files[] = {
      {"ci", "line 1: after the name comes read"},
      {"\n#\nci write", "line 3: after the scope comes sha256:"},
      {"ci root " + digest, "line 1: after the name comes read, write or admin"},
      {"ci read sha256:ab", "line 1: after the scope comes sha256:"},
      {"ci read " + upper, "line 1: after the scope comes sha256:"},
      {"c/i read " + digest, "line 1: "},
      {"ci read " + digest + " tomorrow", "line 1: "},
      {"ci read " + digest + " 2026-11-25T10:00:00Z more", "line 1: there is more"},
      {line + "\nci read sha256:" + std::string(64, '0'), "line 2: there is another token ci"},
      {line + "\nother read " + digest, "line 2: this token stands there"},
  };
  for (const WrongFile& file : files) {
    const auto read = parse_tokens(file.text);
    ASSERT_FALSE(read.ok()) << file.text;
    EXPECT_EQ(read.error().text.find(file.said), 0u) << read.error().text;
  }
}

TEST(TokenFile, IsBounded) {
  std::string text;
  for (size_t i = 0; i <= http::kTokensMax; ++i) {
    const std::string name = "t" + std::to_string(i);
    text += format_token_line(grant(name, Scope::kRead, name)) + "\n";
  }
  const auto read = parse_tokens(text);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Errc::kTooLarge);
}

Errc refusal(const TokenBook& book, std::string_view authorization, Scope needed) {
  const Result<void> checked = book.check(authorization, needed, kNow);
  return checked ? Errc::kInternal : checked.error().code;
}

TEST(TokenBook, LetsInWhoHasTheScopeOrMore) {
  const TokenBook book({grant("r", Scope::kRead, "rr"), grant("a", Scope::kAdmin, "aa")});
  EXPECT_TRUE(book.check("Bearer rr", Scope::kRead, kNow).ok());
  EXPECT_TRUE(book.check("bearer  rr ", Scope::kRead, kNow).ok());
  EXPECT_TRUE(book.check("Bearer aa", Scope::kRead, kNow).ok());
  EXPECT_TRUE(book.check("Bearer aa", Scope::kAdmin, kNow).ok());
  EXPECT_EQ(refusal(book, "Bearer rr", Scope::kWrite), Errc::kForbidden);
}

TEST(TokenBook, RefusesAllElse) {
  const TokenBook book({grant("r", Scope::kRead, "rr")});
  for (const std::string_view authorization :
       {"", "Bearer", "Bearer ", "Basic rr", "rr", "Bearer r", "Bearer rrr", "Bearer\nrr"}) {
    EXPECT_EQ(refusal(book, authorization, Scope::kRead), Errc::kUnauthorised) << authorization;
  }
}

TEST(TokenBook, NamesNoTokenInARefusal) {
  const TokenBook book({grant("r", Scope::kRead, "rr")});
  const Result<void> unknown = book.check("Bearer tf_planted", Scope::kRead, kNow);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().text.find("planted"), std::string::npos);
}

TEST(TokenBook, TakesATokenUntilItExpires) {
  TokenGrant brief = grant("brief", Scope::kRead, "bb");
  brief.until = kNow + Milliseconds(1);
  TokenBook book({brief});
  EXPECT_TRUE(book.check("Bearer bb", Scope::kRead, kNow).ok());
  EXPECT_FALSE(book.check("Bearer bb", Scope::kRead, kNow + Milliseconds(1)).ok());
  book.replace({});
  EXPECT_FALSE(book.check("Bearer bb", Scope::kRead, kNow).ok());
}

class GuardedApi : public ::testing::Test {
 protected:
  GuardedApi() {
    world.access->tokens = std::make_shared<TokenBook>(std::vector<TokenGrant>{
        grant("reader", Scope::kRead, "read-it"), grant("writer", Scope::kWrite, "write-it"),
        grant("boss", Scope::kAdmin, "rule-it")});
  }
  int status(std::string_view method, std::string_view target, std::string_view token) {
    Ask ask{.method = std::string(method), .target = std::string(target)};
    if (!token.empty()) ask.fields.push_back({"Authorization", "Bearer " + std::string(token)});
    return world.ask(ask).status;
  }
  ApiWorld world;
};

TEST_F(GuardedApi, AsksForATokenOnEveryRouteButTheProbes) {
  const Task task = world.create();
  for (const http::Route& route : http::routes()) {
    std::string target(route.pattern);
    if (target.starts_with(http::kOfTask)) {
      target = ApiWorld::path(task, target.substr(http::kOfTask.size()));
    } else if (!route.probe) {
      target.insert(0, "/api/v1");
      const size_t agent = target.find("{agent}");
      if (agent != target.npos) target.replace(agent, 7, "builder");
    }
    const bool open = route.probe && target != "/metrics";
    const int told = status(route.method, target, "");
    EXPECT_EQ(told == 401, !open) << route.method << " " << target << " " << told;
  }
}

TEST_F(GuardedApi, GivesEachScopeItsOwn) {
  const Task task = world.create();
  EXPECT_EQ(status("GET", "/api/v1/tasks", "read-it"), 200);
  EXPECT_EQ(status("HEAD", "/v1/tasks/", "read-it"), 200);
  EXPECT_EQ(status("GET", ApiWorld::path(task, "/events/stream"), "read-it"), 200);
  EXPECT_EQ(status("POST", ApiWorld::path(task, "/execute"), "read-it"), 403);
  EXPECT_EQ(status("POST", ApiWorld::path(task, "/execute"), "write-it"), 202);
  EXPECT_EQ(status("DELETE", "/api/v1/agents/outside", "write-it"), 403);
  EXPECT_EQ(status("DELETE", "/api/v1/agents/outside", "rule-it"), 204);
}

TEST_F(GuardedApi, SaysWhatIsMissingAsRfc6750Does) {
  const auto bare = world.get("/api/v1/tasks");
  expect_problem(bare, 401, "unauthorised");
  EXPECT_EQ(bare.field("WWW-Authenticate"), "Bearer realm=\"taskfeed\"");
  const auto with = [this](std::string method, std::string_view token) {
    return world.ask({.method = std::move(method),
                      .target = "/api/v1/agents/builder",
                      .fields = {{"Authorization", "Bearer " + std::string(token)}}});
  };
  EXPECT_EQ(with("GET", "wrong").field("WWW-Authenticate"),
            "Bearer realm=\"taskfeed\", error=\"invalid_token\"");
  const auto low = with("DELETE", "read-it");
  expect_problem(low, 403, "forbidden");
  EXPECT_EQ(low.field("WWW-Authenticate"),
            "Bearer realm=\"taskfeed\", error=\"insufficient_scope\"");
}

TEST_F(GuardedApi, AsksBeforeTheBodyComes) {
  const auto told = world.ask_before_body({.method = "POST",
                                           .target = "/api/v1/agents/builder/tasks",
                                           .body = R"({"description":"x"})"});
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->status, 401);
}

TEST_F(GuardedApi, AnswersAPreflightWithoutAToken) {
  world.access->origins = {"https://app.example"};
  const auto told = world.ask({.method = "OPTIONS",
                               .target = "/api/v1/tasks",
                               .fields = {{"Origin", "https://app.example"},
                                          {"Access-Control-Request-Method", "GET"},
                                          {"Access-Control-Request-Headers", "authorization"}}});
  EXPECT_EQ(told.status, 204);
  EXPECT_NE(told.field("Access-Control-Allow-Headers").find("Authorization"), std::string::npos);
}

}  // namespace
}  // namespace taskfeed
