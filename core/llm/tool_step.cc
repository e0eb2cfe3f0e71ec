#include "llm/tool_step.h"

#include <algorithm>

#include "llm/call_crew.h"
#include "llm/outcomes.h"
#include "runner/tool_arguments.h"
#include "runner/unanswered.h"
#include "workflow/depth.h"

namespace taskfeed::llm {
namespace {

using runner::Outcome;
using runner::ToolResult;
using workflow::AskedCall;

ToolResult told(std::string text) {
  return {.text = std::move(text), .is_error = true};
}

const runner::Tool* tool_of(const std::vector<runner::Tool>& tools, const std::string& name) {
  const auto found = std::find_if(tools.begin(), tools.end(),
                                  [&name](const runner::Tool& tool) { return tool.name == name; });
  return found == tools.end() ? nullptr : &*found;
}

/// An empty text stands for no arguments: several servers send it.
std::optional<Json> arguments_of(const AskedCall& asked) {
  if (asked.arguments.find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
  Result<Json> parsed = parse_json(asked.arguments);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return *std::move(parsed);
}

}  // namespace

ToolStep::ToolStep(const runner::Activity& activity, const Ports& ports, const LoopLimits& limits,
                   std::stop_token stop)
    : activity_(activity), ports_(ports), limits_(limits), stop_(std::move(stop)) {}

ToolStep::Planned ToolStep::plan(const AskedCall& asked, const runner::Tool* tool) const {
  Planned planned{.call = {.id = asked.id, .name = asked.tool}, .shown = asked.arguments};
  const std::optional<Json> arguments = arguments_of(asked);
  const bool too_deep = arguments && workflow::is_deeper(*arguments, workflow::kArgumentsDepthMax);
  if (arguments && !too_deep) planned.shown = planned.call.arguments = *arguments;
  if (tool == nullptr) {
    planned.verdict = told("there is no tool named \"" + asked.tool + "\"");
  } else if (!arguments) {
    planned.verdict = told("the arguments are not a JSON object");
  } else if (too_deep) {
    planned.verdict = told("the arguments are nested too deep");
  } else if (asked.stage == AskedCall::Stage::kBegun && !tool->idempotent) {
    planned.verdict =
        told("this call was interrupted: it may or may not have taken effect, and is not repeated");
  } else if (tool->approval) {
    planned.verdict = refusal(asked, *tool, *arguments);
  }
  if (tool != nullptr) planned.server = tool->server;
  return planned;
}

/// What does not fit is refused without a person: a yes to it would carry nothing out.
std::optional<ToolResult> ToolStep::refusal(const AskedCall& asked, const runner::Tool& tool,
                                            const Json& arguments) const {
  if (const std::string wrong = runner::misfit(tool.parameters, arguments); !wrong.empty()) {
    return told("the arguments do not fit: " + wrong);
  }
  for (const Question& question : activity_.questions) {
    if (question.call != asked.id || (question.answer && question.answer->approved)) continue;
    std::string text = "the call was not approved";
    if (!answered_in_time(question)) {
      return told(text + ": " + runner::nobody_answered_text(activity_.agent));
    }
    if (!question.answer->by.empty()) text += " by " + question.answer->by;
    if (!question.answer->reason.empty()) text += ": " + question.answer->reason;
    return told(std::move(text));
  }
  return std::nullopt;
}

void ToolStep::ask(const Planned& planned, std::vector<Question>& questions) const {
  const bool asked =
      std::any_of(activity_.questions.begin(), activity_.questions.end(),
                  [&](const Question& question) { return question.call == planned.call.id; });
  if (asked) return;
  Question question;
  question.kind = QuestionKind::kApproval;
  question.call = planned.call.id;
  question.tool = planned.call.name;
  question.arguments = planned.shown;
  questions.push_back(std::move(question));
}

Outcome ToolStep::carry_out() {
  const Result<std::vector<runner::Tool>> tools = ports_.toolbox.list(stop_);
  if (stop_.stop_requested()) return stopped();
  if (!tools) return tools_unavailable(tools.error(), activity_.previous_response);
  // Others may publish events of a task that is not executed yet: its history is not ours alone.
  if (activity_.conversation->turns.size() != static_cast<size_t>(activity_.step) / 2 + 1) {
    return failed("invalid_state", "no answer of the model asks for the calls of this step");
  }
  std::vector<Planned> planned;
  std::vector<Question> questions;
  for (const AskedCall& asked : activity_.conversation->turns.back().calls) {
    if (asked.stage == AskedCall::Stage::kDone) continue;
    const runner::Tool* const tool = tool_of(*tools, asked.tool);
    planned.push_back(plan(asked, tool));
    const bool needs_yes = tool != nullptr && tool->approval && !planned.back().verdict;
    if (needs_yes) ask(planned.back(), questions);
    if (questions.size() + activity_.questions.size() > QuestionLimits{}.open_max) {
      questions.pop_back();
      planned.back().verdict = told("too many calls of one answer need approval");
    }
  }
  if (!questions.empty()) {
    Outcome outcome;
    outcome.status = Outcome::Status::kAsks;
    outcome.response = activity_.previous_response;
    outcome.questions = std::move(questions);
    return outcome;
  }
  if (!planned.empty() && (!begin(planned) || !run_all(planned))) return stopped();
  Outcome outcome;
  outcome.last = false;
  outcome.response = activity_.previous_response;
  return outcome;
}

/// Before the first of them runs it is on record that all have begun.
bool ToolStep::begin(const std::vector<Planned>& planned) {
  for (const Planned& each : planned) {
    Json payload = Json::object();
    payload["tool_call_id"] = each.call.id;
    payload["tool"] = each.call.name;
    payload["arguments"] = each.shown;
    if (!each.server.empty()) payload["server"] = each.server;
    payload["step"] = activity_.step;
    if (!ports_.output.emit(types::kToolCallStarted, std::move(payload))) return false;
  }
  return ports_.output.persist();
}

bool ToolStep::run_all(const std::vector<Planned>& planned) {
  std::vector<runner::ToolCall> calls;
  std::vector<const Planned*> of_call;
  for (const Planned& each : planned) {
    if (!each.verdict) {
      calls.push_back(each.call);
      of_call.push_back(&each);
    } else if (!end(each, *each.verdict, Milliseconds(0))) {
      return false;
    }
  }
  const CrewOptions options{.threads_max = limits_.parallel_calls_max,
                            .streaming = ports_.output.streaming()};
  return run_calls(calls, ports_.toolbox, ports_.clock, options, stop_, [&](CrewReport report) {
    if (!report.type.empty()) return ports_.output.emit(report.type, std::move(report.payload));
    return end(*of_call[report.call], report.result, report.duration);
  });
}

/// On record at once: a call that has an outcome is never made again.
bool ToolStep::end(const Planned& planned, const ToolResult& result, Milliseconds duration) {
  Json payload = Json::object();
  payload["tool_call_id"] = planned.call.id;
  payload["tool"] = planned.call.name;
  payload["result"] = result.text;
  payload["is_error"] = result.is_error;
  if (result.exit_code) payload["exit_code"] = *result.exit_code;
  payload["duration_ms"] = duration.count();
  if (result.truncated) payload["truncated"] = true;
  payload["step"] = activity_.step;
  return ports_.output.emit(types::kToolCallCompleted, std::move(payload)) &&
         ports_.output.persist();
}

}  // namespace taskfeed::llm
