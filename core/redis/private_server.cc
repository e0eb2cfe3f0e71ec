#include "redis/private_server.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "redis/private_folder.h"

namespace taskfeed::redis {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kStartTime = std::chrono::seconds(25);  // More than the supervisor gives Redis.
constexpr auto kLook = std::chrono::milliseconds(1);
constexpr size_t kSocketPathMax = 107;  // sockaddr_un(7)
constexpr int kReviveAgainMs = 1'000;

Error not_started(const std::string& why) {
  return {Errc::kUnavailable, why};
}

// Signals as a fresh program expects them, whatever the starter blocks or ignores.
void reset_signals(posix_spawnattr_t& attributes) {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

// The supervisor's one line, from the pipe.
std::string read_line(const Descriptor& pipe, Clock::time_point deadline) {
  std::string line;
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - Clock::now()).count();
    pollfd readable{pipe.get(), POLLIN, 0};
    if (left <= 0 || poll(&readable, 1, static_cast<int>(left)) == 0) {
      return "The private redis-server does not answer in time.";
    }
    char bytes[512];
    const ssize_t got = read(pipe.get(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return line.empty() ? "The private redis-server's supervisor ended early." : line;
    line.append(bytes, static_cast<size_t>(got));
    if (const size_t end = line.find('\n'); end != line.npos) return line.substr(0, end);
  }
}

Result<void> spawn_supervisor(const PrivateServerOptions& options, Clock::time_point deadline) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return not_started("No pipe to the private redis-server.");
  const Descriptor in(ends[0]);
  Descriptor out(ends[1]);
  std::vector<std::string> words = options.supervisor_argv;
  words.push_back(options.folder);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string log = options.folder + "/" + kLogName;

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  reset_signals(attributes);
  pid_t child = -1;
  const int error = posix_spawn(&child, options.supervisor_program.c_str(), &files, &attributes,
                                argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    return not_started("The private redis-server's supervisor cannot be started (" +
                       std::string(std::strerror(error)) + ").");
  }
  out = Descriptor();
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {  // It forks, and ends at once.
  }
  const std::string line = read_line(in, deadline);
  if (line != "ok") return not_started(line);
  return {};
}

}  // namespace

// Keeps the folder's server running while this process uses it.
class PrivateServer::Keeper {
 public:
  Keeper(PrivateServerOptions options, Log& log, Descriptor folder, FileLock users, FileLock start,
         FileLock supervisor)
      : options_(std::move(options)),
        log_(log),
        folder_(std::move(folder)),
        users_(std::move(users)),
        start_(std::move(start)),
        supervisor_(std::move(supervisor)),
        stop_(eventfd(0, EFD_CLOEXEC)) {}

  ~Keeper() {
    stopping_ = true;
    const uint64_t one = 1;
    (void)!write(stop_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
  }

  /// With `users` held, and a server that answers.
  Result<void> adopt_or_start() {
    // Without a supervisor it may answer, but is ending.
    if (users_.try_shared() && supervised() && ready()) return {};
    const auto deadline = Clock::now() + kStartTime;
    if (!wait_for(deadline, [&] { return start_.try_exclusive(); })) {
      return not_started("Another taskfeed has been starting the private redis-server in " +
                         options_.folder + " for too long: look at " + options_.folder + "/" +
                         kLogName + ".");
    }
    auto outcome = start_locked(deadline);
    start_.release();
    return outcome;
  }

  void keep() {
    thread_ = std::thread([this] { watch(); });
  }

 private:
  template <class Fact>
  bool wait_for(Clock::time_point deadline, Fact fact) {
    while (!fact()) {
      if (stopping_ || Clock::now() > deadline) return false;
      std::this_thread::sleep_for(kLook);
    }
    return true;
  }

  bool ready() const { return private_redis_answers(options_.folder) == Answer::kReady; }

  bool supervised() {
    if (!supervisor_.try_shared()) return true;
    supervisor_.release();
    return false;
  }

  Result<void> start_locked(Clock::time_point deadline) {
    // Held exclusively only by a supervisor that is about to see that we hold `start`.
    if (!wait_for(deadline, [&] { return users_.try_shared(); })) {
      return not_started("The private redis-server in " + options_.folder + " does not stop.");
    }
    // A supervisor that lives starts Redis by itself; one that goes leaves it to us.
    bool there = false;
    wait_for(deadline, [&] {
      const bool kept = supervised();
      there = kept && ready();
      return there || !kept;
    });
    if (there) return {};
    if (supervised()) {
      return not_started("The private redis-server in " + options_.folder +
                         " does not answer: look at " + options_.folder + "/" + kLogName + ".");
    }
    return spawn_supervisor(options_, deadline);
  }

  Descriptor supervisor_process() const {
    const Descriptor file(openat(folder_.get(), kSupervisorPid, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    char text[32] = {};
    if (file.get() < 0 || read(file.get(), text, sizeof text - 1) <= 0) return Descriptor();
    const long pid = std::strtol(text, nullptr, 10);
    if (pid <= 1) return Descriptor();
    return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0U)));
  }

