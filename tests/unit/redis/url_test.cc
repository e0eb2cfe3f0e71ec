#include "redis/url.h"

#include <gtest/gtest.h>

namespace taskfeed::redis {
namespace {

TEST(RedisUrl, NamesHostPortAndDatabase) {
  const auto url = Url::parse("redis://db.example:6380/3");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->host, "db.example");
  EXPECT_EQ(url->port, 6380);
  EXPECT_EQ(url->db, 3);
}

TEST(RedisUrl, FillsInWhatIsLeftOut) {
  const auto url = Url::parse("redis://");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->host, "127.0.0.1");
  EXPECT_EQ(url->port, 6379);
  EXPECT_EQ(url->db, 0);
}

TEST(RedisUrl, NamesAUnixSocket) {
  const auto url = Url::parse("unix:///run/redis.sock?db=2");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->unix_path, "/run/redis.sock");
  EXPECT_EQ(url->db, 2);
  EXPECT_EQ(url->str(), "unix:///run/redis.sock?db=2");
}

TEST(RedisUrl, NamesAUnixSocketAsTheServerOptionDoes) {
  const auto url = Url::parse("unix:/run/redis.sock");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->str(), "unix:///run/redis.sock");
  EXPECT_FALSE(Url::parse("unix:relative/path").ok());
}

TEST(RedisUrl, DecodesTheLoginAndNeverPrintsThePassword) {
  const auto url = Url::parse("redis://ann:p%40ss%2Fword@db:1");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->user, "ann");
  EXPECT_EQ(url->password, "p@ss/word");
  EXPECT_EQ(url->str(), "redis://ann@db:1");
}

TEST(RedisUrl, TakesAPasswordWithoutAUser) {
  const auto url = Url::parse("redis://:secret@db");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->user, "");
  EXPECT_EQ(url->password, "secret");
}

TEST(RedisUrl, TakesAnIpv6Address) {
  const auto url = Url::parse("redis://[::1]:7000");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 7000);
  EXPECT_EQ(url->str(), "redis://[::1]:7000");
}

TEST(RedisUrl, RefusesTlsAndSaysWhatToDo) {
  const auto url = Url::parse("rediss://db.example");
  ASSERT_FALSE(url.ok());
  EXPECT_EQ(url.error().code, Errc::kInvalid);
  EXPECT_NE(url.error().text.find("tunnel"), std::string::npos);
}

TEST(RedisUrl, RefusesWhatIsNoUrlOfRedis) {
  for (const char* text :
       {"", "db.example", "http://db", "redis://db:0", "redis://db:65536", "redis://db:x",
        "redis://db/x", "redis://db/-1", "redis://[::1", "redis://a b", "redis://user@db",
        "redis://u:%zz@db", "redis://u:%00@db", "unix://", "unix://relative/path",
        "unix:///s?database=1", "unix:///s?db=", "redis://db\n"}) {
    EXPECT_FALSE(Url::parse(text).ok()) << text;
  }
  EXPECT_FALSE(Url::parse("unix:///" + std::string(107, 'x')).ok());
}

TEST(RedisUrl, NeverPrintsAPasswordInAnError) {
  const auto url = Url::parse("redis://u:secret@db:99999999");
  ASSERT_FALSE(url.ok());
  EXPECT_EQ(url.error().text.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace taskfeed::redis
