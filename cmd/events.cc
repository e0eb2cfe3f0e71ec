// events: a part of a task's history (get_events).
#include "event_filter.h"
#include "event_printer.h"
#include "inputs.h"
#include "subcommand.h"

namespace taskfeed::cmd {
namespace {

constexpr uint64_t kLimitMax = 1'000'000;

struct EventsOptions {
  std::string word;
  std::optional<std::string> after, before, limit;
  FilterArgs filter;
  // validate()'s.
  std::optional<TaskId> task;
  service::EventsQuery query;
  uint64_t events_max = 100;
};

void declare(ArgParser& parser, EventsOptions& options) {
  parser.argument("TASK", options.word, true, "a task id");
  parser.option("--after", options.after, "CURSOR", "only what came after this event");
  parser.option("--before", options.before, "CURSOR", "only what came before; a cursor or its seq");
  parser.option("-n,--limit", options.limit, "N|all", "at most N; 100 without it");
  declare_filter(parser, options.filter);
}

Result<void> validate(EventsOptions& options) {
  Result<TaskId> task = TaskId::parse(options.word);
  if (!task) return task.error();
  options.task = *std::move(task);
  if (options.after) {
    const Result<Cursor> after = Cursor::parse(*options.after);
    if (!after) return {Errc::kInvalid, "--after: " + after.error().text};
    options.query.after = *after;
  }
  if (options.before) {
    if (const std::optional<Cursor> cursor = Cursor::read(*options.before)) {
      options.query.before_seq = cursor->seq;
    } else {
      const Result<uint64_t> seq = whole_number("--before", *options.before, 1, UINT64_MAX);
      if (!seq) return {Errc::kInvalid, "--before takes a cursor such as 7-2918273645, or its 7"};
      options.query.before_seq = *seq;
    }
  }
  if (options.limit) {
    const Result<uint64_t> limit = *options.limit == "all"
                                       ? Result<uint64_t>(kLimitMax)
                                       : whole_number("--limit", *options.limit, 1, kLimitMax);
    if (!limit) return {Errc::kInvalid, limit.error().text + ", nor 'all'"};
    options.events_max = *limit;
  }
  Result<EventFilter> filter = read_filter(options.filter, WallTime{});
  if (!filter) return filter.error();
  options.query.filter = filter->types;
  return {};
}

void remark_on_gap(const service::EventsPage& page, const EventsOptions& options, Deps& deps) {
  switch (page.anchor) {
    case broker::Anchor::kStart:
    case broker::Anchor::kMatches:
      return;
    case broker::Anchor::kTrimmed:
      remark(deps, "events after " + *options.after + " are trimmed; these are the oldest kept");
      return;
    case broker::Anchor::kMismatch:
    case broker::Anchor::kAhead:
      remark(deps, "no event " + *options.after + " is there any more: history was lost; " +
                       "this is all there is");
      return;
  }
}

ExitStatus run(const EventsOptions& options, Deps& deps) {
  const Result<EventFilter> filter = read_filter(options.filter, deps.clock.wall());
  if (!filter) return fail(deps, filter.error());
  const bool chooses_here = filter->since || filter->until || filter->grep;
  EventPrinter printer(deps.out, deps.globals.output, deps.looks());
  service::EventsQuery query = options.query;
  uint64_t left = options.events_max;
  for (bool first = true; left > 0; first = false) {
    query.limit =
        chooses_here ? broker::kPageEventsMax : std::min<size_t>(left, broker::kPageEventsMax);
    const Result<service::EventsPage> page = deps.tasks().events(*options.task, query);
    if (!page) return fail(deps, page.error());
    if (first) remark_on_gap(*page, options, deps);
    query.after = page->next;
    for (const StoredEvent& event : page->events) {
      if (chooses_here &&
          filter->judge(event.type, json_line(event.json)) != EventFilter::Verdict::kWanted) {
        continue;
      }
      printer.event({event.type, event.json, event.cursor.str()}, {});
      if (--left > 0) continue;
      if (event.cursor != page->events.back().cursor) query.after = event.cursor;
      break;
    }
    if (!query.after || deps.out.broken()) break;
    if (deps.interrupts.received() != 0) return deps.interrupts.status();
  }
  printer.finish();
  if (query.after && left == 0) {
    remark(deps, std::string(chooses_here ? "more may follow" : "more follow") + ": add --after " +
                     query.after->str() + ", or raise --limit");
  }
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_events(Invocation& invocation, Needs needs) {
  const Parts<EventsOptions> parts{
      {.name = "events",
       .usage = "[OPTIONS] TASK",
       .summary = "Print a part of a task's history, oldest first, and end. `tail` follows it.",
       .examples = "  taskfeed events --types 'WorkflowTool*' TASK\n"
                   "  taskfeed events --since 1h --grep '\"exit_code\":0' TASK\n"
                   "  taskfeed events --json --limit all TASK > history.ndjson\n"},
      declare,
      validate,
      run,
      true};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
