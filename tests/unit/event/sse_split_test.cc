/// Where a stream is cut never shows: every split, every pair of splits, and byte by byte.
#include <gtest/gtest.h>

#include "event/sse_parser.h"
#include "support/sse_reference.h"

namespace taskfeed::sse {
namespace {

using namespace std::string_literals;
using testing::parse_by_the_letter;
using testing::parse_pieces;

const std::vector<std::string>& streams() {
  static const std::vector<std::string> kStreams{
      "data:a\n\ndata:b\n\n",
      "data:a\r\n\r\ndata:b\r\n\r\n",
      "data:a\r\rdata:b\r\r",
      "data:a\r\n\rdata:b\n\r\n\r\r\n",
      "\r\n\r\n\n\r\r\ndata\r\n\n",
      "\xEF\xBB\xBF"
      "data:a\n\n",
      "\xEF\xBB\xBF\xEF\xBB\xBF"
      "data:a\n\ndata:b\n\n",
      "\xEF\xBB\xBF\r\ndata:a\r\n\r\n",
      "\xEF\xBB"
      "data:a\n\ndata:b\n\n",
      "\xEF\xBB\xBF",
      "id:1\ndata:a\n\nid:2\0x\ndata:b\n\nid\ndata:c\n\n"s,
      "id: 20-113\n\nid: 21-1\n",
      "event: x\ndata:  y\nfoo: bar\nretry: 12\nretry: z\n\n",
      ": hb\n\n:\r:x\r\ndata\ndata:\n\n",
      "data: \xE2\x82\xAC\xF0\x9F\x98\x80\xC3\xBC\n\n",
      "data: \xE2\x82\ndata: \xF0\x9F\x98\r\ndata:\xED\xA0\x80\n\n",
      "data:\xF0\x9F\xF0\x9F\x98\n\nevent:\xFF\xFE\ndata:\xC0\xAF\n\n",
      "event:\xE2\x82\xAC\nid:\xE2\x82\xAC\ndata:x\n\nunterminated",
      "data:a\0b\n\n\0\n\n"s,
      "data:last\n",
      "data:last\r",
      "data:one\r\ndata:two\rdata:three\n\r\n",
  };
  return kStreams;
}

TEST(SseSplit, TheWholeStreamFollowsTheStandard) {
  for (const std::string& stream : streams()) {
    EXPECT_EQ(parse_pieces({stream}), parse_by_the_letter(stream)) << escape_controls(stream);
  }
}

TEST(SseSplit, EveryPlaceGivesTheSameResult) {
  for (const std::string& stream : streams()) {
    const std::string_view bytes = stream;
    const auto whole = parse_by_the_letter(stream);
    for (size_t at = 0; at <= bytes.size(); ++at) {
      ASSERT_EQ(parse_pieces({bytes.substr(0, at), bytes.substr(at)}), whole)
          << escape_controls(stream) << " at " << at;
    }
  }
}

TEST(SseSplit, EveryPairOfPlacesGivesTheSameResult) {
  for (const std::string& stream : streams()) {
    const std::string_view bytes = stream;
    const auto whole = parse_by_the_letter(stream);
    for (size_t first = 0; first <= bytes.size(); ++first) {
      for (size_t second = first; second <= bytes.size(); ++second) {
        ASSERT_EQ(parse_pieces({bytes.substr(0, first), bytes.substr(first, second - first),
                                bytes.substr(second)}),
                  whole)
            << escape_controls(stream) << " at " << first << " and " << second;
      }
    }
  }
}

TEST(SseSplit, ByteByByteGivesTheSameResult) {
  for (const std::string& stream : streams()) {
    std::vector<std::string_view> bytes;
    for (size_t at = 0; at < stream.size(); ++at) {
      bytes.push_back(std::string_view(stream).substr(at, 1));
      bytes.push_back({});
    }
    EXPECT_EQ(parse_pieces(bytes), parse_by_the_letter(stream)) << escape_controls(stream);
  }
}

TEST(SseSplit, EveryShortStreamOverTheCharactersThatMatterFollowsTheStandard) {
  // All texts of up to 5 tokens, cut after every byte: line ends, and just enough to dispatch.
  const std::vector<std::string> tokens{"\r", "\n", "data:x", "id:1", "\xEF\xBB\xBF", ":"};
  std::vector<std::string> texts{""};
  for (int length = 0; length < 5; ++length) {
    std::vector<std::string> longer;
    for (const std::string& text : texts) {
      for (const std::string& token : tokens) longer.push_back(text + token);
    }
    for (const std::string& text : longer) {
      std::vector<std::string_view> bytes;
      for (size_t at = 0; at < text.size(); ++at) bytes.push_back({text.data() + at, 1});
      const auto expected = parse_by_the_letter(text);
      ASSERT_EQ(parse_pieces({text}), expected) << escape_controls(text);
      ASSERT_EQ(parse_pieces(bytes), expected) << escape_controls(text);
    }
    texts = std::move(longer);
  }
}

}  // namespace
}  // namespace taskfeed::sse
