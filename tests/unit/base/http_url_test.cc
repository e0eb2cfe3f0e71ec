/// URLs of servers that an operator names.
#include "base/http_url.h"

#include <gtest/gtest.h>

namespace taskfeed {
namespace {

TEST(HttpUrl, HasItsPartsAndIsWrittenAsItWasRead) {
  const HttpUrl plain = HttpUrl::parse("http://127.0.0.1:8001").value();
  EXPECT_EQ(plain, (HttpUrl{false, "127.0.0.1", 8001, ""}));
  EXPECT_EQ(plain.str(), "http://127.0.0.1:8001");
  const HttpUrl tls = HttpUrl::parse("https://models.example/v1/").value();
  EXPECT_EQ(tls, (HttpUrl{true, "models.example", 443, "/v1"}));
  EXPECT_EQ(tls.str(), "https://models.example/v1");
  const HttpUrl six = HttpUrl::parse("http://[::1]:80/").value();
  EXPECT_EQ(six, (HttpUrl{false, "::1", 80, ""}));
  EXPECT_EQ(six.str(), "http://[::1]");
}

TEST(HttpUrl, NamesThePortToTheServerOnlyWhereItIsNotTheSchemesOwn) {
  EXPECT_EQ(HttpUrl::parse("http://a:80").value().host_field(), "a");
  EXPECT_EQ(HttpUrl::parse("https://a:443").value().host_field(), "a");
  EXPECT_EQ(HttpUrl::parse("https://a:80").value().host_field(), "a:80");
  EXPECT_EQ(HttpUrl::parse("http://[::1]:8001").value().host_field(), "[::1]:8001");
}

TEST(HttpUrl, SaysWhatIsWrongAndNeverRepeatsAPassword) {
  for (const char* text :
       {"", "127.0.0.1:8001", "ftp://a", "http://", "http:///x", "http://a:", "http://a:0",
        "http://a:65536", "http://a:1x", "http://a b", "http://a\n", "http://a/?q", "http://a/#f",
        "http://[::1", "http://[x]", "http://[::1]8", "http://a\x7f", "http://b\xc3\xbc"}) {
    EXPECT_FALSE(HttpUrl::parse(text).ok()) << text;
  }
  const auto refused = HttpUrl::parse("http://me:hunter2@a");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text.find("hunter2"), std::string::npos);
  EXPECT_EQ(HttpUrl::parse("http://" + std::string(3'000, 'a')).error().code, Errc::kTooLarge);
}

}  // namespace
}  // namespace taskfeed
