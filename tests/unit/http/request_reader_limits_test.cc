/// The ceilings of RequestLimits: each is reached exactly, and one byte over it is refused.
#include "unit/http/request_text.h"

namespace taskfeed {
namespace {

using testing::frame_byte_by_byte;
using testing::frame_whole;
using testing::Framing;
using testing::FramingRules;
using testing::request_with;

/// These are too long for every cut.
Framing frame(std::string_view bytes, const FramingRules& rules = {}) {
  const Framing whole = frame_whole(bytes, rules);
  EXPECT_EQ(frame_byte_by_byte(bytes, rules), whole);
  return whole;
}

void expect_limit(size_t most, int status, const std::function<std::string(size_t)>& request,
                  const FramingRules& rules = {}) {
  const Framing within = frame(request(most), rules);
  EXPECT_EQ(within.status(), 0) << within.refusal->detail;
  EXPECT_EQ(within.requests.size(), 1u);
  const Framing over = frame(request(most + 1), rules);
  EXPECT_EQ(over.status(), status);
  EXPECT_TRUE(over.requests.empty());
}

const http::RequestLimits kLimits;

TEST(RequestLimits, MethodsAreNoLongerThanAnyThatIsKnown) {
  expect_limit(kLimits.method_bytes_max, 501, [](size_t bytes) {
    return std::string(bytes, 'M') + " / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  });
}

TEST(RequestLimits, TargetsOfFourKibibytesPass) {
  EXPECT_EQ(kLimits.target_bytes_max, 4'096u);
  expect_limit(kLimits.target_bytes_max, 414, [](size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  });
}

TEST(RequestLimits, FieldsOfEightKibibytesPass) {
  EXPECT_EQ(kLimits.field_bytes_max, 8'192u);
  expect_limit(kLimits.field_bytes_max, 431, [](size_t bytes) {
    return request_with("X: " + std::string(bytes - 3, 'a') + "\r\n");
  });
  expect_limit(kLimits.field_bytes_max, 431,
               [](size_t bytes) { return request_with(std::string(bytes - 1, 'X') + ":\r\n"); });
}

TEST(RequestLimits, SixtyFourFieldsPass) {
  EXPECT_EQ(kLimits.fields_max, 64u);
  expect_limit(kLimits.fields_max, 431, [](size_t fields) {
    std::string lines;
    for (; fields > 1; --fields) lines += "X: y\r\n";  // Host is the first.
    return request_with(lines);
  });
}

TEST(RequestLimits, TrailersCountAsFields) {
  expect_limit(kLimits.fields_max, 431, [](size_t fields) {
    std::string request = testing::chunked("0\r\n");
    for (; fields > 2; --fields) request += "X: y\r\n";  // Host and Transfer-Encoding.
    return request + "\r\n";
  });
}

TEST(RequestLimits, TrailersAreAsLongAsFieldsMayBe) {
  expect_limit(kLimits.field_bytes_max, 431, [](size_t bytes) {
    return testing::chunked("0\r\nX: " + std::string(bytes - 3, 'a') + "\r\n\r\n");
  });
}

TEST(RequestLimits, HeadsOfSixtyFourKibibytesPass) {
  EXPECT_EQ(kLimits.head_bytes_max, 65'536u);
  expect_limit(kLimits.head_bytes_max, 431, [](size_t bytes) {
    std::string lines;
    for (int i = 0; i < 8; ++i) lines += "X: " + std::string(8'000, 'a') + "\r\n";
    const size_t left = bytes - request_with(lines).size() - std::string_view("X: \r\n").size();
    return request_with(lines + "X: " + std::string(left, 'a') + "\r\n");
  });
}

TEST(RequestLimits, SizedBodiesAreRefusedOnTheirAnnouncement) {
  EXPECT_EQ(kLimits.body_bytes_max, 1'048'576u);
  const Framing over =
      frame(request_with("Content-Length: " + std::to_string(kLimits.body_bytes_max + 1) + "\r\n"));
  EXPECT_EQ(over.status(), 413);
  const Framing within =
      frame(request_with("Content-Length: " + std::to_string(kLimits.body_bytes_max) + "\r\n"));
  EXPECT_EQ(within.status(), 0);
  EXPECT_TRUE(within.unfinished);
}

TEST(RequestLimits, BodiesOfOneMebibytePass) {
  expect_limit(kLimits.body_bytes_max, 413,
               [](size_t bytes) { return testing::sized(std::string(bytes, 'a')); });
}

TEST(RequestLimits, ChunksAreCountedTogether) {
  FramingRules rules;
  rules.limits.body_bytes_max = 1'000;
  expect_limit(
      1'000, 413,
      [](size_t bytes) {
        std::string chunks;
        for (; bytes > 0; --bytes) chunks += "1\r\na\r\n";
        return testing::chunked(chunks + "0\r\n\r\n");
      },
      rules);
}

TEST(RequestLimits, ChunksAreRefusedOnTheirAnnouncement) {
  const Framing framing = frame(testing::chunked("7fffffff\r\n"));
  EXPECT_EQ(framing.status(), 413);
}

TEST(RequestLimits, AnExtensionIsNoLongerThanItsLineMayBe) {
  expect_limit(kLimits.chunk_line_bytes_max, 400, [](size_t bytes) {
    return testing::chunked("1;" + std::string(bytes, 'e') + "\r\na\r\n0\r\n\r\n");
  });
}

TEST(RequestLimits, ExtensionsAreCountedTogether) {
  expect_limit(kLimits.chunk_extension_bytes_max, 400, [](size_t bytes) {
    std::string chunks;
    for (; bytes >= 16; bytes -= 16) chunks += "1;" + std::string(16, 'e') + "\r\na\r\n";
    return testing::chunked(chunks + "0;" + std::string(bytes, 'e') + "\r\n\r\n");
  });
}

/// What is held for a request that never ends, whatever it is made of.
TEST(RequestLimits, AnEndlessRequestIsRefusedWithinTheLimits) {
  struct Endless {
    std::string_view beginning;
    std::string_view repeated;
    size_t bytes_most;
  };
  const size_t trailers = kLimits.fields_max * (kLimits.field_bytes_max + 2);
  const size_t one_byte_chunks = kLimits.body_bytes_max * 6 + 1'024;
  for (const Endless& endless :
       {Endless{"", "A", kLimits.method_bytes_max + 1},
        Endless{"GET /", "a", kLimits.target_bytes_max + 8},
        Endless{"GET / HTTP/1.1\r\nX", "a", kLimits.field_bytes_max + 32},
        Endless{"GET / HTTP/1.1\r\n", "X: y\r\n", 6 * (kLimits.fields_max + 8)},
        Endless{"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                "X: y\r\n", trailers},
        Endless{"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
                "1\r\na\r\n", one_byte_chunks},
        Endless{"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
                "1;e\r\na\r\n", kLimits.chunk_extension_bytes_max * 8 + 1'024},
        Endless{"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "0",
                256}}) {
    std::string bytes(endless.beginning);
    while (bytes.size() <= endless.bytes_most + endless.repeated.size()) bytes += endless.repeated;
    const Framing framing = frame_whole(bytes);
    EXPECT_NE(framing.status(), 0) << endless.beginning << endless.repeated;
    EXPECT_LE(framing.bytes_taken, endless.bytes_most) << endless.beginning << endless.repeated;
    EXPECT_TRUE(framing.requests.empty());
  }
}

}  // namespace
}  // namespace taskfeed
