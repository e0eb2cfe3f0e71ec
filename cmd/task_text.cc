#include "task_text.h"

#include <algorithm>

#include "base/text.h"
#include "table.h"
#include "width.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kDescriptionBytesMax = 200;
constexpr size_t kNameWidth = 13;

Tone tone_of(TaskStatus status) {
  switch (status) {
    case TaskStatus::kRunning:
      return Tone::kStarted;
    case TaskStatus::kCompleted:
      return Tone::kCompleted;
    case TaskStatus::kFailed:
      return Tone::kFailed;
    case TaskStatus::kPaused:
    case TaskStatus::kCancelled:
      return Tone::kHalted;
    case TaskStatus::kSubmitted:
    case TaskStatus::kPending:
      break;
  }
  return Tone::kPlain;
}

void add_fact(std::string& text, std::string_view name, std::string_view value,
              const Looks& looks) {
  if (value.empty()) return;
  text += padded(name, kNameWidth) + indented(value, kNameWidth, looks) + "\n";
}

/// What is asked, and below it how it is answered.
std::string question_text(const Task& task, const Question& question, const Looks& looks) {
  const bool input = question.kind == QuestionKind::kInput;
  std::string what = input ? "input: " + question.prompt : "approval of " + question.tool;
  if (const Json* argv = find(question.arguments, "argv"); argv != nullptr) {
    what += " " + dump_json(*argv);
  } else if (!input && !question.arguments.empty()) {
    what += " " + dump_json(question.arguments);
  }
  const std::string answer = escape_controls(
      to_utf8("taskfeed " + std::string(input ? "input " : "approve ") + task.id.str() +
              (input ? " TEXT" : "") +
              (task.waiting_for.size() > 1 ? " --call " + question.call : std::string())));
  // In one piece, since people copy it: further left where it would be broken.
  const bool fits = looks.columns == 0 || kNameWidth + width_of(answer) <= looks.columns;
  return padded("waits for", kNameWidth) + indented(what, kNameWidth, looks) + "\n" +
         std::string(fits ? kNameWidth : 2, ' ') + answer + "\n";
}

std::string time_or_nothing(const std::optional<WallTime>& time, const Looks& looks) {
  return time ? table_time(*time, looks.utc) : std::string();
}

std::string status_text(TaskStatus status, const Looks& looks) {
  return paint(to_string(status), tone_of(status), looks);
}

}  // namespace

std::string task_table(const std::vector<Task>& tasks, const Looks& looks) {
  std::vector<std::vector<TableCell>> rows;
  for (const Task& task : tasks) {
    rows.push_back({{task.id.str()},
                    {std::string(to_string(task.status)), tone_of(task.status)},
                    {table_time(task.created_at, looks.utc)},
                    {task.spec.agent.str()},
                    {one_line(task.spec.description, kDescriptionBytesMax, looks)}});
  }
  return table_text({{"TASK"},
                     {"STATUS"},
                     {.heading = "CREATED", .weight = 1},
                     {.heading = "AGENT", .weight = 2},
                     {.heading = "DESCRIPTION", .weight = 3, .prose = true}},
                    std::move(rows), looks);
}

std::string task_line(const Task& task, const Looks& looks) {
  const std::string description = one_line(task.spec.description, kDescriptionBytesMax, looks);
  return task.id.str() + "  " + status_text(task.status, looks) + "  " + task.spec.agent.str() +
         (description.empty() ? "" : "  " + description) + "\n";
}

std::string task_details(const Task& task, const Looks& looks) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    add_fact(text, name, value, looks);
  };
  add("task", task.id.str());
  add("agent", task.spec.agent.str());
  // Painted: escaping would take the colour for a control.
  text += padded("status", kNameWidth) + status_text(task.status, looks) + "\n";
  add("description", task.spec.description);
  if (task.query != task.spec.description) add("query", task.query);
  add("user", task.spec.user_id);
  if (!task.spec.parameters.empty()) add("parameters", dump_json(task.spec.parameters));
  for (const auto& [name, value] : task.spec.labels) add("label", name + "=" + value);
  add("created", table_time(task.created_at, looks.utc));
  add("started", time_or_nothing(task.started_at, looks));
  add("ended", time_or_nothing(task.completed_at, looks));
  if (task.started_at && task.completed_at) {
    add("took", short_duration((*task.completed_at - *task.started_at).count()));
  }
  for (const Question& each : task.waiting_for) text += question_text(task, each, looks);
  if (task.total_cost != 0) add("cost", short_dollars(task.total_cost));
  if (task.last_event) add("last event", task.last_event->str());
  if (task.error) add("error", task.error->kind + ": " + task.error->message);
  if (task.result) add("result", *task.result);
  return text;
}

void print_task(const Task& task, Deps& deps) {
  if (deps.json()) {
    print_json(task_to_json(task), deps);
  } else {
    deps.out.write(task_line(task, deps.looks()));
    deps.out.flush();
  }
}

void print_response(const std::string& response, Deps& deps) {
  if (response.empty()) return;
  deps.out.line(deps.out.is_terminal() ? escape_controls(to_utf8(response), true) : response);
}

}  // namespace taskfeed::cmd
