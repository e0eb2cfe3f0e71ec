#include "task_text.h"

#include <algorithm>

#include "base/text.h"
#include "width.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kDescriptionBytesMax = 200;
constexpr size_t kStatusWidth = 9;  // "submitted"

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

void add_fact(std::string& text, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  constexpr size_t kNameWidth = 13;
  text += padded(std::string(name), kNameWidth) + indented(value, kNameWidth) + "\n";
}

/// What is asked, and how it is answered.
std::string question_text(const Task& task, const Question& question) {
  const bool input = question.kind == QuestionKind::kInput;
  std::string what = input ? "input: " + question.prompt : "approval of " + question.tool;
  if (const Json* argv = find(question.arguments, "argv"); argv != nullptr) {
    what += " " + dump_json(*argv);
  } else if (!input && !question.arguments.empty()) {
    what += " " + dump_json(question.arguments);
  }
  return what + "\ntaskfeed " + (input ? "input " : "approve ") + task.id.str() +
         (input ? " TEXT" : "") +
         (task.waiting_for.size() > 1 ? " --call " + question.call : std::string());
}

std::string time_or_nothing(const std::optional<WallTime>& time, const Looks& looks) {
  return time ? table_time(*time, looks.utc) : std::string();
}

}  // namespace

std::string status_text(TaskStatus status, const Looks& looks) {
  return paint(to_string(status), tone_of(status), looks);
}

std::string indented(std::string_view text, size_t indent) {
  const std::string clean = escape_controls(to_utf8(text), true);
  std::string lines;
  for (const char c : clean) {
    lines += c;
    if (c == '\n') lines.append(indent, ' ');
  }
  return lines;
}

std::string task_table(const std::vector<Task>& tasks, const Deps& deps) {
  const Looks looks = deps.looks();
  size_t agent_width = 5;
  for (const Task& task : tasks) agent_width = std::max(agent_width, task.spec.agent.str().size());
  constexpr size_t kIdWidth = 36;
  constexpr size_t kTimeWidth = 19;
  constexpr size_t kDescriptionLeast = 10;
  const size_t before = kIdWidth + kStatusWidth + kTimeWidth + agent_width + 8;
  const size_t edge = deps.out.columns().value_or(0);
  const size_t room = edge > before + kDescriptionLeast ? edge - before : kDescriptionLeast;
  std::string text = paint(padded("TASK", kIdWidth) + "  " + padded("STATUS", kStatusWidth) + "  " +
                               padded("CREATED", kTimeWidth) + "  " + padded("AGENT", agent_width) +
                               "  DESCRIPTION",
                           Tone::kDim, looks) +
                     "\n";
  for (const Task& task : tasks) {
    const std::string status(to_string(task.status));
    std::string description = one_line(task.spec.description, kDescriptionBytesMax, looks);
    if (edge > 0) description = cut_to(description, room, looks.utf8 ? "…" : ">");
    std::string line = padded(task.id.str(), kIdWidth) + "  " + status_text(task.status, looks) +
                       std::string(kStatusWidth - std::min(kStatusWidth, status.size()), ' ') +
                       "  " + table_time(task.created_at, looks.utc) + "  " +
                       padded(task.spec.agent.str(), agent_width);
    line += "  " + description;
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  return text;
}

std::string task_line(const Task& task, const Deps& deps) {
  const Looks looks = deps.looks();
  const std::string description = one_line(task.spec.description, kDescriptionBytesMax, looks);
  return task.id.str() + "  " + status_text(task.status, looks) + "  " + task.spec.agent.str() +
         (description.empty() ? "" : "  " + description) + "\n";
}

std::string task_details(const Task& task, const Deps& deps) {
  const Looks looks = deps.looks();
  std::string text;
  add_fact(text, "task", task.id.str());
  add_fact(text, "agent", task.spec.agent.str());
  // Painted: escaping would take the colour for a control.
  text += padded("status", 13) + status_text(task.status, looks) + "\n";
  add_fact(text, "description", task.spec.description);
  if (task.query != task.spec.description) add_fact(text, "query", task.query);
  add_fact(text, "user", task.spec.user_id);
  if (!task.spec.parameters.empty()) add_fact(text, "parameters", dump_json(task.spec.parameters));
  for (const auto& [name, value] : task.spec.labels) add_fact(text, "label", name + "=" + value);
  add_fact(text, "created", table_time(task.created_at, looks.utc));
  add_fact(text, "started", time_or_nothing(task.started_at, looks));
  add_fact(text, "ended", time_or_nothing(task.completed_at, looks));
  if (task.started_at && task.completed_at) {
    add_fact(text, "took", short_duration((*task.completed_at - *task.started_at).count()));
  }
  for (const Question& each : task.waiting_for) {
    add_fact(text, "waits for", question_text(task, each));
  }
  if (task.total_cost != 0) add_fact(text, "cost", short_dollars(task.total_cost));
  if (task.last_event) add_fact(text, "last event", task.last_event->str());
  if (task.error) add_fact(text, "error", task.error->kind + ": " + task.error->message);
  if (task.result) add_fact(text, "result", *task.result);
  return text;
}

void print_task(const Task& task, Deps& deps) {
  if (deps.json()) {
    print_json(task_to_json(task), deps);
  } else {
    deps.out.write(task_line(task, deps));
    deps.out.flush();
  }
}

}  // namespace taskfeed::cmd
