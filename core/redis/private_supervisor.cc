// The parent of the private redis-server: starts it, starts it again, stops it after the last user.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "redis/private_folder.h"
#include "redis/private_server.h"

namespace taskfeed::redis {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLoadTime = std::chrono::seconds(20);  // For a large append-only file.
constexpr auto kStopTime = std::chrono::seconds(10);  // Then SIGKILL.
constexpr auto kLinger = std::chrono::seconds(1);     // After the last user.
constexpr auto kProbeTime = std::chrono::seconds(2);  // Others look at the lock for an instant.
constexpr auto kQuickDeath = std::chrono::seconds(1);
constexpr int kQuickDeathsMax = 3;
constexpr off_t kLogBytesMax = 1 << 20;
constexpr auto kLook = std::chrono::milliseconds(1);

std::string in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/bin:/bin";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const std::string candidate = std::string(rest.substr(0, colon)) + "/" + program;
    if (candidate[0] == '/' && access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(rest.size(), colon + 1));
  }
  return {};
}

// The last lines of the log, which say why Redis gave up.
std::string why_it_ended(const std::string& folder) {
  const std::string path = folder + "/" + kLogName;
  std::ifstream log(path);
  std::string line;
  std::string last;
  std::string damaged;
  while (std::getline(log, line)) {
    if (line.find("Ready to accept") != line.npos) damaged.clear();
    if (line.find("redis-check-aof") != line.npos || line.find("Bad file format") != line.npos) {
      damaged = line;
    }
    if (!line.empty()) last = line;
  }
  if (!damaged.empty()) {
    return "The private redis-server does not start: its append-only file is damaged. Its log is " +
           path + "; after a backup, repair the file with: redis-check-aof --fix " + folder +
           "/appendonlydir/*.incr.aof";
  }
  return "The private redis-server does not start; its log, " + path + ", ends with: " + last;
}

// Redis holds `server` for as long as it lives: two of them must never write to one file.
pid_t start_redis(const std::string& program, const FileLock& server) {
  const char* const arguments[] = {program.c_str(),
                                   "--port",
                                   "0",
                                   "--unixsocket",
                                   kSocketName,
                                   "--unixsocketperm",
                                   "700",
                                   "--dir",
                                   ".",
                                   "--logfile",
                                   kLogName,
                                   "--daemonize",
                                   "no",
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "yes",
                                   "--appendfsync",
                                   "everysec",
                                   "--aof-load-truncated",
                                   "yes",
                                   "--maxmemory-policy",
                                   "noeviction",
                                   "--databases",
                                   "1",
                                   nullptr};
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  // Only calls that are safe after the fork of a process with threads.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  fcntl(server.descriptor(), F_SETFD, 0);
  if (getppid() == parent) execv(program.c_str(), const_cast<char* const*>(arguments));
  _exit(127);
}

// Empty once it answers; else why it does not.
std::string wait_until_ready(const std::string& folder, pid_t redis) {
  const auto deadline = Clock::now() + kLoadTime;
  for (;;) {
    if (waitpid(redis, nullptr, WNOHANG) == redis) return why_it_ended(folder);
    if (private_redis_answers(folder) == Answer::kReady) return {};
    if (Clock::now() > deadline) {
      return "The private redis-server does not answer in time; its log is " + folder + "/" +
             kLogName + ".";
    }
    std::this_thread::sleep_for(kLook);
  }
}

void stop_redis(const std::string& folder, pid_t redis) {
  if (!end_private_redis(folder)) kill(redis, SIGTERM);
  const auto deadline = Clock::now() + kStopTime;
  while (waitpid(redis, nullptr, WNOHANG) == 0) {
    if (Clock::now() > deadline) {
      kill(redis, SIGKILL);
      waitpid(redis, nullptr, 0);
      return;
    }
    std::this_thread::sleep_for(kLook);
  }
}

// To whoever waits for us to be ready; then the pipe is let go.
void report(const std::string& line) {
  const std::string whole = line + "\n";
  (void)!write(STDOUT_FILENO, whole.data(), whole.size());
  const Descriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  dup2(null.get(), STDOUT_FILENO);
}

void close_inherited() {
  if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0) return;
  for (int fd = 3; fd < 1024; ++fd) close(fd);
}

