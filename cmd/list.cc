// list: tasks, newest first.
#include "inputs.h"
#include "subcommand.h"
#include "task_text.h"

namespace taskfeed::cmd {
namespace {

constexpr uint64_t kLimitMax = 100'000;
constexpr size_t kPageTasksMax = 500;  // broker::ListQuery's.

struct ListOptions {
  std::optional<std::string> agent, status, limit;
  std::string cursor;
  // validate()'s.
  std::optional<AgentId> agent_id;
  std::optional<TaskStatus> task_status;
  uint64_t tasks_max = 50;
};

void declare(ArgParser& parser, ListOptions& options) {
  parser.option("--agent", options.agent, "AGENT", "of this agent alone");
  parser.option("--status", options.status, "STATUS", "submitted, pending, running, paused, ...");
  parser.option("-n,--limit", options.limit, "N", "at most N; 50 without it");
  parser.option("--cursor", options.cursor, "CURSOR", "go on where a list before ended");
}

Result<void> validate(ListOptions& options) {
  if (options.agent) {
    Result<AgentId> agent = AgentId::parse(*options.agent);
    if (!agent) return {Errc::kInvalid, "--agent: " + agent.error().text};
    options.agent_id = *std::move(agent);
  }
  if (options.status) {
    options.task_status = parse_status(*options.status);
    if (!options.task_status) {
      std::string names;
      for (const TaskStatus each : kTaskStatuses) {
        names += (names.empty() ? "" : ", ") + std::string(to_string(each));
      }
      return {Errc::kInvalid, "--status is one of " + names};
    }
  }
  if (options.limit) {
    const Result<uint64_t> limit = whole_number("--limit", *options.limit, 1, kLimitMax);
    if (!limit) return limit.error();
    options.tasks_max = *limit;
  }
  return {};
}

void print(const std::vector<Task>& tasks, Deps& deps) {
  if (deps.json()) {
    for (const Task& task : tasks) print_json(task_to_json(task), deps);
  } else if (!tasks.empty()) {
    deps.out.write(task_table(tasks, deps.looks()));
  }
  deps.out.flush();
}

ExitStatus run(const ListOptions& options, Deps& deps) {
  broker::ListQuery query{.agent = options.agent_id,
                          .status = options.task_status,
                          .limit = 0,
                          .cursor = options.cursor};
  std::vector<Task> tasks;
  do {
    query.limit = std::min<size_t>(options.tasks_max - tasks.size(), kPageTasksMax);
    Result<service::Tasks::Listing> page = deps.tasks().list(query);
    if (!page) return fail(deps, page.error());
    for (Task& task : page->tasks) tasks.push_back(std::move(task));
    query.cursor = page->cursor;
  } while (!query.cursor.empty() && tasks.size() < options.tasks_max &&
           deps.interrupts.received() == 0);
  print(tasks, deps);
  if (tasks.empty() && !deps.json()) remark(deps, "no task");
  if (!query.cursor.empty()) {
    remark(deps, "more follow: add --cursor " + query.cursor + ", or raise --limit");
  }
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_list(Invocation& invocation, Needs needs) {
  const Parts<ListOptions> parts{{.name = "list",
                                  .usage = "[OPTIONS]",
                                  .summary = "List tasks, newest first.",
                                  .examples = "  taskfeed list --status running\n"
                                              "  taskfeed list --json | jq -r .id\n"},
                                 declare,
                                 validate,
                                 run};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
