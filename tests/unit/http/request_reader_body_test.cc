/// The body of a request and where the next one begins: RFC 9112, 6, 7 and 9.
#include "unit/http/request_text.h"

namespace taskfeed {
namespace {

using testing::chunked;
using testing::expect_accepted;
using testing::expect_refused;
using testing::frame_at_every_cut;
using testing::Framing;
using testing::request_with;
using testing::sized;

TEST(SizedBody, IsAsLongAsContentLengthSays) {
  EXPECT_EQ(expect_accepted(sized("hello")).body, "hello");
  using std::string_literals::operator""s;
  const std::string bytes = "\0\r\n\r\nGET / HTTP/1.1\r\n\xff"s;
  EXPECT_EQ(expect_accepted(sized(bytes)).body, bytes);
  EXPECT_EQ(expect_accepted(request_with("Content-Length: 0\r\n")).body, "");
  EXPECT_EQ(expect_accepted(request_with("Content-Length: 0003\r\n") + "abc").body, "abc");
}

TEST(SizedBody, IsNotAnEmptyRestWhileItIsShort) {
  const Framing framing = frame_at_every_cut(request_with("Content-Length: 6\r\n") + "hello");
  EXPECT_EQ(framing.status(), 0);
  EXPECT_TRUE(framing.requests.empty());
  EXPECT_TRUE(framing.unfinished);
  EXPECT_EQ(framing.body_bytes_held, 5u);
}

TEST(SizedBody, HasAContentLengthOfDigitsAlone) {
  for (const std::string_view length : {"", "+5", "-5", "0x5", "5.0", "5,5", "5, 5", "5 5", "five",
                                        "5;", "\"5\"", "05h", "1e1", "5\t5", "\xef\xbc\x95"}) {
    expect_refused(request_with("Content-Length: " + std::string(length) + "\r\n") + "hello", 400,
                   "Content-Length");
  }
}

TEST(SizedBody, HasOneContentLength) {
  expect_refused(request_with("Content-Length: 5\r\nContent-Length: 5\r\n") + "hello", 400,
                 "more than one Content-Length");
  expect_refused(request_with("Content-Length: 5\r\ncontent-length: 6\r\n") + "hello", 400,
                 "more than one Content-Length");
}

TEST(SizedBody, OfALengthBeyondAllNumbersIsTooLong) {
  for (const std::string_view length :
       {"18446744073709551616", "18446744073709551621", "99999999999999999999999999"}) {
    expect_refused(request_with("Content-Length: " + std::string(length) + "\r\n"), 413, "body");
  }
}

TEST(NoBody, IsWhatARequestWithoutLengthAndCodingHas) {
  const Framing framing =
      frame_at_every_cut(request_with("") + "GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_EQ(framing.requests.size(), 2u);
  EXPECT_EQ(framing.requests[0].body, "");
  EXPECT_EQ(framing.requests[1].target, "/next");
}

TEST(ChunkedBody, IsItsChunksJoined) {
  EXPECT_EQ(expect_accepted(chunked("5\r\nhello\r\n0\r\n\r\n")).body, "hello");
  EXPECT_EQ(expect_accepted(chunked("2\r\nhe\r\n003\r\nllo\r\n000\r\n\r\n")).body, "hello");
  EXPECT_EQ(expect_accepted(chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n")).body,
            "01234567890123456789");
  EXPECT_EQ(expect_accepted(chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n")).body, "\r\n\r\n");
  EXPECT_EQ(expect_accepted(chunked("0\r\n\r\n")).body, "");
}

TEST(ChunkedBody, IsNamedWithoutCase) {
  EXPECT_EQ(
      expect_accepted(request_with("transfer-encoding: CHUNKED\r\n") + "1\r\na\r\n0\r\n\r\n").body,
      "a");
}

TEST(ChunkedBody, IgnoresExtensions) {
  EXPECT_EQ(expect_accepted(chunked("5;a;b=c;d=\"e f\"\r\nhello\r\n0;last\r\n\r\n")).body, "hello");
}

TEST(ChunkedBody, DropsTrailers) {
  const http::Request request =
      expect_accepted(chunked("1\r\na\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n"));
  EXPECT_EQ(request.body, "a");
  EXPECT_EQ(request.field("X-Sum"), "");
  EXPECT_EQ(request.fields.size(), 2u);
}

TEST(ChunkedBody, LetsNoTrailerIntoTheHead) {
  for (const std::string_view field :
       {"Content-Length: 5", "transfer-encoding: chunked", "Host: evil", "Content-Type: a/b",
        "Connection: close", "Authorization: Bearer x", "Expect: 100-continue", "TE: trailers",
        "Content-Encoding: gzip", "Trailer: X"}) {
    expect_refused(chunked("0\r\n" + std::string(field) + "\r\n\r\n"), 400, "trailer");
  }
}

TEST(ChunkedBody, HoldsTrailersAgainstTheRulesOfFields) {
  expect_refused(chunked("0\r\nX: a\r\n b\r\n\r\n"), 400, "folded");
  expect_refused(chunked("0\r\nX : a\r\n\r\n"), 400, "name");
  expect_refused(chunked("0\r\nX: a\nY: b\r\n\r\n"), 400, "control");
  expect_refused(chunked("0\r\nX: a\r\n\rZ"), 400, "bare CR");
  expect_refused(chunked("0\r\n\n"), 400, "name");
}

TEST(ChunkedBody, HasSizesOfHexDigitsAlone) {
  for (const std::string_view size : {"", "+5", "-5", "0x5", "5 ", " 5", "\t5", "g", "5g", "5.",
                                      ";a", "5\t;a", "5\x01", "\xef\xbc\x95"}) {
    expect_refused(chunked(std::string(size) + "\r\nhello\r\n0\r\n\r\n"), 400, "hex digits");
  }
}

TEST(ChunkedBody, HasSizesThatCannotOverflow) {
  for (const std::string_view size : {"000000005", "100000005", "FFFFFFFFFFFFFFFF",
                                      "10000000000000005", "fffffffffffffffffff5"}) {
    expect_refused(chunked(std::string(size) + "\r\nhello\r\n0\r\n\r\n"), 400, "digits");
  }
}

TEST(ChunkedBody, EndsItsLinesInCrLf) {
  expect_refused(chunked("5\nhello\r\n0\r\n\r\n"), 400, "hex digits");
  expect_refused(chunked("5\r\r\nhello\r\n0\r\n\r\n"), 400, "bare CR");
  expect_refused(chunked("5;a\nhello\r\n0\r\n\r\n"), 400, "control");
  expect_refused(chunked("5\r\nhello\n0\r\n\r\n"), 400, "longer than its size");
  expect_refused(chunked("5\r\nhello\r0\r\n\r\n"), 400, "bare CR");
  expect_refused(chunked("5\r\nhello0\r\n\r\n"), 400, "longer than its size");
  expect_refused(chunked("5\r\nhello!\r\n0\r\n\r\n"), 400, "longer than its size");
  expect_refused(chunked("5\r\nhell\r\n0\r\n\r\n"), 400, "longer than its size");
}

TEST(TransferEncoding, StandsWithoutContentLength) {
  for (const std::string_view fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                                        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
                                        "Transfer-Encoding: identity\r\nContent-Length: 5\r\n"}) {
    expect_refused(request_with(fields) + "0\r\n\r\n", 400, "beside");
  }
}

TEST(TransferEncoding, EndsInChunked) {
  for (const std::string_view coding :
       {"", "identity", "gzip", "xchunked", "chunkedx", "chunked, gzip", "chunked,", ",",
        "chunked;q=1", "chunked, identity", "\"chunked\"", "chunked chunked", "chunke\xc3\xa4"}) {
    expect_refused(request_with("Transfer-Encoding: " + std::string(coding) + "\r\n"), 400,
                   "does not end in chunked");
  }
}

TEST(TransferEncoding, IsOfNoOtherCodingThanChunked) {
  for (const std::string_view coding :
       {"gzip, chunked", "gzip,chunked", ",chunked", "x ,\tCHUNKED"}) {
    expect_refused(request_with("Transfer-Encoding: " + std::string(coding) + "\r\n"), 501,
                   "only transfer coding");
  }
}

TEST(TransferEncoding, StandsOnce) {
  expect_refused(request_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400,
                 "more than one");
  expect_refused(request_with("Transfer-Encoding: identity\r\ntransfer-encoding: chunked\r\n"), 400,
                 "more than one");
}

TEST(TransferEncoding, IsNotOfHttp10) {
  expect_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "HTTP/1.0");
}

TEST(ContentEncoding, IsRefused) {
  for (const std::string_view coding : {"gzip", "identity", "br", ""}) {
    expect_refused(request_with("Content-Encoding: " + std::string(coding) + "\r\n"), 415,
                   "Content-Encoding");
  }
}

TEST(Pipelining, SplitsRequestsWhereEachEnds) {
  const Framing framing =
      frame_at_every_cut(sized("one") + chunked("3\r\ntwo\r\n0\r\nX: y\r\n\r\n") +
                         request_with("") + "\r\n" + sized("four"));
  EXPECT_EQ(framing.status(), 0);
  std::vector<std::string> bodies;
  for (const http::Request& request : framing.requests) bodies.push_back(request.body);
  EXPECT_EQ(bodies, (std::vector<std::string>{"one", "two", "", "four"}));
  EXPECT_FALSE(framing.unfinished);
}

TEST(Pipelining, RefusesTheFirstThatBreaksARuleAndReadsNoFurther) {
  const std::string good = sized("one");
  const std::string bad = "GET / HTTP/9.9\r\n";
  const Framing framing = frame_at_every_cut(good + bad + good);
  EXPECT_EQ(framing.requests.size(), 1u);
  EXPECT_EQ(framing.status(), 505);
  EXPECT_LT(framing.bytes_taken, good.size() + bad.size());
}

TEST(Pipelining, CarriesNothingOverFromOneRequestToTheNext) {
  const std::string one = sized("one");
  const Framing framing = frame_at_every_cut(
      "POST /a HTTP/1.0\r\nX: y\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na" + one);
  ASSERT_EQ(framing.requests.size(), 2u);
  EXPECT_EQ(framing.requests[1], expect_accepted(one));
}

TEST(Continue, IsOwedUntilTheBodyBeginsOrTheAnswerIsTaken) {
  const http::RequestLimits limits;
  const http::HostRule hosts = http::HostRule::loopback();
  const std::string head = request_with("Content-Length: 5\r\nExpect: 100-Continue\r\n");
  http::RequestReader asked(limits, hosts);
  asked.feed(head);
  EXPECT_EQ(asked.state(), http::RequestReader::State::kBody);
  EXPECT_TRUE(asked.take_continue());
  EXPECT_FALSE(asked.take_continue());

  http::RequestReader impatient(limits, hosts);
  impatient.feed(head + "h");
  EXPECT_FALSE(impatient.take_continue());

  http::RequestReader in_chunks(limits, hosts);
  in_chunks.feed(request_with("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"));
  EXPECT_TRUE(in_chunks.take_continue());
}

TEST(Continue, IsNotOwedForARequestWithoutABody) {
  const http::RequestLimits limits;
  const http::HostRule hosts = http::HostRule::loopback();
  for (const std::string_view field : {"", "Content-Length: 0\r\n"}) {
    http::RequestReader reader(limits, hosts);
    reader.feed(request_with("Expect: 100-continue\r\n" + std::string(field)));
    EXPECT_EQ(reader.state(), http::RequestReader::State::kDone);
    EXPECT_FALSE(reader.take_continue());
  }
}

}  // namespace
}  // namespace taskfeed