template <class Fact>
bool wait_for(std::chrono::milliseconds at_most, Fact fact) {
  const auto deadline = Clock::now() + at_most;
  while (!fact()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

// Returns with `users` and `start` held: nobody uses the server, and nobody can begin to.
void wait_for_the_last_user(FileLock& users, FileLock& start) {
  for (;;) {
    users.wait_exclusive();
    // A script calls taskfeed line by line: the next one finds the server still there.
    users.release();
    std::this_thread::sleep_for(kLinger);
    if (!users.try_exclusive()) continue;
    if (start.try_exclusive()) return;
    // Somebody begins right now: let them have `users`, and wait until they have begun.
    users.release();
    start.wait_exclusive();
    start.release();
  }
}

class Supervisor {
 public:
  Supervisor(std::string folder, std::string program, const FileLock& server)
      : folder_(std::move(folder)), program_(std::move(program)), server_(server) {}

  int run(FileLock& users, FileLock& start, FileLock& alone) {
    redis_ = start_redis(program_, server_);
    started_ = Clock::now();
    if (const std::string why = wait_until_ready(folder_, redis_); !why.empty()) {
      stop_redis(folder_, redis_);
      report(why);
      return 1;
    }
    report("ok");
    const Descriptor unused(eventfd(0, EFD_CLOEXEC));
    std::thread watch([&] {
      wait_for_the_last_user(users, start);
      const uint64_t one = 1;
      (void)!write(unused.get(), &one, sizeof one);
    });
    while (wait(unused)) {
      if (!again()) std::_Exit(1);  // The users' keepers see it, and try from the beginning.
    }
    watch.join();
    stop_redis(folder_, redis_);
    unlink(kSocketName);
    alone.release();
    return 0;
  }

 private:
  // True where Redis ended; false where it is no longer used.
  bool wait(const Descriptor& unused) const {
    const Descriptor ended(static_cast<int>(syscall(SYS_pidfd_open, redis_, 0U)));
    pollfd facts[] = {{unused.get(), POLLIN, 0}, {ended.get(), POLLIN, 0}};
    for (;;) {
      // Without pidfd (Linux before 5.3) we look each 100 ms.
      const int ready = poll(facts, ended.get() >= 0 ? 2 : 1, ended.get() >= 0 ? -1 : 100);
      if (ready < 0 && errno != EINTR) return false;
      if (facts[0].revents != 0) return false;
      if (waitpid(redis_, nullptr, WNOHANG) == redis_) return true;
    }
  }

  bool again() {
    quick_deaths_ = Clock::now() - started_ < kQuickDeath ? quick_deaths_ + 1 : 0;
    if (quick_deaths_ >= kQuickDeathsMax) return false;
    redis_ = start_redis(program_, server_);
    started_ = Clock::now();
    return redis_ > 0;
  }

  const std::string folder_;
  const std::string program_;
  const FileLock& server_;
  pid_t redis_ = -1;
  Clock::time_point started_;
  int quick_deaths_ = 0;
};

int supervise(const std::string& path, const Descriptor& folder) {
  auto alone = FileLock::open(folder, kSupervisorLock);
  auto users = FileLock::open(folder, kUsersLock);
  auto start = FileLock::open(folder, kStartLock);
  auto server = FileLock::open(folder, kServerLock);
  if (!alone || !users || !start || !server) {
    report("The locks in " + path + " cannot be opened: look at the rights of its files.");
    return 1;
  }
  if (!wait_for(kProbeTime, [&] { return alone->try_exclusive(); })) {
    report("Another supervisor works in " + path + ": try again.");
    return 1;
  }
  std::ofstream(kSupervisorPid) << getpid() << "\n";
  struct stat log {};
  if (stat(kLogName, &log) == 0 && log.st_size > kLogBytesMax) (void)!truncate(kLogName, 0);
  const std::string program = in_path("redis-server");
  if (program.empty()) {
    report(
        "redis-server is not installed: install it (apt install redis-server), or name a Redis "
        "with --redis.");
    return 1;
  }
  // A Redis whose supervisor was killed is ending, and removes the socket when it does.
  if (!wait_for(kStopTime, [&] { return server->try_exclusive(); })) {
    report("A redis-server that lost its supervisor does not end in " + path + ": end it.");
    return 1;
  }
  unlink(kSocketName);
  Supervisor supervisor(path, program, *server);
  return supervisor.run(*users, *start, *alone);
}

}  // namespace

int run_private_redis_supervisor(const std::string& path) {
  close_inherited();
  const auto folder = open_private_folder(path);
  if (!folder) {
    report(folder.error().text);
    return 1;
  }
  if (fchdir(folder->get()) != 0) return 1;
  // A session of our own, and nobody's child: a terminal that closes does not reach us, and our
  // starter has nothing to reap later.
  const pid_t child = fork();
  if (child != 0) std::_Exit(child > 0 ? 0 : 1);
  setsid();
  umask(0077);
  prctl(PR_SET_NAME, "taskfeed-redis");
  return supervise(path, *folder);
}

}  // namespace taskfeed::redis
