/// Where a daemon listens: the text, and the socket.
#include "http/listening_socket.h"

#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace taskfeed::http {
namespace {

ListenAddress parsed(std::string_view text) {
  return ListenAddress::parse(text).value();
}

TEST(ListenAddress, IsAnAddressAndAPortOrAPath) {
  EXPECT_EQ(parsed("127.0.0.1:8000"), (ListenAddress{"127.0.0.1", 8000, {}}));
  EXPECT_EQ(parsed("localhost:8000"), (ListenAddress{"127.0.0.1", 8000, {}}));
  EXPECT_EQ(parsed(":0"), (ListenAddress{"0.0.0.0", 0, {}}));
  EXPECT_EQ(parsed("[::1]:65535"), (ListenAddress{"::1", 65'535, {}}));
  EXPECT_EQ(parsed("unix:/run/x:1"), (ListenAddress{{}, 0, "/run/x:1"}));
}

TEST(ListenAddress, IsWrittenAsItIsRead) {
  for (const std::string_view text : {"127.0.0.1:8000", "[::1]:80", "[::]:1", "unix:/run/s"}) {
    EXPECT_EQ(parsed(text).str(), text);
  }
}

TEST(ListenAddress, IsNotANameToLookUpAndNothingElse) {
  using std::string_literals::operator""s;
  for (const std::string& text : {""s,
                                  "8000"s,
                                  "127.0.0.1"s,
                                  "127.0.0.1:"s,
                                  "127.0.0.1:65536"s,
                                  "127.0.0.1:-1"s,
                                  "127.0.0.1:+1"s,
                                  "127.0.0.1:8000 "s,
                                  "example.org:80"s,
                                  "LOCALHOST:80"s,
                                  "127.1:80"s,
                                  "::1:80"s,
                                  "[::1]"s,
                                  "[::1:80"s,
                                  "[127.0.0.1]:80"s,
                                  "[]:80"s,
                                  "unix:"s,
                                  "unix"s,
                                  "unix:a\0b"s,
                                  "127.0.0.1\0x:80"s,
                                  "http://127.0.0.1:80"s,
                                  "unix:" + std::string(108, 'a')}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.error().code, Errc::kInvalid);
  }
  EXPECT_TRUE(ListenAddress::parse("unix:" + std::string(107, 'a')).ok());
}

TEST(ListenAddress, KnowsWhetherOnlyThisMachineReachesIt) {
  for (const std::string_view text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "unix:/x"}) {
    EXPECT_TRUE(parsed(text).is_local()) << text;
  }
  for (const std::string_view text : {":1", "0.0.0.0:1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1"}) {
    EXPECT_FALSE(parsed(text).is_local()) << text;
  }
}

TEST(ListeningSocketTcp, TellsThePortThatTheKernelChose) {
  const auto socket = ListeningSocket::open(parsed("127.0.0.1:0"), false);
  ASSERT_TRUE(socket.ok());
  EXPECT_GT(socket->address().port, 0);
  const auto again = ListeningSocket::open(socket->address(), false);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::kConflict);
  EXPECT_NE(again.error().text.find(socket->address().str()), std::string::npos);
}

TEST(ListeningSocketTcp, IsOpenedByEachShardWhereThePortIsReused) {
  const auto one = ListeningSocket::open(parsed("127.0.0.1:0"), true);
  ASSERT_TRUE(one.ok());
  EXPECT_TRUE(ListeningSocket::open(one->address(), true).ok());
}

class ListeningSocketFile : public ::testing::Test {
 protected:
  ListeningSocketFile() {
    std::string pattern = ::testing::TempDir() + "taskfeed-http-XXXXXX";
    TF_ASSERT(mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    path = folder + "/socket";
    address = parsed("unix:" + path);
  }
  ~ListeningSocketFile() override { std::filesystem::remove_all(folder); }
  bool is_there() const { return std::filesystem::exists(std::filesystem::symlink_status(path)); }

  std::string folder;
  std::string path;
  ListenAddress address;
};

TEST_F(ListeningSocketFile, IsForItsUserAloneAndGoneAfterwards) {
  {
    const auto socket = ListeningSocket::open(address, false);
    ASSERT_TRUE(socket.ok()) << socket.error().text;
    struct stat file {};
    ASSERT_EQ(stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
  }
  EXPECT_FALSE(is_there());
}

TEST_F(ListeningSocketFile, IsNotTakenFromWhoListensThere) {
  const auto socket = ListeningSocket::open(address, false);
  ASSERT_TRUE(socket.ok());
  const auto second = ListeningSocket::open(address, false);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Errc::kConflict);
  EXPECT_TRUE(is_there());
}

TEST_F(ListeningSocketFile, ThatAKilledDaemonLeftIsReplaced) {
  const int left = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  path.copy(place.sun_path, sizeof(place.sun_path) - 1);
  ASSERT_EQ(bind(left, reinterpret_cast<sockaddr*>(&place), sizeof(place)), 0);
  ::close(left);
  ASSERT_TRUE(is_there());
  const auto opened = ListeningSocket::open(address, false);
  EXPECT_TRUE(opened.ok()) << opened.error().text;
}

TEST_F(ListeningSocketFile, IsNotPutInThePlaceOfAnotherKindOfFile) {
  ::close(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT_FALSE(ListeningSocket::open(address, false).ok());
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
  std::filesystem::remove(path);
  std::filesystem::create_symlink(folder + "/elsewhere", path);
  EXPECT_FALSE(ListeningSocket::open(address, false).ok());
  EXPECT_TRUE(std::filesystem::is_symlink(path));
}

TEST_F(ListeningSocketFile, IsSharedByShardsAndKeptByTheFirst) {
  auto socket = ListeningSocket::open(address, false);
  ASSERT_TRUE(socket.ok());
  {
    const auto shared = socket->share();
    ASSERT_TRUE(shared.ok());
    EXPECT_EQ(shared->address(), address);
    EXPECT_NE(shared->descriptor(), socket->descriptor());
  }
  EXPECT_TRUE(is_there());
}

TEST_F(ListeningSocketFile, ThatWasHandedDownIsLeftToItsOwner) {
  auto owner = ListeningSocket::open(address, false);
  ASSERT_TRUE(owner.ok());
  {
    const auto adopted = ListeningSocket::adopt(dup(owner->descriptor()));
    ASSERT_TRUE(adopted.ok());
    EXPECT_EQ(adopted->address().unix_path, path);
    EXPECT_NE(fcntl(adopted->descriptor(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(fcntl(adopted->descriptor(), F_GETFL) & O_NONBLOCK, 0);
  }
  EXPECT_TRUE(is_there());
}

TEST(ListeningSocketAdopt, RefusesAndClosesWhatDoesNotListen) {
  const int idle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(ListeningSocket::adopt(idle).error().code, Errc::kInvalid);
  EXPECT_EQ(fcntl(idle, F_GETFD), -1);
  EXPECT_EQ(ListeningSocket::adopt(-1).error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace taskfeed::http
