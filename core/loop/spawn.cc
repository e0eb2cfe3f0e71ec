#include "loop/spawn.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

namespace taskfeed::loop {
namespace {

enum class Stage : int { kPrepare, kFolder, kExec };

/// What the child writes to the report pipe when it cannot become the program.
struct Report {
  Stage stage;
  int error;
};

/// All that the child needs, laid out before vfork: nothing is allocated afterwards.
struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::vector<const char*> candidates;  ///< Paths to try, in order.
  const char* cwd = nullptr;
  int in = -1;
  int out = -1;
  int err = -1;
  int report = -1;
  pid_t parent = 0;
};

[[noreturn]] void give_up(const Prepared& plan, Stage stage, int error) {
  const Report report{stage, error};
  [[maybe_unused]] const auto written = ::write(plan.report, &report, sizeof report);
  ::_exit(127);
}

/// Between vfork and exec: async-signal-safe calls only.
[[noreturn]] void become(const Prepared& plan) {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(number, &action, nullptr);
  }
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(plan, Stage::kPrepare, errno);
  if (::getppid() != plan.parent) ::_exit(127);  // It died before prctl took effect.
  ::setsid();
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (::dup2(plan.in, 0) < 0 || ::dup2(plan.out, 1) < 0 || ::dup2(plan.err, 2) < 0) {
    give_up(plan, Stage::kPrepare, errno);
  }
  // hiredis opens its sockets without O_CLOEXEC, for one.
  if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    for (int fd = 3; fd < 65'536; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  if (plan.cwd != nullptr && ::chdir(plan.cwd) != 0) give_up(plan, Stage::kFolder, errno);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  int error = ENOENT;
  for (const char* path : plan.candidates) {
    ::execve(path, plan.argv.data(), plan.envp.data());
    // As execvp(3): go on past what is not there, but remember that something was not allowed.
    if (errno == ENOENT || errno == ENOTDIR) continue;
    error = errno;
    if (errno != EACCES) break;
  }
  give_up(plan, Stage::kExec, error);
}

/// Our own descriptors must not stand where dup2 puts the child's.
Fd above_stdio(Fd fd) {
  if (!fd.open() || fd.get() > 2) return fd;
  return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return {Errc::kUnavailable, std::string("no pipe for the program: ") + std::strerror(errno)};
  }
  Pipe pipe{above_stdio(Fd(ends[0])), above_stdio(Fd(ends[1]))};
  if (!pipe.read.open() || !pipe.write.open()) {
    return {Errc::kUnavailable, "no descriptor left for the program's output"};
  }
  return pipe;
}

Result<Pipe> empty_input() {
  Pipe pipe{above_stdio(Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))), Fd()};
  if (!pipe.read.open()) return {Errc::kUnavailable, "cannot open /dev/null"};
  return pipe;
}

std::vector<std::string> candidates_for(const SpawnPlan& plan) {
  const std::string& program = plan.argv.front();
  if (program.find('/') != std::string::npos) return {program};
  constexpr std::string_view kKey = "PATH=";
  std::string_view path;
  for (const std::string& entry : plan.env) {
    if (entry.starts_with(kKey)) path = std::string_view(entry).substr(kKey.size());
  }
  std::vector<std::string> found;
  while (!path.empty()) {
    const size_t colon = std::min(path.find(':'), path.size());
    // An empty element means the working directory (POSIX); that is how attacks are made: skip.
    if (colon > 0) found.push_back(std::string(path.substr(0, colon)) + "/" + program);
    path.remove_prefix(std::min(colon + 1, path.size()));
  }
  return found;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

Error explain(const SpawnPlan& plan, const Report& report) {
  const std::string reason = std::strerror(report.error);
  if (report.stage == Stage::kFolder) {
    return {report.error == EACCES ? Errc::kForbidden : Errc::kNotFound,
            "cannot enter the folder " + plan.cwd + ": " + reason};
  }
  if (report.stage == Stage::kPrepare) {
    return {Errc::kUnavailable, "cannot prepare a process: " + reason};
  }
  const std::string& program = plan.argv.front();
  switch (report.error) {
    case ENOENT:
      return {Errc::kNotFound, program + ": no such program (or its interpreter is missing)"};
    case EACCES:
      return {Errc::kForbidden, program + ": not executable"};
    case ENOEXEC:
      return {Errc::kInvalid, program + ": neither a binary nor a script with a #! line"};
    case E2BIG:
      return {Errc::kTooLarge, program + ": its arguments and environment are too long"};
    default:
      return {Errc::kUnavailable, program + ": " + reason};
  }
}

bool has_nul(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

/// With all signals blocked around it, since a handler that ran in the child would run on the
/// parent's memory.
pid_t start(const Prepared& prepared) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (pid == 0) become(prepared);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void Fd::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Child::Child(pid_t pid, Fd pidfd, Fd in, Fd out, Fd err)
    : pid_(pid),
      pidfd_(std::move(pidfd)),
      in_(std::move(in)),
      out_(std::move(out)),
      err_(std::move(err)) {}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      in_(std::move(other.in_)),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)) {}

