#include "base/digest.h"

#include <string>

#include <gtest/gtest.h>

namespace taskfeed {
namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 0xF];
  }
  return text;
}

TEST(Digest, OfNothingIsTheStandardsOwn) {
  // FIPS 180-4's example of an empty input.
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, TellsWhereOnePartEnds) {
  EXPECT_NE(sha256({"ab", "c"}), sha256({"a", "bc"}));
  EXPECT_NE(sha256({"abc"}), sha256({"abc", ""}));
  EXPECT_EQ(sha256({"ab", "c"}), sha256({"ab", "c"}));
}

}  // namespace
}  // namespace taskfeed
