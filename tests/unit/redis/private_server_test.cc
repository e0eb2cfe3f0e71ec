#include "redis/private_server.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "redis/redis_broker.h"
#include "support/redis_world.h"

namespace taskfeed::redis {
namespace {

using namespace taskfeed::testing;

// A process that uses the folder's server until it is ended.
class User {
 public:
  explicit User(const std::string& folder, const char* path = nullptr) {
    int in[2];
    int out[2];
    EXPECT_EQ(pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[0], 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    std::string host = PRIVATE_HOST;
    std::string mode = "use";
    std::string where = folder;
    char* argv[] = {host.data(), mode.data(), where.data(), nullptr};
    std::string path_variable = std::string("PATH=") + (path != nullptr ? path : "");
    char* narrow[] = {path_variable.data(), nullptr};
    EXPECT_EQ(
        posix_spawn(&pid_, host.c_str(), &files, nullptr, argv, path != nullptr ? narrow : environ),
        0);
    posix_spawn_file_actions_destroy(&files);
    close(in[0]);
    close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }
  ~User() {
    leave();
    if (out_ >= 0) close(out_);
  }
  User(const User&) = delete;
  User& operator=(const User&) = delete;

  /// The line that it said: "ok", or why not. Waits for it.
  std::string said() {
    while (line_.find('\n') == line_.npos) {
      char bytes[256];
      const ssize_t got = read(out_, bytes, sizeof bytes);
      if (got <= 0) return line_;
      line_.append(bytes, static_cast<size_t>(got));
    }
    return line_.substr(0, line_.find('\n'));
  }
  void leave() {
    if (in_ >= 0) close(in_);
    in_ = -1;
    reap();
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    reap();
  }

 private:
  void reap() {
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string line_;
};

class PrivateServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "taskfeed-state-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    base_ = pattern;
    folder_ = base_ + "/state";
  }
  void TearDown() override {
    EXPECT_TRUE(eventually([&] { return nothing_runs(); })) << "an orphan is left behind";
    std::filesystem::remove_all(base_);
  }
  bool locked(const char* name) const {
    const int file = open((folder_ + "/" + name).c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return false;
    const bool free = flock(file, LOCK_SH | LOCK_NB) == 0;
    close(file);
    return !free;
  }
  /// Neither redis-server nor a supervisor: both hold a lock for as long as they live.
  bool nothing_runs() const { return !locked("server.lock") && !locked("supervisor.lock"); }
  pid_t supervisor() const {
    pid_t pid = -1;
    std::ifstream(folder_ + "/supervisor.pid") >> pid;
    return pid;
  }
  pid_t redis() {
    const std::string info = ask({"INFO", "server"});
    const size_t at = info.find("process_id:");
    return at == info.npos ? -1 : std::stoi(info.substr(at + 11));
  }
  std::string ask(std::initializer_list<std::string_view> words) {
    auto connection = Connection::open(url(), Milliseconds(1'000));
    if (!connection) return {};
    Batch batch((*connection)->known());
    batch.command(words);
    Replies replies;
    (*connection)->exchange(batch.bytes(), 1, Milliseconds(1'000), replies);
    return replies.empty() ? "" : std::string(replies[0].view().text());
  }
  Url url() const {
    Url url;
    url.unix_path = folder_ + "/redis.sock";
    return url;
  }

  std::string base_;
  std::string folder_;
};

using PrivateServerLife = PrivateServerTest;
using PrivateServerFolder = PrivateServerTest;

TEST_F(PrivateServerLife, ItsSupervisorIsCalledByANameThatPeopleKnow) {
  User user(folder_);
  ASSERT_EQ(user.said(), "ok");
  std::ifstream words("/proc/" + std::to_string(supervisor()) + "/cmdline");
  std::string first;
  std::getline(words, first, '\0');
  EXPECT_EQ(first, "taskfeed-of-a-test");
}

TEST_F(PrivateServerLife, IsSharedAndStopsAfterItsLastUser) {
  User first(folder_);
  ASSERT_EQ(first.said(), "ok");
  const pid_t server = redis();
  User second(folder_);
  ASSERT_EQ(second.said(), "ok");
  EXPECT_EQ(redis(), server);
  first.leave();
  EXPECT_EQ(ask({"PING"}), "PONG");
  second.leave();
  EXPECT_TRUE(eventually([&] { return nothing_runs(); }));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/redis.sock"));
}

TEST_F(PrivateServerLife, KeepsItsDataFromUserToUser) {
  {
    User user(folder_);
    ASSERT_EQ(user.said(), "ok");
    EXPECT_EQ(ask({"SET", "k", "v"}), "OK");
  }
  ASSERT_TRUE(eventually([&] { return nothing_runs(); }));
  User user(folder_);
  ASSERT_EQ(user.said(), "ok");
  EXPECT_EQ(ask({"GET", "k"}), "v");
}

TEST_F(PrivateServerLife, OutlivesTheKillOfTheUserThatStartedIt) {
  User first(folder_);
  ASSERT_EQ(first.said(), "ok");
  User second(folder_);
  ASSERT_EQ(second.said(), "ok");
  const pid_t server = redis();
  first.kill();
  EXPECT_EQ(redis(), server);
  second.kill();
  EXPECT_TRUE(eventually([&] { return nothing_runs(); }));
}

TEST_F(PrivateServerLife, IsStartedOnceByManyThatBeginTogether) {
  std::vector<std::unique_ptr<User>> users;
  for (int i = 0; i < 20; ++i) users.push_back(std::make_unique<User>(folder_));
  for (const auto& user : users) EXPECT_EQ(user->said(), "ok");
  EXPECT_EQ(ask({"SET", "k", "v"}), "OK");
  const pid_t server = redis();
  for (size_t i = 0; i + 1 < users.size(); ++i) users[i]->kill();
  EXPECT_EQ(redis(), server);
}

TEST_F(PrivateServerLife, ComesAndGoesWithoutAGapBetweenUsers) {
  for (int round = 0; round < 5; ++round) {
    User user(folder_);
    ASSERT_EQ(user.said(), "ok") << round;
    EXPECT_EQ(ask({"PING"}), "PONG");
  }
}

TEST_F(PrivateServerLife, ReturnsAfterTheKillOfItsSupervisor) {
  User user(folder_);
  ASSERT_EQ(user.said(), "ok");
  EXPECT_EQ(ask({"SET", "k", "v"}), "OK");
  const pid_t before = supervisor();
  const pid_t server = redis();
  kill(before, SIGKILL);
  // The old Redis may answer until its end, when the new supervisor has written its pid already.
  ASSERT_TRUE(eventually([&] { return redis() != server && ask({"GET", "k"}) == "v"; }));
  EXPECT_NE(supervisor(), before);
}

TEST_F(PrivateServerLife, EndsWithItsSupervisorWhereNobodyIsLeft) {
  User user(folder_);
  ASSERT_EQ(user.said(), "ok");
  const pid_t before = supervisor();
  user.kill();
  kill(before, SIGKILL);
  EXPECT_TRUE(eventually([&] { return nothing_runs(); }));
}

TEST_F(PrivateServerLife, RestartsARedisThatDied) {
  User user(folder_);
  ASSERT_EQ(user.said(), "ok");
  EXPECT_EQ(ask({"SET", "k", "v"}), "OK");
  const pid_t server = redis();
  kill(server, SIGTERM);
  ASSERT_TRUE(eventually([&] { return redis() != server && ask({"GET", "k"}) == "v"; }));
}

TEST_F(PrivateServerLife, AcceptsATruncatedTail) {
  {
    User user(folder_);
    ASSERT_EQ(user.said(), "ok");
    EXPECT_EQ(ask({"SET", "k", "v"}), "OK");
    EXPECT_EQ(ask({"SET", "l", "w"}), "OK");
  }
  ASSERT_TRUE(eventually([&] { return nothing_runs(); }));
  const std::string file = folder_ + "/appendonlydir/appendonly.aof.1.incr.aof";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 5);
  User user(folder_);
  ASSERT_EQ(user.said(), "ok");
  EXPECT_EQ(ask({"GET", "k"}), "v");
}

TEST_F(PrivateServerLife, SaysHowToRepairADamagedFile) {
  {
    User user(folder_);
    ASSERT_EQ(user.said(), "ok");
    EXPECT_EQ(ask({"SET", "k", "v"}), "OK");
    EXPECT_EQ(ask({"SET", "l", "w"}), "OK");
  }
  ASSERT_TRUE(eventually([&] { return nothing_runs(); }));
  std::fstream file(folder_ + "/appendonlydir/appendonly.aof.1.incr.aof");
  file.seekp(30);
  file << "XXXX";
  file.close();
  User user(folder_);
  const std::string said = user.said();
  EXPECT_NE(said.find("redis-check-aof --fix"), std::string::npos) << said;
  EXPECT_NE(said.find(folder_ + "/redis.log"), std::string::npos) << said;
}

TEST_F(PrivateServerLife, SaysThatRedisIsNotInstalled) {
  User user(folder_, "/nowhere");
  EXPECT_NE(user.said().find("apt install redis-server"), std::string::npos);
}

TEST_F(PrivateServerFolder, IsMadeForTheUserAlone) {
  User user(folder_);
  ASSERT_EQ(user.said(), "ok");
  struct stat status {};
  ASSERT_EQ(stat(folder_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_EQ(stat((folder_ + "/redis.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(PrivateServerFolder, IsRefusedWhereOthersMayWrite) {
  mkdir(folder_.c_str(), 0700);
  chmod(folder_.c_str(), 0770);
  User user(folder_);
  EXPECT_NE(user.said().find("written to by others"), std::string::npos);
}

TEST_F(PrivateServerFolder, IsRefusedAsASymbolicLink) {
  mkdir((base_ + "/real").c_str(), 0700);
  ASSERT_EQ(symlink((base_ + "/real").c_str(), folder_.c_str()), 0);
  User user(folder_);
  EXPECT_NE(user.said().find("symbolic link"), std::string::npos);
}

TEST_F(PrivateServerFolder, IsRefusedWhereItsPathIsTooLongForASocket) {
  User user(base_ + "/" + std::string(100, 'x'));
  EXPECT_NE(user.said().find("too long"), std::string::npos);
}

TEST_F(PrivateServerFolder, OfAStaleSocketIsUsedAllTheSame) {
  mkdir(folder_.c_str(), 0700);
  std::ofstream(folder_ + "/redis.sock") << "";
  User user(folder_);
  EXPECT_EQ(user.said(), "ok");
}

}  // namespace
}  // namespace taskfeed::redis
