#include "process/command_runner.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include <unistd.h>

#include "base/text.h"
#include "event/event_type.h"
#include "runner/unanswered.h"

namespace taskfeed::process {
namespace {

using runner::Activity;
using runner::CommandStep;
using runner::Outcome;

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";
constexpr size_t kShownArgumentBytesMax = 4 * 1024;
constexpr size_t kShownArgvBytesMax = 32 * 1024;
/// Below the kernel's MAX_ARG_STRLEN (128 KiB), which holds for each string of the environment.
constexpr size_t kQueryBytesMax = 100 * 1024;

std::string base_name(const std::string& path) {
  const size_t slash = path.rfind('/');
  const bool ends_there = slash + 1 == path.size();  // A folder, which nobody can execute.
  return slash == std::string::npos || ends_there ? path : path.substr(slash + 1);
}

std::string own_variable(const char* name, std::string_view otherwise) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody calls setenv.
  return value != nullptr ? std::string(value) : std::string(otherwise);
}

std::string without_nul(std::string_view text) {
  std::string result(text);
  std::erase(result, '\0');
  return result;
}

const Question* asked(const Activity& activity, QuestionKind kind) {
  for (const Question& each : activity.questions) {
    if (each.kind == kind) return &each;
  }
  return nullptr;
}

std::vector<std::string> environment(const Activity& activity, const CommandStep& step,
                                     bool inherit) {
  std::map<std::string, std::string> values;
  if (inherit) {
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      const size_t equals = text.find('=');
      if (equals == std::string_view::npos) continue;
      values[std::string(text.substr(0, equals))] = text.substr(equals + 1);
    }
  } else {
    values["PATH"] = own_variable("PATH", kDefaultPath);
    values["HOME"] = own_variable("HOME", "/");
  }
  for (const auto& [key, value] : step.env) values[key] = value;
  values["TASKFEED_TASK_ID"] = activity.task.str();
  values["TASKFEED_AGENT_ID"] = activity.agent.id.str();
  values["TASKFEED_QUERY"] = without_nul(utf8_prefix(activity.query, kQueryBytesMax));
  if (const Question* input = asked(activity, QuestionKind::kInput)) {
    if (input->answer) values["TASKFEED_INPUT"] = without_nul(input->answer->text);
  }
  values["TASKFEED_STEP"] = std::to_string(activity.step);
  std::vector<std::string> entries;
  entries.reserve(values.size());
  for (const auto& [key, value] : values) entries.push_back(key + "=" + value);
  return entries;
}

Outcome ask(Question question) {
  Outcome outcome;
  outcome.status = Outcome::Status::kAsks;
  outcome.questions.push_back(std::move(question));
  return outcome;
}

/// The argv as people see it: whole, unless it is absurdly long.
Json shown_argv(const std::vector<std::string>& argv) {
  Json shown = Json::array();
  size_t bytes = 0;
  for (const std::string& argument : argv) {
    if (bytes > kShownArgvBytesMax) {
      shown.push_back("[" + std::to_string(argv.size() - shown.size()) + " more arguments]");
      break;
    }
    const std::string_view fits = utf8_prefix(argument, kShownArgumentBytesMax);
    bytes += fits.size();
    shown.push_back(to_utf8(fits) + (fits.size() < argument.size() ? "…" : ""));
  }
  return shown;
}

Json started_payload(const std::string& call_id, const CommandStep& step, int index) {
  Json payload = Json::object();
  payload["tool_call_id"] = call_id;
  payload["tool"] = to_utf8(base_name(step.argv.front()));
  payload["arguments"] = Json{{"argv", shown_argv(step.argv)}};
  payload["step"] = index;
  return payload;
}

TaskFailure failure_of(const CommandStep& step, const Ended& ended, Milliseconds timeout) {
  const std::string what =
      "step \"" + to_utf8(step.name) + "\": " + to_utf8(base_name(step.argv.front()));
  if (ended.why == Ended::Why::kTimeout) {
    return {"timeout", what + " did not end within " + format_duration(timeout)};
  }
  if (!ended.status) return {"step_failed", what + " could not be killed"};
  if (ended.status->signal != 0) {
    return {"step_failed", what + " was ended by " + loop::signal_name(ended.status->signal)};
  }
  return {"step_failed", what + " exited with status " + std::to_string(ended.status->code)};
}

Outcome failed(const CommandStep& step, bool last, TaskFailure failure) {
  Outcome outcome;
  outcome.status = Outcome::Status::kFailed;
  outcome.last = last;
  outcome.go_on = step.continue_on_error;
  outcome.retryable = true;
  outcome.failure = std::move(failure);
  return outcome;
}

Outcome outcome_of(const CommandStep& step, bool last, const Ended& ended) {
  Outcome outcome;
  if (ended.why == Ended::Why::kStopped) {
    outcome.status = Outcome::Status::kStopped;
    outcome.last = last;
  } else if (ended.why == Ended::Why::kByItself && ended.status == ExitStatus{}) {
    outcome.last = last;
  } else {
    outcome = failed(step, last, failure_of(step, ended, step.timeout));
  }
  return outcome;
}

Json completed_payload(const std::string& call_id, const CommandStep& step, const Ended& ended,
                       const StepOutput& output, Milliseconds duration) {
  Json payload = Json::object();
  payload["tool_call_id"] = call_id;
  payload["tool"] = to_utf8(base_name(step.argv.front()));
  payload["result"] = output.result();
  payload["is_error"] = ended.why != Ended::Why::kByItself || ended.status != ExitStatus{};
  if (ended.status && ended.status->signal == 0) payload["exit_code"] = ended.status->code;
  if (ended.status && ended.status->signal != 0) {
    payload["signal"] = loop::signal_name(ended.status->signal);
  }
  payload["duration_ms"] = duration.count();
  payload["truncated"] = output.truncated();
  return payload;
}

