// __complete: what the scripts of `taskfeed completion` ask. It answers soon, or with nothing.
#include <filesystem>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "complete.h"
#include "looks.h"

namespace taskfeed::cmd {
namespace {

/// Who presses Tab waits for no daemon that is away.
constexpr Milliseconds kPatience{1'000};
constexpr size_t kTasksMax = 100;
constexpr size_t kAboutBytesMax = 60;

/// The global options among the words, as far as they are whole, and what configuration adds.
Result<GlobalArgs> global_args(const std::vector<std::string>& words,
                               const Environment& environment) {
  GlobalArgs args;
  ArgParser parser({});
  declare_globals(parser, args, true);
  std::vector<std::string> typed;
  for (size_t at = 0; at + 1 < words.size() && words[at] != "--"; ++at) {
    const std::string& word = words[at];
    if (global_takes_value(word)) {
      if (at + 2 >= words.size()) break;  // Its value is being typed.
      typed.push_back(word);
      typed.push_back(words[++at]);
    } else if (global_takes_value(word.substr(0, word.find('=')))) {
      typed.push_back(word);
    }
  }
  if (auto parsed = parser.parse(std::move(typed)); !parsed) return parsed.error();
  const auto done = preset(parser, args, "", environment, [](std::string_view) { return true; });
  if (!done) return done.error();
  return args;
}

/// Null: it waits for no such answer.
const Question* question_of(const Task& task, Live what) {
  const QuestionKind kind =
      what == Live::kTasksToApprove ? QuestionKind::kApproval : QuestionKind::kInput;
  for (const Question& each : task.waiting_for) {
    if (each.kind == kind) return &each;
  }
  return nullptr;
}

std::vector<Candidate> asking_tasks(Live what, Deps& deps) {
  std::vector<Candidate> found;
  for (const TaskStatus status : {TaskStatus::kRunning, TaskStatus::kPaused}) {
    const auto page = deps.tasks().list({.status = status, .limit = kTasksMax});
    if (!page) return {};
    for (const Task& task : page->tasks) {
      const Question* const asked = question_of(task, what);
      if (asked == nullptr) continue;
      const std::string& about = what == Live::kTasksToAnswer ? asked->prompt : asked->tool;
      found.push_back({task.id.str(), task.spec.agent.str() + "  " +
                                          one_line(about, kAboutBytesMax, deps.looks())});
    }
  }
  return found;
}

std::vector<Candidate> names(Live what, Deps& deps) {
  const Looks looks = deps.looks();
  std::vector<Candidate> found;
  if (what == Live::kAgents) {
    const auto listing = deps.tasks().agents();
    if (!listing) return {};
    for (const runner::AgentConfig& agent : listing->agents) {
      found.push_back({agent.id.str(), one_line(agent.description, kAboutBytesMax, looks)});
    }
    return found;
  }
  if (what != Live::kTasks) return asking_tasks(what, deps);
  const auto page = deps.tasks().list({.limit = kTasksMax});
  if (!page) return {};
  for (const Task& task : page->tasks) {
    found.push_back({task.id.str(), std::string(to_string(task.status)) + "  " +
                                        task.spec.agent.str() + "  " +
                                        one_line(task.spec.description, kAboutBytesMax, looks)});
  }
  return found;
}

std::vector<Candidate> ask(Live what, const std::vector<std::string>& words,
                           Invocation& invocation) {
  const Result<GlobalArgs> args = global_args(words, invocation.environment);
  if (!args) return {};
  Result<Globals> globals = resolve(*args, invocation.environment, true);
  if (!globals) return {};
  globals->quiet = true;
  // Completion looks, and makes nothing: no state directory, and no Redis in it.
  std::error_code failed;
  if (globals->server.empty() && globals->redis.empty() &&
      !std::filesystem::is_directory(globals->state_dir, failed)) {
    return {};
  }
  std::vector<Candidate> found;
  with_deps(invocation, *globals, Needs::kTasks, [&](Deps& deps) {
    found = names(what, deps);
    return ExitStatus::kCompleted;
  });
  return found;
}

void write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

/// All that comes until the other end closes, or nothing where that takes longer than `patience`.
std::string read_whole(int descriptor, Milliseconds patience, const Clock& clock) {
  const MonoTime until = clock.mono() + patience;
  std::string text;
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(until - clock.mono());
    pollfd readable{descriptor, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0) return {};
    char part[4096];
    const ssize_t size = ::read(descriptor, part, sizeof part);
    if (size < 0) return {};
    if (size == 0) return text;
    text.append(part, static_cast<size_t>(size));
  }
}

}  // namespace

/// A child process asks, since a connection that hangs cannot be ended otherwise.
ExitStatus enter_complete(Invocation& invocation, Needs) {
  std::vector<std::string> words = invocation.args;
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  int ends[2];
  if (::pipe(ends) != 0) return ExitStatus::kOther;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    TextOutput nowhere;
    Invocation quiet{{},      invocation.environment, invocation.stdin_descriptor, nowhere,
                     nowhere, invocation.open_backend};
    const LiveNames live = [&](Live what) { return ask(what, words, quiet); };
    write_whole(ends[1], offer_text(complete(words, quiet, live)));
    ::_exit(0);
  }
  ::close(ends[1]);
  const SystemClock clock;
  const std::string text = child < 0 ? "" : read_whole(ends[0], kPatience, clock);
  ::close(ends[0]);
  if (child > 0) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  invocation.out.write(text);
  invocation.out.flush();
  return ExitStatus::kCompleted;
}

}  // namespace taskfeed::cmd
