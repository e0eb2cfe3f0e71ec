/// The entry: finds the subcommand, and leaves everything else to it.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/resource.h>

#include "base/suggest.h"
#include "base/text.h"
#include "subcommand.h"
#include "wiring.h"

namespace taskfeed::cmd {
namespace {

struct CommandLine {
  std::string name;               // Of the subcommand; empty: none was given.
  std::vector<std::string> args;  // Global options that stood before the name come first.
};

CommandLine split(int count, char** words) {
  CommandLine line;
  int at = 1;
  for (; at < count; ++at) {
    const std::string word = words[at];
    if (word == "-h" || word == "--help") return {"help", {}};
    if (word == "-V" || word == "--version") return {"version", {}};
    if (!word.starts_with("-") || word == "-") break;
    line.args.push_back(word);
    if (global_takes_value(word) && at + 1 < count) line.args.emplace_back(words[++at]);
  }
  if (at < count) line.name = words[at++];
  for (; at < count; ++at) line.args.emplace_back(words[at]);
  return line;
}

ExitStatus enter_named(const CommandLine& line, Invocation& invocation) {
  std::vector<std::string> names;
  for (const Subcommand& one : subcommands()) {
    if (one.name == line.name) return one.enter(invocation, one.needs);
    if (!one.help.empty()) names.emplace_back(one.name);
  }
  if (line.name.empty()) {
    const std::string odd = line.args.empty() ? "" : " after " + line.args.front();
    return usage_error(invocation, {Errc::kInvalid, "a subcommand is missing" + odd +
                                                        "; `taskfeed help` lists them"});
  }
  const std::string meant = nearest(line.name, names);
  return usage_error(invocation, {Errc::kInvalid,
                                  "unknown subcommand '" + escape_controls(to_utf8(line.name)) +
                                      "'" + (meant.empty() ? "" : ", did you mean " + meant + "?") +
                                      "; `taskfeed help` lists them"});
}

/// A standard descriptor that the caller closed would be given to the next socket, which would then
/// be read as stdin. So each is held by /dev/null, opened the wrong way round: its use stays an
/// error. open(2) takes the lowest free number, and those below are held.
void hold_standard_descriptors() {
  for (const int descriptor : {0, 1, 2}) {
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) {
      (void)::open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    }
  }
}

/// This process holds keys, tokens and passwords of its user, and a core dump all that it holds.
/// The hard limit stays: prlimit(1) raises the soft one of a process that is to be examined.
void leave_no_core_dump() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = 0;
  ::setrlimit(RLIMIT_CORE, &limit);
}

/// What was not printed does not count as done: a full disk is an error, a reader that left is
/// SIGPIPE's exit status.
ExitStatus printed(ExitStatus status, Output& out, Output& err) {
  out.flush();
  if (!out.broken()) return status;
  if (out.fault() == EPIPE) return ExitStatus::kPipe;
  err.line("taskfeed: stdout cannot be written: " + std::string(std::strerror(out.fault())));
  return ExitStatus::kOther;
}

}  // namespace
}  // namespace taskfeed::cmd

int main(int count, char** words) {
  using namespace taskfeed::cmd;
  hold_standard_descriptors();
  leave_no_core_dump();
  // A reader that leaves is an error of write(2), told apart from success by its exit status.
  std::signal(SIGPIPE, SIG_IGN);
  Environment environment{[](std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    return std::string(value == nullptr ? "" : value);
  }};
  std::error_code nowhere;  // The folder was removed: then there is no project.
  environment.working_folder = std::filesystem::current_path(nowhere).string();
  environment.system_config = "/etc/taskfeed/taskfeed.toml";
  Output out(1);
  Output err(2);
  CommandLine line = split(count, words);
  const OpenBackend open = open_backend;
  Invocation invocation{line.args, environment, 0, out, err, open};
  return static_cast<int>(printed(enter_named(line, invocation), out, err));
}
