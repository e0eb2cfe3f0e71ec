/// One call, over a server that says exactly what a test wrote down.
#include "client/http_call.h"

#include <gtest/gtest.h>

#include "support/raw_server.h"

namespace taskfeed::client {
namespace {

using testing::RawServer;

std::string answer(std::string_view body, std::string_view status = "200 OK") {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
         std::string(body);
}

HttpRequest get() {
  HttpRequest request;
  request.target = "/";
  return request;
}

HttpCall call_to(const RawServer& server, const HttpLimits& limits = {}) {
  return HttpCall(Endpoint::parse(server.url()).value(), limits);
}

TEST(HttpCall, SendsWhatItIsGivenAndAnswersWhatItGets) {
  const RawServer server({{answer("{\"a\":1}", "409 Conflict")}});
  HttpCall call = call_to(server);
  HttpRequest request;
  request.method = "POST";
  request.target = "/api/v1/tasks?x=%20";
  request.body = "{\"b\":2}";
  request.headers = {{"Accept", "application/json"}};
  const auto got = call.call(request);
  ASSERT_TRUE(got.ok()) << got.error().text;
  EXPECT_EQ(got->status, 409) << "a status is an answer, no error";
  EXPECT_EQ(got->content_type, "application/json");
  EXPECT_EQ(got->body, "{\"a\":1}");
  const std::string sent = server.requests().at(0);
  EXPECT_TRUE(sent.starts_with("POST /api/v1/tasks?x=%20 HTTP/1.1\r\n")) << sent;
  EXPECT_NE(sent.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(sent.find("Accept: application/json\r\n"), std::string::npos);
  EXPECT_NE(sent.find("Host: localhost\r\n"), std::string::npos) << "a path is no host";
  EXPECT_TRUE(sent.ends_with("\r\n\r\n{\"b\":2}"));
}

TEST(HttpCall, SaysWhoDoesNotAnswer) {
  HttpCall call(Endpoint::parse("unix:/nonexistent/socket").value(), {});
  const auto got = call.call(get());
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code, Errc::kUnavailable);
  EXPECT_NE(got.error().text.find("unix:/nonexistent/socket"), std::string::npos);
  EXPECT_NE(got.error().text.find("taskfeed serve"), std::string::npos);
}

TEST(HttpCall, DoesNotKnowWhatHappenedWhereTheAnswerIsCut) {
  for (const char* cut : {"", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nContent-Le"}) {
    const RawServer server({{cut}});
    HttpCall call = call_to(server);
    const auto got = call.call(get());
    ASSERT_FALSE(got.ok()) << cut;
    EXPECT_EQ(got.error().code, Errc::kTimeout) << got.error().text;
  }
}

TEST(HttpCall, DoesNotTakeABodyThatIsCutForWhole) {
  const RawServer server(
      {{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf"}});
  HttpCall call = call_to(server);
  EXPECT_FALSE(call.call(get()).ok());
}

TEST(HttpCall, RefusesAnAnswerThatIsNoHttp) {
  const RawServer server({{"SSH-2.0-OpenSSH_9.2\r\n\r\n"}});
  HttpCall call = call_to(server);
  EXPECT_FALSE(call.call(get()).ok());
}

TEST(HttpCall, RefusesABodyOverItsLimit) {
  const RawServer server({{answer(std::string(1'001, 'x'))}, {answer(std::string(1'000, 'x'))}});
  HttpCall call = call_to(server, {.body_bytes_max = 1'000});
  const auto got = call.call(get());
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code, Errc::kTooLarge);
  EXPECT_NE(got.error().text.find("1000"), std::string::npos);
  EXPECT_EQ(call.call(get())->body.size(), 1'000u);
}

TEST(HttpCall, FollowsNoRedirect) {
  const RawServer server(
      {{"HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n"}});
  HttpCall call = call_to(server);
  EXPECT_EQ(call.call(get())->status, 302);
}

TEST(HttpEncoding, JoinsAQuery) {
  EXPECT_EQ(query_of({}), "");
  EXPECT_EQ(query_of({{"a", "1"}, {"types", "x,y*"}}), "?a=1&types=x%2Cy%2A");
}

}  // namespace
}  // namespace taskfeed::client
