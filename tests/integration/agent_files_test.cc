#include "cmd/agent_files.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace taskfeed::cmd {
namespace {

class AgentFiles : public ::testing::Test {
 protected:
  AgentFiles() {
    std::string pattern = ::testing::TempDir() + "agents.XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~AgentFiles() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  std::string refusal() {
    const auto read = agents_from_folder(folder_);
    return read ? "" : read.error().text;
  }

  std::string folder_;
};

constexpr auto kToml = R"([agent]
id = "one"
runner = "command"
[[agent.steps]]
run = ["true"]
)";

TEST_F(AgentFiles, AreReadByNameFromTomlAndJson) {
  write("b.toml", kToml);
  write("a.json", R"({"id":"two","runner":"external"})");
  write("notes.txt", "no agent");
  write(".hidden.toml", "nonsense");
  const auto agents = agents_from_folder(folder_);
  ASSERT_TRUE(agents.ok()) << agents.error().text;
  ASSERT_EQ(agents->size(), 2u);
  EXPECT_EQ(agents->at(0).id.str(), "two");
  EXPECT_EQ(agents->at(1).id.str(), "one");
}

TEST_F(AgentFiles, AreRefusedTogetherForOneThatIsBad) {
  write("a.toml", kToml);
  const std::string bad =
      write("b.toml", "[agent]\nid = \"two\"\nrunner = \"external\"\ncolour = \"red\"\n");
  EXPECT_NE(refusal().find(bad + ":"), std::string::npos) << refusal();
  EXPECT_NE(refusal().find("colour"), std::string::npos) << refusal();
}

TEST_F(AgentFiles, NameTheLineOfASyntaxError) {
  const std::string bad = write("a.toml", "[agent]\nid = \n");
  EXPECT_EQ(refusal().substr(0, bad.size() + 3), bad + ":2:") << refusal();
}

TEST_F(AgentFiles, MayNotDeclareOneIdTwice) {
  const std::string first = write("a.toml", kToml);
  const std::string second = write("b.toml", kToml);
  EXPECT_NE(refusal().find(first), std::string::npos) << refusal();
  EXPECT_NE(refusal().find(second), std::string::npos) << refusal();
}

TEST_F(AgentFiles, AreBoundedInSizeAndNumber) {
  const std::string path = write("a.toml", kToml);
  const auto too_large = agent_from_file(path, {.file_bytes_max = 10});
  ASSERT_FALSE(too_large.ok());
  EXPECT_EQ(too_large.error().code, Errc::kTooLarge);
  write("b.toml", kToml);
  const auto too_many = agents_from_folder(folder_, {.files_max = 1});
  ASSERT_FALSE(too_many.ok());
  EXPECT_EQ(too_many.error().code, Errc::kTooLarge);
}

TEST_F(AgentFiles, NameAFolderThatIsNotThere) {
  const auto absent = agents_from_folder(folder_ + "/absent");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, Errc::kInvalid);
  EXPECT_NE(absent.error().text.find(folder_ + "/absent"), std::string::npos);
  EXPECT_FALSE(agent_from_file(folder_).ok());  // A folder is no file.
}

}  // namespace
}  // namespace taskfeed::cmd
