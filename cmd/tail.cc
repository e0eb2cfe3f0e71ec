// tail: the events of tasks, history first, then as they happen.
#include "cursor_file.h"
#include "follow.h"
#include "follow_many.h"
#include "inputs.h"
#include "subcommand.h"

namespace taskfeed::cmd {
namespace {

constexpr uint64_t kLinesMax = 1'000'000;

struct TailOptions {
  std::vector<std::string> words;
  bool follow = false;
  bool no_follow = false;
  std::optional<std::string> lines, after, cursor_file;
  bool fail_on_gap = false;
  bool prefix = false;
  bool timestamps = false;
  bool all = false;
  std::vector<std::string> agents;
  FilterArgs filter;
  FollowRequest request;    // validate()'s, but for what is text.
  TaskSelection selection;  // validate()'s, with --all or --agent.

  bool many() const { return all || !agents.empty(); }
};

void declare(ArgParser& parser, TailOptions& options) {
  parser.arguments("TASK", options.words, false, "one or several task ids");
  parser.flag("--all", options.all, "all tasks, new ones too, from now on");
  parser.list("--agent", options.agents, "AGENT", "all tasks of this agent; may be repeated");
  parser.flag("-f,--follow", options.follow, "go on until the task ends (the default)");
  parser.flag("--no-follow", options.no_follow, "stop at the newest event");
  parser.option("-n,--lines", options.lines, "N|all", "begin with the newest N; all without it");
  parser.option("--after", options.after, "CURSOR", "begin after this event");
  parser.option("--cursor-file", options.cursor_file, "FILE",
                "begin after the event that FILE names, and keep it up to date");
  declare_filter(parser, options.filter);
  parser.option("--until-event", options.request.until_event, "GLOB",
                "stop after the first event of this type");
  parser.flag("--fail-on-gap", options.fail_on_gap, "exit with 8 where events were lost");
  parser.flag("--prefix", options.prefix, "begin each line with the task's id");
  parser.flag("--timestamps", options.timestamps,
              "begin each line with date and time, also of a text that flows");
}

/// A place of a stream over many tasks, and of these.
Result<void> check_place(const std::string& text, const TaskSelection& selection) {
  const Result<ManyCursor> place = ManyCursor::parse(text);
  if (!place) return place.error();
  if (place->mark == selection.mark()) return {};
  return {Errc::kInvalid, "this cursor is of other tasks; give the --all or --agent it came from"};
}

Result<void> validate_cursor_file(const TailOptions& options) {
  if (!options.cursor_file) return {};
  if (options.cursor_file->empty()) {
    return {Errc::kInvalid, "--cursor-file is empty; name a file"};
  }
  if (options.after) {
    return {Errc::kInvalid, "--cursor-file and --after exclude each other; give one of them"};
  }
  if (options.request.tasks.size() > 1) {
    return {Errc::kInvalid,
            "--cursor-file holds the place in one task; give one task, or --all, or --agent"};
  }
  return {};
}

/// What only streams of named tasks have.
Result<void> validate_many(TailOptions& options) {
  if (!options.words.empty()) {
    return {Errc::kInvalid, "--all and --agent exclude task ids; give one or the other"};
  }
  if (options.all && !options.agents.empty()) {
    return {Errc::kInvalid, "--all and --agent exclude each other; give one of them"};
  }
  // The newest N of all tasks would take a read of each of them.
  if (options.lines) {
    return {
        Errc::kInvalid,
        "-n counts the events of a task: it needs task ids; with --all and --agent, --since 10m "
        "shows what happened of late"};
  }
  if (options.no_follow) {
    return {Errc::kInvalid,
            "--no-follow needs task ids, since --all and --agent have no end; --timeout 10s leaves "
            "after that time"};
  }
  for (const std::string& word : options.agents) {
    Result<AgentId> agent = AgentId::parse(word);
    if (!agent) return {Errc::kInvalid, "--agent: " + agent.error().text};
    options.selection.agents.push_back(*std::move(agent));
  }
  if (!options.after) return {};
  const Result<void> after = check_place(*options.after, options.selection);
  if (!after) return {Errc::kInvalid, "--after: " + after.error().text};
  return {};
}

Result<void> validate_one_or_several(TailOptions& options) {
  if (options.words.empty()) {
    return {Errc::kInvalid, "which tasks? Give TASK, --agent AGENT, or --all"};
  }
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
  return {};
}

Result<void> validate(TailOptions& options) {
  const Result<void> selected =
      options.many() ? validate_many(options) : validate_one_or_several(options);
  if (!selected) return selected;
  if (const Result<void> valid = validate_cursor_file(options); !valid) return valid;
  // Ages count from when it runs; whether they are right does not depend on when that is.
  const Result<EventFilter> filter = read_filter(options.filter, WallTime{});
  if (!filter) return filter.error();
  options.request.fail_on_gap = options.fail_on_gap;
  options.request.timestamps = options.timestamps;
  options.request.prefix = options.prefix || options.request.tasks.size() > 1;
  return {};
}

ExitStatus run_many(const TailOptions& options, EventFilter filter, Deps& deps) {
  if (filter.until && *filter.until <= deps.clock.wall()) {
    return fail(
        deps, {Errc::kInvalid, "--until is past; with --all and --agent it ends what is to come"});
  }
  FollowManyRequest request;
  request.filter = std::move(filter);
  request.selection = options.selection;
  request.after = options.after.value_or("");
  request.until_event = options.request.until_event;
  request.fail_on_gap = options.fail_on_gap;
  request.timestamps = options.timestamps;
  if (!options.cursor_file) return follow_many(request, deps);
  const CursorFile file(*options.cursor_file);
  const Result<std::optional<std::string>> seen = file.load_text();
  if (!seen) return fail(deps, seen.error());
  if (*seen) {
    const Result<void> place = check_place(**seen, options.selection);
    if (!place) return fail(deps, file.wrong(place.error().text, "now"));
    request.after = **seen;
  }
  if (const Result<void> writable = file.check(); !writable) return fail(deps, writable.error());
  request.resume_option = " --cursor-file " + shell_word(*options.cursor_file);
  request.on_shown = [&file](const std::string& place) { return file.store_text(place); };
  return follow_many(request, deps);
}

ExitStatus run(const TailOptions& options, Deps& deps) {
  Result<EventFilter> filter = read_filter(options.filter, deps.clock.wall());
  if (!filter) return fail(deps, filter.error());
  if (options.many()) return run_many(options, *std::move(filter), deps);
  FollowRequest request = options.request;
  request.filter = *std::move(filter);
  if (!options.cursor_file) return follow(request, deps);
  const CursorFile file(*options.cursor_file);
  const Result<std::optional<Cursor>> seen = file.load();
  if (!seen) return fail(deps, seen.error());
  if (const Result<void> writable = file.check(); !writable) return fail(deps, writable.error());
  request.after = *seen;
  request.resume_option = " --cursor-file " + shell_word(*options.cursor_file);
  request.on_shown = [&file](const Cursor& cursor) { return file.store(cursor); };
  return follow(request, deps);
}

}  // namespace

ExitStatus enter_tail(Invocation& invocation, Needs needs) {
  const Parts<TailOptions> parts{
      {.name = "tail",
       .usage = "[OPTIONS] TASK...\n       taskfeed tail [OPTIONS] --all | --agent AGENT",
       .summary = "Print the events of tasks, history first, then as they happen, until they end.\n"
                  "The exit status says how the task ended: 0 completed, 3 failed, 6 cancelled.",
       .examples = "  taskfeed tail TASK\n"
                   "  taskfeed tail -n 20 --no-follow TASK\n"
                   "  taskfeed tail --since 10m --grep '(?i)error' TASK\n"
                   "  taskfeed tail --cursor-file seen TASK\n"
                   "  taskfeed tail --all --types 'Workflow*Failed'\n"
                   "  taskfeed tail --json TASK | jq .event_type\n"},
      declare,
      validate,
      run,
      true};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
