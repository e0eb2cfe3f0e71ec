#include "service/rules.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "event/event_type.h"
#include "runner/built_in.h"
#include "runner/model_overrides.h"

namespace taskfeed::service {
namespace {

using broker::SignalKind;

constexpr size_t kUserIdBytesMax = 256;
constexpr size_t kLabelBytesMax = 256;

Error too_large(std::string_view what, size_t bytes_max) {
  return {Errc::kTooLarge,
          std::string(what) + " is longer than " + std::to_string(bytes_max) + " bytes"};
}

std::string status_of(const Task& task) {
  return "the task " + task.id.str() + " is " + std::string(to_string(task.status));
}

std::string shown(std::string_view text) {
  return escape_controls(to_utf8(utf8_prefix(text, 128)));
}

/// What stands in the inbox for the worker that comes next.
std::optional<Answer> answer_under_way(const Question& question,
                                       const std::vector<broker::Signal>& signals) {
  for (const broker::Signal& each : signals) {
    const bool input = each.kind == SignalKind::kInput;
    if (!broker::is_answer(each.kind) || each.call != question.call) continue;
    if (input != (question.kind == QuestionKind::kInput)) continue;
    return Answer{each.kind == SignalKind::kApprove, each.text, each.by, each.reason};
  }
  return std::nullopt;
}

QuestionKind kind_of(const ControlRequest& request) {
  return request.kind == SignalKind::kInput ? QuestionKind::kInput : QuestionKind::kApproval;
}

bool is_about(const Question& question, const ControlRequest& request) {
  return question.kind == kind_of(request) &&
         (request.call.empty() || question.call == request.call);
}

bool says_the_same(const Question& answered, const ControlRequest& request) {
  if (request.kind == SignalKind::kInput) {
    return answered.answer->text == request.text && answered_in_time(answered);
  }
  return answered.answer->approved == (request.kind == SignalKind::kApprove);
}

Error answered_already(const Task& task, const Question& answered) {
  const Answer& answer = *answered.answer;
  const std::string call = "the call " + shown(answered.call) + " of the task " + task.id.str();
  if (!answered_in_time(answered)) {
    return {Errc::kConflict, call + " waits no more: nobody answered it in time"};
  }
  const std::string was = answered.kind == QuestionKind::kInput ? "given another text"
                          : answer.approved                     ? "approved"
                                                                : "refused";
  return {Errc::kConflict, call + " was " + was + " already" +
                               (answer.by.empty() ? "" : ", by " + shown(answer.by))};
}

}  // namespace

Result<void> check_idempotency_key(std::string_view key) {
  constexpr size_t kBytesMax = 255;
  bool printable = !key.empty() && key.size() <= kBytesMax;
  for (const char c : key) printable = printable && c >= ' ' && c <= '~';
  if (printable) return {};
  return {Errc::kInvalid, "an idempotency key has 1 to 255 printable characters of ASCII"};
}

TaskId task_id_of_key(const AgentId& agent, std::string_view key) {
  const Digest digest = sha256({"taskfeed task of a key", agent.str(), key});
  std::array<uint8_t, 16> bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  bytes[6] = static_cast<uint8_t>(0x80 | (bytes[6] & 0x0F));  // Version 8, and the variant.
  bytes[8] = static_cast<uint8_t>(0x80 | (bytes[8] & 0x3F));
  return TaskId::parse(Uuid(bytes).str()).value();
}

Result<void> check_spec(const TaskSpec& spec, const TaskLimits& limits) {
  if (spec.description.size() > limits.description_bytes_max) {
    return too_large("the description", limits.description_bytes_max);
  }
  if (spec.user_id.size() > kUserIdBytesMax) return too_large("user_id", kUserIdBytesMax);
  if (!spec.parameters.is_object()) {
    return {Errc::kInvalid, "the task's parameters must be a JSON object"};
  }
  if (dump_json(spec.parameters).size() > limits.parameters_bytes_max) {
    return too_large("the task's parameters' JSON", limits.parameters_bytes_max);
  }
  if (const Json* streaming = find(spec.parameters, "enable_streaming");
      streaming != nullptr && !streaming->is_boolean()) {
    return {Errc::kInvalid, "the parameter enable_streaming must be true or false"};
  }
  if (spec.labels.size() > limits.labels_max) {
    return {Errc::kTooLarge,
            "more than " + std::to_string(limits.labels_max) + " labels on one task"};
  }
  for (const auto& [name, value] : spec.labels) {
    if (name.empty()) return {Errc::kInvalid, "a label's name is empty; write NAME=VALUE"};
    if (name.starts_with(kOwnLabelPrefix)) {
      return {Errc::kInvalid, "labels that begin with '" + std::string(kOwnLabelPrefix) +
                                  "' are taskfeed's own; choose another name"};
    }
    if (name.size() > kLabelBytesMax || value.size() > kLabelBytesMax) {
      return too_large("a label's name or value", kLabelBytesMax);
    }
  }
  return {};
}

Result<void> check_execute(const Task& task) {
  if (task.status == TaskStatus::kSubmitted) return {};
  if (is_terminal(task.status)) {
    return {Errc::kConflict, status_of(task) + " already; create another task to run it again"};
  }
  return {Errc::kConflict, status_of(task) + " already; `taskfeed tail` follows it"};
}

Result<Json> execute_budget(const runner::AgentConfig& agent, const Json& budget) {
  if (budget.is_null()) return Json();
  if (!runner::keeps_to_budget(agent)) {
    return {Errc::kInvalid, "the agent " + agent.id.str() + " has runner \"" +
                                std::string(runner::to_string(agent.runner)) +
                                "\", which keeps to no budget; execute the task without one"};
  }
  const Result<workflow::Budget> read = runner::task_budget(budget);
  if (!read) return read.error();
  return workflow::budget_to_json(*read);
}

Result<void> check_control(const Task& task, broker::SignalKind kind) {
  const std::string verb(to_string(kind));
  if (is_terminal(task.status)) {
    return {Errc::kEnded, status_of(task) + " already; there is nothing to " + verb};
  }
  switch (kind) {
    case broker::SignalKind::kCancel:
      return {};
    case broker::SignalKind::kPause:
      if (task.status == TaskStatus::kPending || task.status == TaskStatus::kRunning) return {};
      if (task.status == TaskStatus::kPaused)
        return {Errc::kConflict, status_of(task) + " already"};
      return {Errc::kConflict, status_of(task) + ": execute it before you pause it"};
    case broker::SignalKind::kResume:
      if (task.status == TaskStatus::kPaused) return {};
      return {Errc::kConflict, status_of(task) + ", not paused; there is nothing to resume"};
    case broker::SignalKind::kApprove:
    case broker::SignalKind::kRefuse:
    case broker::SignalKind::kInput:
      return {};  // question_for() looks for what it answers.
  }
  TF_ASSERT_TEXT(false, "a signal's kind out of range");
  return {};
}

Result<std::optional<Question>> question_for(const Task& task,
                                             const std::vector<Question>& questions,
                                             const std::vector<broker::Signal>& signals,
                                             const ControlRequest& request) {
  const std::string what(to_string(kind_of(request)));
  std::vector<Question> open;
  const Question* answered = nullptr;
  std::vector<Question> known = questions;
  for (Question& each : known) {
    if (!is_about(each, request)) continue;
    if (!each.answer) each.answer = answer_under_way(each, signals);
    if (!each.answer) {
      open.push_back(each);
    } else {
      answered = &each;
    }
  }
  if (open.size() == 1) return std::optional(open.front());
  if (open.size() > 1) {
    std::string calls;
    for (const Question& each : open) calls += (calls.empty() ? "" : ", ") + each.call;
    return Error{Errc::kConflict, "the task " + task.id.str() + " waits for " +
                                      std::to_string(open.size()) + " " + what +
                                      "s; name one: " + calls};
  }
  if (answered == nullptr) {
    return Error{Errc::kConflict,
                 status_of(task) + " and waits for no " + what +
                     (request.call.empty() ? "" : " of the call " + shown(request.call)) +
                     "; `taskfeed get` shows what it waits for"};
  }
  if (says_the_same(*answered, request)) return std::optional<Question>();
  return answered_already(task, *answered);
}

bool is_about_one_of(const std::vector<Question>& questions, const ControlRequest& request) {
  return std::any_of(questions.begin(), questions.end(),
                     [&](const Question& each) { return is_about(each, request); });
}

std::optional<Question> answered_among(const std::vector<StoredEvent>& events,
                                       const ControlRequest& request) {
  const bool input = request.kind == SignalKind::kInput;
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (event->type != (input ? types::kInputReceived : types::kApprovalReceived)) continue;
    const Result<Json> json = parse_json(event->json);
    if (!json) continue;
    Question question;
    question.kind = kind_of(request);
    question.call = string_at(*json, "tool_call_id");
    question.answer = Answer{bool_at(*json, "approved"), string_at(*json, "text"),
                             string_at(*json, "by"), string_at(*json, "reason")};
    if (is_about(question, request)) return question;
  }
  return std::nullopt;
}

Result<void> said_again(const Task& task, const Question& answered, const ControlRequest& request) {
  if (says_the_same(answered, request) && answered.answer->by == request.by &&
      answered.answer->reason == request.reason) {
    return {};
  }
  return answered_already(task, answered);
}

Error unknown_task(const TaskId& task) {
  return {Errc::kNotFound, "no task " + task.str() + "; `taskfeed list` shows the newest"};
}

Error built_in_agent(const AgentId& agent) {
  return {Errc::kInvalid, runner::built_in_text(agent)};
}

Result<runner::AgentConfig> read_agent(const broker::StoredAgent& stored) {
  const Result<Json> json = parse_json(stored.config_json);
  Result<runner::AgentConfig> config =
      json ? runner::agent_from_json(*json, runner::Origin::kOperator)
           : Result<runner::AgentConfig>(json.error());
  if (config) return config;
  return Error{Errc::kInternal, "the stored configuration of the agent " + stored.id.str() +
                                    " cannot be read (" + config.error().text +
                                    "); apply its file again"};
}

}  // namespace taskfeed::service