Child::~Child() {
  reap();
}

std::optional<ExitStatus> Child::ended() const {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid == 0) {
    return std::nullopt;
  }
  if (info.si_code == CLD_EXITED) return ExitStatus{info.si_status, 0};
  return ExitStatus{0, info.si_status};
}

void Child::signal_group(int signal_number) const {
  if (pid_ > 0) ::kill(-pid_, signal_number);
}

void Child::reap() {
  if (pid_ <= 0) return;
  // The zombie still holds the id, so this cannot reach a stranger's group.
  signal_group(SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

Result<Child> spawn(const SpawnPlan& plan) {
  if (plan.argv.empty() || plan.argv.front().empty()) {
    return {Errc::kInvalid, "no program is named"};
  }
  if (has_nul(plan.argv) || has_nul(plan.env) || plan.cwd.find('\0') != std::string::npos) {
    return {Errc::kInvalid, plan.argv.front() + ": a NUL cannot stand in an argument"};
  }
  Result<Pipe> out = make_pipe();
  if (!out) return out.error();
  Result<Pipe> err = make_pipe();
  if (!err) return err.error();
  Result<Pipe> report = make_pipe();
  if (!report) return report.error();
  Result<Pipe> in = plan.stdin_pipe ? make_pipe() : empty_input();
  if (!in) return in.error();

  const std::vector<std::string> candidates = candidates_for(plan);
  Prepared prepared;
  prepared.argv = pointers(plan.argv);
  prepared.envp = pointers(plan.env);
  for (const std::string& path : candidates) prepared.candidates.push_back(path.c_str());
  prepared.cwd = plan.cwd.empty() ? nullptr : plan.cwd.c_str();
  prepared.in = in->read.get();
  prepared.out = out->write.get();
  prepared.err = err->write.get();
  prepared.report = report->write.get();
  prepared.parent = ::getpid();

  const pid_t pid = start(prepared);
  if (pid < 0) {
    return {Errc::kUnavailable, std::string("cannot start a process: ") + std::strerror(errno)};
  }
  in->read.close();
  out->write.close();
  err->write.close();
  report->write.close();
  Child child(pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))), std::move(in->write),
              std::move(out->read), std::move(err->read));
  Report failure{};
  ssize_t got = 0;
  while ((got = ::read(report->read.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  if (got == sizeof failure) return explain(plan, failure);  // `child` reaps itself.
  if (child.in().open()) ::fcntl(child.in().get(), F_SETFL, O_NONBLOCK);
  ::fcntl(child.out().get(), F_SETFL, O_NONBLOCK);
  ::fcntl(child.err().get(), F_SETFL, O_NONBLOCK);
  return child;
}

std::string signal_name(int signal_number) {
  const char* name = ::sigabbrev_np(signal_number);
  if (name == nullptr) return "signal " + std::to_string(signal_number);
  return std::string("SIG") + name;
}

}  // namespace taskfeed::loop
