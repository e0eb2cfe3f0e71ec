/// The head of a request: RFC 9112, 2, 3 and 5, and Host by RFC 9110, 7.2.
#include "unit/http/request_text.h"

namespace taskfeed {
namespace {

using testing::expect_accepted;
using testing::expect_refused;
using testing::FramingRules;
using testing::request_with;

std::string with_line(std::string_view line) {
  return std::string(line) + "\r\nHost: localhost\r\n\r\n";
}

std::string with_host(std::string_view host) {
  return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

TEST(RequestLine, GivesMethodTargetAndVersion) {
  const http::Request request = expect_accepted(with_line("GET /api/v1/agents?limit=5 HTTP/1.1"));
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/api/v1/agents?limit=5");
  EXPECT_EQ(request.minor, 1);
  EXPECT_TRUE(request.body.empty());
}

TEST(RequestLine, KeepsTheCaseOfTheMethod) {
  EXPECT_EQ(expect_accepted(with_line("get / HTTP/1.1")).method, "get");
}

TEST(RequestLine, MayFollowOneEmptyLine) {
  EXPECT_EQ(expect_accepted("\r\n" + with_line("GET / HTTP/1.1")).method, "GET");
  expect_refused("\r\n\r\n" + with_line("GET / HTTP/1.1"), 400, "method");
  expect_refused("\n" + with_line("GET / HTTP/1.1"), 400, "method");
  expect_refused("\rGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "bare CR");
}

TEST(RequestLine, HasExactlyOneSpaceBetweenItsParts) {
  for (const std::string_view line :
       {" GET / HTTP/1.1", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ",
        "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET /\vHTTP/1.1", "GET /a b HTTP/1.1"}) {
    expect_refused(with_line(line), 400, "");
  }
}

TEST(RequestLine, MethodIsAToken) {
  for (const std::string_view line :
       {"G(T / HTTP/1.1", "GE\x01T / HTTP/1.1", "G\"ET / HTTP/1.1", "GET: / HTTP/1.1",
        "G\xc3\x84T / HTTP/1.1", "{GET} / HTTP/1.1", "/ / HTTP/1.1"}) {
    expect_refused(with_line(line), 400, "method");
  }
}

TEST(RequestLine, IsRefusedInHttp09) {
  expect_refused("GET /\r\n\r\n", 400, "control character");
  expect_refused("GET / \r\n\r\n", 400, "HTTP/1.1");
}

TEST(RequestLine, TargetIsAnAbsolutePath) {
  for (const std::string_view target : {"http://localhost/", "https://localhost/", "localhost:80",
                                        "index.html", "*", "?a=b", "\\api", "%2fapi"}) {
    expect_refused(with_line("GET " + std::string(target) + " HTTP/1.1"), 400, "target");
  }
  expect_refused(with_line("CONNECT localhost:80 HTTP/1.1"), 400, "target");
  expect_refused(with_line("CONNECT /path HTTP/1.1"), 400, "target");
}

TEST(RequestLine, StarIsTheTargetOfOptionsAlone) {
  EXPECT_EQ(expect_accepted(with_line("OPTIONS * HTTP/1.1")).target, "*");
  expect_refused(with_line("OPTIONS ** HTTP/1.1"), 400, "target");
  expect_refused(with_line("options * HTTP/1.1"), 400, "target");
}

TEST(RequestLine, TargetIsPercentEncoded) {
  for (const std::string_view target :
       {"/%", "/%4", "/%4g", "/%zz", "/a#b", "/<", "/\"", "/a^b", "/a`b", "/{agent}", "/a|b",
        "/a\\b", "/?a=%4", "/?a=#", "/?a=<b>"}) {
    expect_refused(with_line("GET " + std::string(target) + " HTTP/1.1"), 400, "target");
  }
  for (const std::string_view target :
       {"/%41%2f", "/-._~!$&'()*+,;=:@", "/?types=Workflow*,x[1]{2}|^`\\", "/?", "/?a=b?c/d"}) {
    EXPECT_EQ(expect_accepted(with_line("GET " + std::string(target) + " HTTP/1.1")).target,
              target);
  }
}

TEST(RequestLine, TargetHoldsNoControlsAndNoRawUtf8) {
  using std::string_literals::operator""s;
  for (const std::string& target : {"/a\0b"s, "/a\x7f"s, "/a\x1b[0m"s, "/\xc3\xa4"s, "/\xff"s}) {
    expect_refused(with_line("GET " + target + " HTTP/1.1"), 400, "target");
  }
}

TEST(RequestLine, VersionIsOneThatIsSpokenHere) {
  EXPECT_EQ(expect_accepted("GET / HTTP/1.0\r\n\r\n").minor, 0);
  for (const std::string_view version : {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.0"}) {
    expect_refused(with_line("GET / " + std::string(version)), 505, "HTTP/1.1");
  }
  for (const std::string_view version :
       {"HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/11.", "HTTP/1.10", "HTTP/1.1.1", "http/1.1",
        "HTTP/1,1", "HTTP 1.1", "HTTPS/1.1", "HTTP/a.b", "HTTP/-1.1", "HTTP/ 1.1", "ICY/1.1"}) {
    expect_refused(with_line("GET / " + std::string(version)), 400, "HTTP/1.1");
  }
}

TEST(RequestLine, EndsInCrLf) {
  expect_refused("GET / HTTP/1.1\nHost: localhost\n\n", 400, "");
  expect_refused("GET / HTTP/1.1\rHost: localhost\r\n\r\n", 400, "bare CR");
  expect_refused("GET / HTTP/1.1\r\r\nHost: localhost\r\n\r\n", 400, "bare CR");
}

TEST(Fields, KeepTheirOrderNamesAndValues) {
  const http::Request request = expect_accepted(
      request_with("Accept:text/event-stream\r\nX-B: \t two  words \t\r\nx-b:\r\n"));
  const std::vector<http::Field> expected{
      {"Host", "localhost"}, {"Accept", "text/event-stream"}, {"X-B", "two  words"}, {"x-b", ""}};
  EXPECT_EQ(request.fields, expected);
  EXPECT_EQ(request.field("ACCEPT"), "text/event-stream");
  EXPECT_EQ(request.field("X-b"), "two  words");
  EXPECT_EQ(request.field("absent"), "");
}

TEST(Fields, MayHoldBytesBeyondAscii) {
  EXPECT_EQ(expect_accepted(request_with("X: \xff\xc3\xa4\r\n")).field("x"), "\xff\xc3\xa4");
}

TEST(Fields, AreNeverFolded) {
  expect_refused(request_with("X: a\r\n b\r\n"), 400, "folded");
  expect_refused(request_with("X: a\r\n\tb\r\n"), 400, "folded");
  expect_refused("GET / HTTP/1.1\r\n Host: localhost\r\n\r\n", 400, "folded");
  expect_refused(request_with("X:\r\n \r\n"), 400, "folded");
}

TEST(Fields, HaveNoSpaceBeforeTheColon) {
  for (const std::string_view line :
       {"X : a", "X\t: a", "X Y: a", "Content-Length : 5", "Transfer-Encoding\t: chunked"}) {
    expect_refused(request_with(std::string(line) + "\r\n"), 400, "name");
  }
}

TEST(Fields, HaveATokenForAName) {
  using std::string_literals::operator""s;
  for (const std::string& line : {": a"s, "X"s, "X\0Y: a"s, "X\x7f: a"s, "\xc3\xa4: a"s, "X(: a"s,
                                  "X\": a"s, "[X]: a"s, "X\r: a"s}) {
    expect_refused(request_with(line + "\r\n"), 400, "name");
  }
}

TEST(Fields, HoldNoControlCharacters) {
  using std::string_literals::operator""s;
  for (const std::string& value : {"a\0b"s, "\0"s, "a\x01"s, "\x1b[2J"s, "a\x7f"s, "\b"s, "\v"s}) {
    expect_refused(request_with("X: " + value + "\r\n"), 400, "control");
  }
}

TEST(Fields, EndInCrLf) {
  expect_refused(request_with("X: a\nY: b\r\n"), 400, "control");
  expect_refused(request_with("X: a\rY: b\r\n"), 400, "bare CR");
  expect_refused(request_with("X: a\r\r\n"), 400, "bare CR");
  expect_refused("GET / HTTP/1.1\r\nHost: localhost\r\n\n", 400, "name");
  expect_refused("GET / HTTP/1.1\r\nHost: localhost\r\n\rX", 400, "bare CR");
}

TEST(Host, IsThereExactlyOnceInHttp11) {
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400, "Host is missing");
  expect_refused("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400,
                 "more than one Host");
  expect_refused("GET / HTTP/1.1\r\nHost: localhost\r\nhOST: evil\r\n\r\n", 400,
                 "more than one Host");
  expect_refused("GET / HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400,
                 "more than one Host");
}

TEST(Host, MayBeMissingInHttp10) {
  EXPECT_EQ(expect_accepted("GET / HTTP/1.0\r\n\r\n").field("host"), "");
  expect_refused("GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n", 421, "Host");
}

TEST(Host, IsOneOfTheAllowedNames) {
  for (const std::string_view host : {"localhost", "LOCALHOST", "localhost:8000", "127.0.0.1",
                                      "127.0.0.1:65535", "[::1]", "[::1]:8000", " localhost "}) {
    expect_accepted(with_host(host));
  }
  for (const std::string_view host :
       {"evil.example", "evil.example:8000", "localhost.", "localhost.evil.example", "127.0.0.2",
        "127.1", "0.0.0.0", "[::2]", "[::ffff:127.0.0.1]", "xn--localhost", "2130706433"}) {
    expect_refused(with_host(host), 421, "allowed hosts");
  }
}

TEST(Host, IsHostAndPortAlone) {
  for (const std::string_view host :
       {"", "localhost,evil", "localhost evil", "evil@localhost", "localhost/", "localhost:",
        "localhost:x", "localhost:80:80", "localhost:65536", "localhost:-1", "localhost:+80",
        "http://localhost", "[::1", "[]", "[::1]x", "[::1%25lo]", "local%68ost", "localhost#"}) {
    expect_refused(with_host(host), 400, "Host");
  }
  expect_refused(with_host(std::string(256, 'a')), 400, "Host");
}

TEST(Host, OfAnyNameWillDoWhereNoBrowserComesNear) {
  const FramingRules rules{.limits = {}, .hosts = http::HostRule::anything()};
  expect_accepted(with_host("anything.example"), rules);
  expect_accepted(with_host(""), rules);
  expect_refused(with_host("two words"), 400, "Host", rules);
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400, "Host is missing", rules);
}

TEST(ConnectionField, DecidesWhetherAnotherRequestMayFollow) {
  EXPECT_TRUE(expect_accepted(request_with("")).keep_alive);
  EXPECT_TRUE(expect_accepted(request_with("Connection: keep-alive\r\n")).keep_alive);
  EXPECT_FALSE(expect_accepted(request_with("Connection: close\r\n")).keep_alive);
  EXPECT_FALSE(expect_accepted(request_with("Connection: CLOSE\r\n")).keep_alive);
  EXPECT_FALSE(expect_accepted(request_with("Connection: close, keep-alive\r\n")).keep_alive);
  EXPECT_FALSE(expect_accepted(request_with("Connection: keep-alive ,\tclose\r\n")).keep_alive);
  EXPECT_FALSE(expect_accepted(request_with("Connection: x\r\nConnection: close\r\n")).keep_alive);
  EXPECT_TRUE(expect_accepted(request_with("Connection: closed\r\n")).keep_alive);
  EXPECT_FALSE(expect_accepted("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(expect_accepted("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST(ConnectionField, RemovesNoFieldThatFrames) {
  for (const std::string_view option :
       {"Host", "content-length", "close, Transfer-Encoding", ",,transfer-encoding"}) {
    expect_refused(request_with("Connection: " + std::string(option) + "\r\n"), 400, "Connection");
  }
}

TEST(ExpectField, Is100ContinueOrRefused) {
  expect_refused(request_with("Expect: 200-ok\r\n"), 417, "100-continue");
  expect_refused(request_with("Expect:\r\n"), 417, "100-continue");
  expect_accepted("GET / HTTP/1.0\r\nExpect: what\r\n\r\n");
}

}  // namespace
}  // namespace taskfeed
