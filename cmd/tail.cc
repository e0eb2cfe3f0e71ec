// tail: the events of tasks, history first, then as they happen.
#include "follow.h"
#include "inputs.h"
#include "subcommand.h"

namespace taskfeed::cmd {
namespace {

constexpr uint64_t kLinesMax = 1'000'000;

struct TailOptions {
  std::vector<std::string> words;
  bool follow = false;
  bool no_follow = false;
  std::optional<std::string> lines, after;
  bool fail_on_gap = false;
  bool prefix = false;
  FollowRequest request;  // validate()'s, but for what is text.
};

void declare(ArgParser& parser, TailOptions& options) {
  parser.arguments("TASK", options.words, true, "one or several task ids");
  parser.flag("-f,--follow", options.follow, "go on until the task ends (the default)");
  parser.flag("--no-follow", options.no_follow, "stop at the newest event");
  parser.option("-n,--lines", options.lines, "N|all", "begin with the newest N; all without it");
  parser.option("--after", options.after, "CURSOR", "begin after this event");
  parser.option("--types", options.request.types, "GLOBS", "only these types: a,b*");
  parser.option("--exclude", options.request.exclude, "GLOBS", "all but these types");
  parser.option("--until-event", options.request.until_event, "GLOB",
                "stop after the first event of this type");
  parser.flag("--fail-on-gap", options.fail_on_gap, "exit with 8 where events were lost");
  parser.flag("--prefix", options.prefix, "begin each line with the task's id");
}

Result<void> validate(TailOptions& options) {
  Result<std::vector<TaskId>> tasks = task_ids(options.words);
  if (!tasks) return tasks.error();
  options.request.tasks = *std::move(tasks);
  if (options.follow && options.no_follow) {
    return {Errc::kInvalid, "--follow and --no-follow exclude each other; give one of them"};
  }
  options.request.follow = !options.no_follow;
  if (options.lines && *options.lines != "all") {
    const Result<uint64_t> lines = whole_number("--lines", *options.lines, 0, kLinesMax);
    if (!lines) return {Errc::kInvalid, lines.error().text + ", nor 'all'"};
    options.request.newest = *lines;
  }
  if (options.after) {
    if (options.request.tasks.size() > 1) {
      return {Errc::kInvalid, "--after names an event of one task; give one task"};
    }
    const Result<Cursor> after = Cursor::parse(*options.after);
    if (!after) return {Errc::kInvalid, "--after: " + after.error().text};
    options.request.after = *after;
  }
  const Result<TypeFilter> filter =
      TypeFilter::parse(options.request.types, options.request.exclude);
  if (!filter) return filter.error();
  options.request.fail_on_gap = options.fail_on_gap;
  options.request.prefix = options.prefix || options.request.tasks.size() > 1;
  return {};
}

ExitStatus run(const TailOptions& options, Deps& deps) {
  return follow(options.request, deps);
}

}  // namespace

ExitStatus enter_tail(Invocation& invocation, Needs needs) {
  const Parts<TailOptions> parts{
      {.name = "tail",
       .usage = "[OPTIONS] TASK...",
       .summary = "Print the events of tasks, history first, then as they happen, until they end.\n"
                  "The exit status says how the task ended: 0 completed, 3 failed, 6 cancelled.",
       .examples = "  taskfeed tail TASK\n"
                   "  taskfeed tail -n 20 --no-follow TASK\n"
                   "  taskfeed tail --json TASK | jq .event_type\n"},
      declare,
      validate,
      run,
      true};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
