#include "cmd/cursor_file.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/subcommand.h"
#include "cmd_world.h"
#include "support/scratch_folder.h"

namespace taskfeed::cmd {
namespace {

namespace fs = std::filesystem;
using testing::CmdWorld;

/// A folder, and a cursor file in it that is not there yet.
class FileWorld {
 public:
  void holds(std::string_view text) const { scratch_.write("seen", text); }
  std::string text() const { return scratch_.text("seen"); }
  size_t files() const { return scratch_.files(); }
  CursorFile file() const { return CursorFile(path.string()); }

 private:
  const testing::ScratchFolder scratch_;

 public:
  const fs::path path = scratch_.path("seen");
  const fs::path folder = path.parent_path();
};

/// No file of this process may grow, as on a full disk, while one lives.
class NoRoom {
 public:
  NoRoom() : ignored_(std::signal(SIGXFSZ, SIG_IGN)) {
    TF_ASSERT(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit none{0, before_.rlim_max};
    TF_ASSERT(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  }
  ~NoRoom() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, ignored_);
  }

 private:
  rlimit before_{};
  void (*ignored_)(int);
};

TEST(CursorFile, IsTheBeginningWhereThereIsNoneOrAnEmptyOne) {
  const FileWorld world;
  ASSERT_TRUE(world.file().load().ok());
  EXPECT_EQ(world.file().load().value(), std::nullopt);
  world.holds("");
  EXPECT_EQ(world.file().load().value(), std::nullopt);
  world.holds("\n");
  EXPECT_EQ(world.file().load().value(), std::nullopt);
}

TEST(CursorFile, GivesBackWhatWasStoredLast) {
  const FileWorld world;
  ASSERT_TRUE(world.file().store({7, 4'294'967'295}).ok());
  ASSERT_TRUE(world.file().store({8, 1}).ok());
  EXPECT_EQ(world.text(), "8-1\n");
  EXPECT_EQ(world.file().load().value(), (Cursor{8, 1}));
  EXPECT_EQ(world.files(), 1u);
}

TEST(CursorFile, ReusesWhatAKilledWriterLeft) {
  const FileWorld world;
  std::ofstream(world.path.string() + ".new") << "1234567890-1234567890 and more";
  ASSERT_TRUE(world.file().check().ok());
  ASSERT_TRUE(world.file().store({2, 2}).ok());
  EXPECT_EQ(world.text(), "2-2\n");
  EXPECT_EQ(world.files(), 1u);
}

TEST(CursorFile, IsReplacedWhereALinkLeadsToIt) {
  const FileWorld world;
  world.holds("1-1\n");
  const fs::path link = world.folder / "link";
  fs::create_symlink("seen", link);
  ASSERT_TRUE(CursorFile(link.string()).store({2, 2}).ok());
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(world.text(), "2-2\n");
}

TEST(CursorFile, RefusesWhatNamesNoCursor) {
  const FileWorld world;
  for (const char* text : {"seven", "7", "7-", "7-7 8-8", "7-7\n8-8\n"}) {
    world.holds(text);
    const auto loaded = world.file().load();
    ASSERT_FALSE(loaded.ok()) << text;
    EXPECT_EQ(loaded.error().code, Errc::kInvalid);
    EXPECT_NE(loaded.error().text.find(world.path.string()), std::string::npos);
    EXPECT_EQ(world.text(), text);
  }
}

TEST(CursorFile, RefusesAFolderADeviceAndAPipe) {
  const FileWorld world;
  EXPECT_FALSE(CursorFile(world.folder.string()).load().ok());
  EXPECT_FALSE(CursorFile("/dev/full").load().ok());
  ASSERT_EQ(::mkfifo(world.path.c_str(), 0600), 0);
  EXPECT_FALSE(world.file().load().ok());
}

TEST(CursorFile, KeepsTheOldOneWhereTheNewOneCannotBeWritten) {
  const FileWorld world;
  ASSERT_TRUE(world.file().store({1, 1}).ok());
  Result<void> stored;
  {
    const NoRoom no_room;
    stored = world.file().store({2, 2});
  }
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().code, Errc::kInternal);
  EXPECT_EQ(stored.error().text,
            "--cursor-file " + world.path.string() + " cannot be written: File too large");
  EXPECT_EQ(world.text(), "1-1\n");
  EXPECT_EQ(world.files(), 1u);
}

TEST(CursorFile, SaysBeforehandThatItsFolderIsMissing) {
  const FileWorld world;
  const CursorFile file((world.folder / "none" / "seen").string());
  ASSERT_TRUE(file.load().ok());
  ASSERT_FALSE(file.check().ok());
  EXPECT_NE(file.check().error().text.find("No such file or directory"), std::string::npos);
}

TEST(CursorFile, LeavesNothingBehindWhereItIsOnlyChecked) {
  const FileWorld world;
  ASSERT_TRUE(world.file().check().ok());
  EXPECT_EQ(world.files(), 0u);
}

/// Three events of one task that has ended.
class TailWorld : public CmdWorld {
 public:
  TailWorld() {
    backend.apply_agent("a-1");
    task = backend.create_task("a-1");
    for (const std::string_view type : {"A", "B", "WorkflowCompleted"}) {
      TF_ASSERT(backend.service.publish(*task, {{.type = std::string(type)}}).ok());
    }
  }
  std::vector<std::string> args(std::vector<std::string> more) const {
    std::vector<std::string> all{"-o", "raw", task->str()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  size_t lines() const {
    return static_cast<size_t>(std::count(out.text.begin(), out.text.end(), '\n'));
  }
  std::string cursor_of(size_t event) { return backend.events(*task)[event].cursor.str(); }

  std::optional<TaskId> task;
};

TEST(TailCursorFile, BeginsWhereTheLastReaderEnded) {
  const FileWorld files;
  TailWorld world;
  const std::string path = files.path.string();
  const auto first = world.args({"--cursor-file", path, "--until-event", "B"});
  EXPECT_EQ(world.call(enter_tail, first), ExitStatus::kCompleted);
  EXPECT_EQ(world.lines(), 2u);
  EXPECT_EQ(files.text(), world.cursor_of(1) + "\n");
  EXPECT_EQ(world.call(enter_tail, world.args({"--cursor-file", path})), ExitStatus::kCompleted);
  EXPECT_EQ(world.lines(), 1u);
  EXPECT_NE(world.out.text.find("WorkflowCompleted"), std::string::npos);
  EXPECT_EQ(files.text(), world.cursor_of(2) + "\n");
  EXPECT_EQ(world.call(enter_tail, world.args({"--cursor-file", path})), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, "");
}

TEST(TailCursorFile, EndsTheReaderWhereItCannotBeWritten) {
  const FileWorld files;
  TailWorld world;
  {
    const NoRoom no_room;
    EXPECT_EQ(world.call(enter_tail, world.args({"--cursor-file", files.path.string()})),
              ExitStatus::kOther);
  }
  EXPECT_EQ(world.err.text, "taskfeed: --cursor-file " + files.path.string() +
                                " cannot be written: File too large\n");
  EXPECT_EQ(world.lines(), 1u);
  EXPECT_EQ(files.files(), 0u);
}

TEST(TailCursorFile, PrintsNothingWhereItCouldNotRemember) {
  const FileWorld files;
  TailWorld world;
  const std::string path = (files.folder / "none" / "seen").string();
  EXPECT_EQ(world.call(enter_tail, world.args({"--cursor-file", path})), ExitStatus::kOther);
  EXPECT_EQ(world.out.text, "");
}

TEST(TailCursorFile, IsOfOneTaskAndInPlaceOfAfter) {
  TailWorld world;
  EXPECT_EQ(world.call(enter_tail, world.args({"--cursor-file", "f", "--after", "1-1"})),
            ExitStatus::kUsage);
  EXPECT_EQ(world.err.text,
            "taskfeed: --cursor-file and --after exclude each other; give one of them\n");
  EXPECT_EQ(world.call(enter_tail, world.args({"t-2", "--cursor-file", "f"})), ExitStatus::kUsage);
  EXPECT_EQ(
      world.err.text,
      "taskfeed: --cursor-file holds the place in one task; give one task, or --all, or --agent\n");
  EXPECT_EQ(world.call(enter_tail, world.args({"--cursor-file", ""})), ExitStatus::kUsage);
  EXPECT_EQ(world.opened, 0);
}

}  // namespace
}  // namespace taskfeed::cmd
