#include "cmd/whole_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cmd/token_files.h"
#include "support/scratch_folder.h"

namespace taskfeed::cmd {
namespace {

namespace fs = std::filesystem;
using testing::ScratchFolder;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

Result<void> replace(const std::string& path, std::string_view text) {
  Result<FileEdit> edit = FileEdit::begin(path);
  if (!edit) return edit.error();
  return edit->commit(text);
}

TEST(WholeFile, IsForItsOwnerAloneWhereItIsNew) {
  const ScratchFolder folder;
  ASSERT_TRUE(replace(folder.path("it"), "one\n").ok());
  EXPECT_EQ(folder.text("it"), "one\n");
  EXPECT_EQ(mode_of(folder.path("it")), 0600u);
  EXPECT_EQ(folder.files(), 1u);
}

TEST(WholeFile, KeepsTheModeOfTheOneThatIsReplaced) {
  const ScratchFolder folder;
  folder.write("it", "a longer text\n");
  for (const mode_t mode : {0640u, 0600u, 0664u}) {
    ASSERT_EQ(::chmod(folder.path("it").c_str(), mode), 0);
    ASSERT_TRUE(replace(folder.path("it"), "short\n").ok());
    EXPECT_EQ(folder.text("it"), "short\n");
    EXPECT_EQ(mode_of(folder.path("it")), mode);
  }
}

TEST(WholeFile, StaysAsItWasWhereNothingIsCommitted) {
  const ScratchFolder folder;
  folder.write("it", "before\n");
  { ASSERT_TRUE(FileEdit::begin(folder.path("it")).ok()); }
  EXPECT_EQ(folder.text("it"), "before\n");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(WholeFile, ReusesALongerOneThatAKilledWriterLeft) {
  const ScratchFolder folder;
  folder.write("it.new", "what somebody did not end\n");
  ASSERT_TRUE(replace(folder.path("it"), "whole\n").ok());
  EXPECT_EQ(folder.text("it"), "whole\n");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(WholeFile, ReplacesWhatALinkLeadsTo) {
  const ScratchFolder folder;
  folder.write("it", "before\n");
  fs::create_symlink("it", folder.path("link"));
  ASSERT_TRUE(replace(folder.path("link"), "after\n").ok());
  EXPECT_TRUE(fs::is_symlink(folder.path("link")));
  EXPECT_EQ(folder.text("it"), "after\n");
}

TEST(WholeFile, DoesNotReplaceAFolderOrAPipe) {
  const ScratchFolder folder;
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  fs::create_directory(folder.path("folder"));
  for (const char* name : {"pipe", "folder"}) {
    const Result<void> done = replace(folder.path(name), "text");
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().text, "is no regular file; name a file");
  }
  EXPECT_EQ(folder.files(), 2u);
}

TEST(WholeFile, IsCreatedOnlyWhereThereIsNone) {
  const ScratchFolder folder;
  EXPECT_TRUE(create_file(folder.path("it"), "first\n").value());
  EXPECT_FALSE(create_file(folder.path("it"), "second\n").value());
  EXPECT_EQ(folder.text("it"), "first\n");
  EXPECT_FALSE(create_file(folder.path("none/it"), "text").ok());
}

http::TokenGrant grant_of(const std::string& name) {
  http::TokenGrant grant;
  grant.name = name;
  grant.digest = http::token_digest(name);
  return grant;
}

/// Each of 8 threads adds its tokens, and takes every second one out again.
TEST(TokenFile, LosesNothingWhereManyChangeItAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kTokens = 12;
  const ScratchFolder folder;
  folder.write("tokens", "# ours");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([path = folder.path("tokens"), thread] {
      for (int token = 0; token < kTokens; ++token) {
        const std::string name = "t" + std::to_string(thread) + "-" + std::to_string(token);
        EXPECT_TRUE(add_token_grant(path, grant_of(name)).ok());
        if (token % 2 == 0) continue;
        EXPECT_TRUE(remove_token_grant(path, name).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto grants = read_token_grants(folder.path("tokens"));
  ASSERT_TRUE(grants.ok());
  EXPECT_EQ(grants->size(), static_cast<size_t>(kThreads * kTokens / 2));
  EXPECT_TRUE(folder.text("tokens").starts_with("# ours\n"));
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace taskfeed::cmd
