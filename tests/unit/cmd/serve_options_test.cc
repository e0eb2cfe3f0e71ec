// What serve refuses before it opens anything.
#include <gtest/gtest.h>

#include "cmd_world.h"

namespace taskfeed::cmd {
namespace {

class ServeOptions : public ::testing::Test {
 protected:
  ExitStatus call(std::vector<std::string> args) {
    return world_.call(enter_serve, std::move(args));
  }
  testing::CmdWorld world_;
};

TEST_F(ServeOptions, RefuseWhatIsNoOrigin) {
  for (const std::string origin : {"localhost:3000", "null", "*", "ftp://a", "http://a/path",
                                   "http://", "http://a b", "https://a:x", "http://a/"}) {
    EXPECT_EQ(call({"--allow-origin", origin}), ExitStatus::kUsage) << origin;
    EXPECT_NE(world_.err.text.find("is no origin"), std::string::npos) << world_.err.text;
  }
}

TEST_F(ServeOptions, RefuseAHostWithASchemeOrAPort) {
  for (const std::string host : {"http://a", "a:80", "a/b"}) {
    EXPECT_EQ(call({"--allow-host", host}), ExitStatus::kUsage) << host;
    EXPECT_NE(world_.err.text.find("is no host name"), std::string::npos) << world_.err.text;
  }
}

TEST_F(ServeOptions, RefuseAddressesThatStrangersReachWithoutAProxy) {
  EXPECT_EQ(call({"--listen", "0.0.0.0:8000"}), ExitStatus::kUsage);
  EXPECT_NE(world_.err.text.find("--behind-proxy"), std::string::npos) << world_.err.text;
}

TEST_F(ServeOptions, RefuseABridgeThatWouldHearNothing) {
  EXPECT_EQ(call({"--bridge", ""}), ExitStatus::kUsage);
  EXPECT_EQ(call({"--bridge", "taskfeed:*"}), ExitStatus::kUsage);
  EXPECT_NE(world_.err.text.find("taskfeed's own"), std::string::npos) << world_.err.text;
  EXPECT_EQ(call({"--bridge-create"}), ExitStatus::kUsage);
  EXPECT_NE(world_.err.text.find("needs --bridge"), std::string::npos) << world_.err.text;
}

TEST_F(ServeOptions, RefuseMorePatternsThanABridgeHears) {
  std::vector<std::string> args;
  for (int n = 0; n < 65; ++n) {
    args.insert(args.end(), {"--bridge", "c" + std::to_string(n)});
  }
  EXPECT_EQ(call(args), ExitStatus::kUsage);
  EXPECT_EQ(call({"--bridge", std::string(257, 'a')}), ExitStatus::kUsage);
}

TEST_F(ServeOptions, RefuseNumbersOutsideTheirRange) {
  EXPECT_EQ(call({"--workers", "257"}), ExitStatus::kUsage);
  EXPECT_EQ(call({"--shards", "0"}), ExitStatus::kUsage);
}

}  // namespace
}  // namespace taskfeed::cmd
