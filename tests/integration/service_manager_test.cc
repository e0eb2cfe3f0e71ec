#include "cmd/service_manager.h"

#include <cstring>
#include <map>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {

class ServiceManagerProtocol : public ::testing::Test {
 protected:
  ServiceManagerProtocol() {
    std::string pattern = ::testing::TempDir() + "notify.XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern + "/socket";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~ServiceManagerProtocol() override {
    ::close(socket_);
    ::unlink(path_.c_str());
  }
  Environment environment() {
    return {[this](std::string_view name) { return variables_[std::string(name)]; }};
  }
  std::string heard() {
    char text[512];
    const ssize_t got = ::recv(socket_, text, sizeof text, MSG_DONTWAIT);
    return got < 0 ? "" : std::string(text, static_cast<size_t>(got));
  }

  std::string path_;
  int socket_ = -1;
  std::map<std::string, std::string> variables_;
};

TEST_F(ServiceManagerProtocol, TellsItsStateByDatagrams) {
  variables_["NOTIFY_SOCKET"] = path_;
  const ServiceManager manager(environment());
  manager.ready("serving");
  EXPECT_EQ(heard(), "READY=1\nSTATUS=serving");
  manager.reloading(MonoTime(Milliseconds(12)));
  EXPECT_EQ(heard(), "RELOADING=1\nMONOTONIC_USEC=12000");
  manager.stopping();
  EXPECT_EQ(heard(), "STOPPING=1");
}

TEST_F(ServiceManagerProtocol, IsSilentWithoutAManager) {
  const ServiceManager manager(environment());
  manager.ready("serving");
  EXPECT_EQ(heard(), "");
  EXPECT_FALSE(manager.watchdog_interval().has_value());
  EXPECT_TRUE(manager.listening_sockets().empty());
}

TEST_F(ServiceManagerProtocol, FeedsTheWatchdogTwiceAsOftenAsAsked) {
  variables_["WATCHDOG_USEC"] = "3000000";
  EXPECT_EQ(ServiceManager(environment()).watchdog_interval(), Milliseconds(1'500));
  variables_["WATCHDOG_PID"] = std::to_string(::getpid());
  EXPECT_EQ(ServiceManager(environment()).watchdog_interval(), Milliseconds(1'500));
}

TEST_F(ServiceManagerProtocol, LeavesAloneWhatIsMeantForAnotherProcess) {
  variables_["WATCHDOG_USEC"] = "3000000";
  variables_["WATCHDOG_PID"] = "1";
  variables_["LISTEN_FDS"] = "2";
  variables_["LISTEN_PID"] = "1";
  const ServiceManager manager(environment());
  EXPECT_FALSE(manager.watchdog_interval().has_value());
  EXPECT_TRUE(manager.listening_sockets().empty());
}

TEST_F(ServiceManagerProtocol, TakesNumbersThatAreNoneAsAbsent) {
  for (const char* text : {"", "x", "-5", "12x", "99999999999999999999"}) {
    variables_["WATCHDOG_USEC"] = text;
    variables_["LISTEN_FDS"] = text;
    variables_["LISTEN_PID"] = std::to_string(::getpid());
    const ServiceManager manager(environment());
    EXPECT_FALSE(manager.watchdog_interval().has_value()) << text;
    EXPECT_TRUE(manager.listening_sockets().empty()) << text;
  }
}

}  // namespace
}  // namespace taskfeed::cmd