  void watch() {
    std::string complaint;
    while (!stopping_) {
      const Descriptor process = supervisor_process();
      if (supervised()) {  // Looked at after the process was opened: so it is that process.
        pollfd facts[] = {{stop_.get(), POLLIN, 0}, {process.get(), POLLIN, 0}};
        const bool known = process.get() >= 0;
        poll(facts, known ? 2 : 1, known ? -1 : kReviveAgainMs);
        continue;
      }
      if (const auto revived = adopt_or_start(); !revived && !stopping_) {
        if (complaint != revived.error().text) log_.error(revived.error().text);
        complaint = revived.error().text;
        pollfd stop{stop_.get(), POLLIN, 0};
        poll(&stop, 1, kReviveAgainMs);
      }
    }
  }

  const PrivateServerOptions options_;
  Log& log_;
  const Descriptor folder_;
  FileLock users_;
  FileLock start_;
  FileLock supervisor_;
  const Descriptor stop_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

PrivateServer::PrivateServer(Url url, std::unique_ptr<Keeper> keeper)
    : url_(std::move(url)), keeper_(std::move(keeper)) {}

PrivateServer::~PrivateServer() = default;

Result<std::unique_ptr<PrivateServer>> PrivateServer::ensure(const PrivateServerOptions& options,
                                                             Log& log) {
  TF_ASSERT(!options.supervisor_argv.empty());
  PrivateServerOptions absolute = options;
  absolute.folder = std::filesystem::absolute(options.folder).lexically_normal();
  while (absolute.folder.size() > 1 && absolute.folder.ends_with('/')) absolute.folder.pop_back();
  Url url;
  url.unix_path = absolute.folder + "/" + kSocketName;
  if (url.unix_path.size() > kSocketPathMax) {
    return Error{Errc::kInvalid, "The state directory " + absolute.folder +
                                     " has too long a path for a unix socket (at most " +
                                     std::to_string(kSocketPathMax - 11) +
                                     " bytes): name a shorter one with --state-dir."};
  }
  auto folder = open_private_folder(absolute.folder);
  if (!folder) return folder.error();
  auto users = FileLock::open(*folder, kUsersLock);
  if (!users) return users.error();
  auto start = FileLock::open(*folder, kStartLock);
  if (!start) return start.error();
  auto supervisor = FileLock::open(*folder, kSupervisorLock);
  if (!supervisor) return supervisor.error();
  auto keeper = std::make_unique<Keeper>(absolute, log, *std::move(folder), *std::move(users),
                                         *std::move(start), *std::move(supervisor));
  if (auto there = keeper->adopt_or_start(); !there) return there.error();
  keeper->keep();
  return std::unique_ptr<PrivateServer>(new PrivateServer(std::move(url), std::move(keeper)));
}

}  // namespace taskfeed::redis