Json spawn_failed_payload(const std::string& call_id, const CommandStep& step,
                          const std::string& reason) {
  Json payload = Json::object();
  payload["tool_call_id"] = call_id;
  payload["tool"] = to_utf8(base_name(step.argv.front()));
  payload["result"] = to_utf8(reason);
  payload["is_error"] = true;
  payload["duration_ms"] = 0;
  payload["truncated"] = false;
  return payload;
}

Outcome not_allowed(const CommandStep& step, bool last, TaskFailure why) {
  Outcome outcome = failed(step, last, std::move(why));
  outcome.retryable = false;
  return outcome;
}

/// What a person has to say before the step may run: a text first, so that whoever approves sees
/// it. Empty once all is said, and nothing refused.
std::optional<Outcome> gate(const Activity& activity, const CommandStep& step, bool last,
                            IdSource& ids) {
  const std::string what = "step \"" + to_utf8(step.name) + "\": ";
  const std::string unanswered =
      runner::nobody_answered_text(activity.agent) + " (approval_timeout)";
  const Question* const input = asked(activity, QuestionKind::kInput);
  const Question* const approval = asked(activity, QuestionKind::kApproval);
  Question question;
  question.call = ids.uuid7().str();
  if (!step.input.empty() && input == nullptr) {
    question.kind = QuestionKind::kInput;
    question.prompt = step.input;
    return ask(std::move(question));
  }
  if (input != nullptr && !answered_in_time(*input)) {
    return not_allowed(step, last, {"timeout", what + unanswered});
  }
  if (step.approval && approval == nullptr) {
    question.tool = to_utf8(base_name(step.argv.front()));
    question.arguments["argv"] = shown_argv(step.argv);
    if (input != nullptr) question.arguments["input"] = input->answer->text;
    return ask(std::move(question));
  }
  if (approval != nullptr && !(approval->answer && approval->answer->approved)) {
    if (!answered_in_time(*approval))
      return not_allowed(step, last, {"refused", what + unanswered});
    const Answer& answer = *approval->answer;
    const std::string by = answer.by.empty() ? "" : " by " + answer.by;
    const std::string reason = answer.reason.empty() ? "" : ": " + answer.reason;
    return not_allowed(step, last, {"refused", what + "refused" + by + reason});
  }
  return std::nullopt;
}

}  // namespace

CommandRunner::CommandRunner(IdSource& ids, const Clock& clock, CommandOptions options)
    : ids_(ids), clock_(clock), options_(options) {}

std::string CommandRunner::step_name(const runner::AgentConfig& agent, int step) const {
  const auto index = static_cast<size_t>(step);
  if (step < 0 || index >= agent.steps.size()) return {};
  const CommandStep& found = agent.steps[index];
  if (!found.name.empty() || found.argv.empty()) return to_utf8(found.name);
  return to_utf8(base_name(found.argv.front()));
}

Outcome CommandRunner::run(const Activity& activity, runner::OutputSink& sink,
                           std::stop_token stop) {
  const auto index = static_cast<size_t>(activity.step);
  if (activity.agent.steps.empty()) return Outcome{};  // Nothing to do is done.
  if (activity.step < 0 || index >= activity.agent.steps.size()) {
    return failed(
        {}, true,
        {"step_failed", "the agent " + activity.agent.id.str() + " has no step " +
                            std::to_string(activity.step) + " any more: it was changed meanwhile"});
  }
  const CommandStep& step = activity.agent.steps[index];
  const bool last = index + 1 == activity.agent.steps.size();
  if (step.argv.empty()) return failed(step, last, {"spawn_failed", "no program is named"});

  if (stop.stop_requested()) {
    Outcome outcome;
    outcome.status = Outcome::Status::kStopped;
    return outcome;
  }
  if (std::optional<Outcome> held = gate(activity, step, last, ids_)) return *std::move(held);
  const Question* const approval = asked(activity, QuestionKind::kApproval);
  const Question* const input = asked(activity, QuestionKind::kInput);
  const std::string call_id = approval != nullptr ? approval->call : ids_.uuid7().str();
  sink.emit(types::kToolCallStarted, started_payload(call_id, step, activity.step));
  const MonoTime begun = clock_.mono();
  Result<Child> child =
      loop::spawn({step.argv, environment(activity, step, options_.inherit_environment), step.cwd,
                   /*stdin_pipe=*/input != nullptr});
  if (!child) {
    sink.emit(types::kToolCallCompleted, spawn_failed_payload(call_id, step, child.error().text));
    return failed(step, last, {"spawn_failed", to_utf8(child.error().text)});
  }
  // As a terminal would hand it over: with the end of its line.
  std::string typed = input != nullptr ? input->answer->text : std::string();
  if (input != nullptr && !typed.ends_with('\n')) typed += '\n';
  StepOutput output(call_id, options_.output, sink);
  SuperviseLimits limits = options_.supervise;
  limits.timeout = step.timeout;
  const Ended ended = supervise(*child, output, limits, clock_, stop, typed);
  if (!ended.status) child->abandon();
  sink.emit(types::kToolCallCompleted,
            completed_payload(call_id, step, ended, output, clock_.mono() - begun));
  Outcome outcome = outcome_of(step, last, ended);
  outcome.response = output.response();
  return outcome;
}

CommandStep ad_hoc_step(std::vector<std::string> argv) {
  CommandStep step;
  step.name = argv.empty() ? std::string() : base_name(argv.front());
  step.argv = std::move(argv);
  step.timeout = Milliseconds(0);
  return step;
}

}  // namespace taskfeed::process
