// One event's line, without its time: which field interests, for each type.
#include <cmath>

#include "base/text.h"
#include "event/event.h"
#include "event_fields.h"
#include "render.h"
#include "task/question.h"
#include "task/task.h"

namespace taskfeed::cmd {
namespace {

using Rank = EventField::Rank;

struct Marks {
  explicit Marks(bool utf8)
      : start(utf8 ? "▶" : ">"),
        done(utf8 ? "✓" : "+"),
        failed(utf8 ? "✗" : "x"),
        pause(utf8 ? "‖" : "="),
        stop(utf8 ? "■" : "#"),
        note(utf8 ? "·" : "-") {}
  std::string start, done, failed, pause, stop, note;
};

std::string step_name(const Json& event) {
  const std::string name = string_at(event, "name");
  const Json* step = find(event, "step");
  if (step == nullptr || !step->is_number_integer()) return name;
  return std::to_string(step->get<int64_t>() + 1) + (name.empty() ? "" : " " + name);
}

/// In `arguments` of a command's tool call the argv alone interests.
EventFields& tool(EventFields& fields, const Json& event) {
  const Json* arguments = find(event, "arguments");
  const Json* argv = arguments == nullptr ? nullptr : find(*arguments, "argv");
  if (argv == nullptr || !argv->is_array()) {
    return fields.text(string_at(event, "tool")).json(event, "arguments");
  }
  std::string words;
  for (const Json& word : *argv) {
    if (word.is_string()) words += (words.empty() ? "" : " ") + word.get<std::string>();
  }
  return fields.text(words);
}

EventLine step_or_task(std::string_view type, const Json& event, const Looks& looks) {
  const Marks marks(looks.utf8);
  EventFields fields(looks);
  if (type == types::kStarted) {
    fields.json(event, "goal").json(event, "mode", Rank::kDetail).attempt(event);
    return {"TASK", marks.start, Tone::kStarted, fields.take()};
  }
  if (type == types::kStepStarted) {
    fields.text(step_name(event)).attempt(event);
    if (bool_at(event, "continued")) fields.fact("goes on");
    return {"STEP", marks.start, Tone::kStarted, fields.take()};
  }
  if (type == types::kStepCompleted) {
    const bool failed = string_at(event, "status") == "failed";
    fields.text(step_name(event))
        .attempt(event)
        .failure(event)
        .dollars(event, "cost")
        .duration(event);
    return {"STEP", failed ? marks.failed : marks.done, failed ? Tone::kFailed : Tone::kCompleted,
            fields.take()};
  }
  if (type == types::kPaused || type == types::kResumed) {
    const bool paused = type == types::kPaused;
    fields.fact(paused ? "paused" : "resumed", Rank::kMain).who(event);
    return {"TASK", paused ? marks.pause : marks.start, paused ? Tone::kHalted : Tone::kStarted,
            fields.take()};
  }
  if (type == types::kCompleted) {
    fields.json(event, "final_response").dollars(event, "total_cost").duration(event);
    return {"TASK", marks.done, Tone::kCompleted, fields.take()};
  }
  if (type == types::kFailed) {
    fields.failure(event).dollars(event, "total_cost").duration(event);
    return {"TASK", marks.failed, Tone::kFailed, fields.take()};
  }
  fields.fact("cancelled", Rank::kMain).who(event);
  return {"TASK", marks.stop, Tone::kHalted, fields.take()};
}

EventLine llm(std::string_view type, const Json& event, const Looks& looks) {
  const Marks marks(looks.utf8);
  EventFields fields(looks);
  if (type == types::kLlmCallChunk) {
    fields.json(event, "text");
    return {"LLM", marks.note, Tone::kPlain, fields.take()};
  }
  fields.text(string_at(event, "model")).attempt(event);
  if (type == types::kLlmCallStarted) {
    fields.dollars(event, "estimated_cost", looks.utf8 ? "≈" : "~");
    return {"LLM", marks.start, Tone::kStarted, fields.take()};
  }
  if (type == types::kLlmCallFailed) {
    fields.failure(event);
    return {"LLM", marks.failed, Tone::kFailed, fields.take()};
  }
  fields.tokens(event).dollars(event, "cost").duration(event);
  return {"LLM", marks.done, Tone::kCompleted, fields.take()};
}

/// Nobody at all where the time ran out, which is no refusal by a person.
void who_answered(EventFields& fields, const Json& event, bool answered,
                  std::string_view how = {}) {
  if (!answered && string_at(event, "by").empty() &&
      string_at(event, "reason") == kNobodyAnswered) {
    fields.fact("nobody answered in time", Rank::kMain);
    return;
  }
  if (!how.empty()) fields.fact(how, Rank::kMain);
  fields.who(event);
}

EventLine tool_or_approval(std::string_view type, const Json& event, const Looks& looks) {
  const Marks marks(looks.utf8);
  EventFields fields(looks);
  if (type == types::kToolCallStarted) {
    tool(fields, event);
    return {"TOOL", marks.start, Tone::kStarted, fields.take()};
  }
  if (type == types::kToolCallCompleted) {
    const bool failed = bool_at(event, "is_error");
    fields.text(string_at(event, "tool"));
    if (const Json* code = find(event, "exit_code"); code != nullptr && code->is_number_integer()) {
      fields.fact("exit " + std::to_string(code->get<int64_t>()));
    } else if (const std::string signal = string_at(event, "signal"); !signal.empty()) {
      fields.fact(signal);
    } else {
      fields.json(event, "result");
    }
    if (bool_at(event, "truncated")) fields.fact("truncated");
    fields.duration(event);
    return {"TOOL", failed ? marks.failed : marks.done, failed ? Tone::kFailed : Tone::kCompleted,
            fields.take()};
  }
  if (type == types::kApprovalRequested) {
    tool(fields, event).command(event, "approve");
    return {"ASK", "?", Tone::kBudget, fields.take()};
  }
  if (type == types::kInputRequested) {
    fields.json(event, "prompt").command(event, "input");
    return {"ASK", "?", Tone::kBudget, fields.take()};
  }
  if (type == types::kInputReceived) {
    const bool given = find(event, "text") != nullptr;
    if (given) fields.json(event, "text");
    who_answered(fields, event, given);
    return {"ASK", given ? marks.done : marks.failed, given ? Tone::kCompleted : Tone::kHalted,
            fields.take()};
  }
  const bool approved = bool_at(event, "approved");
  who_answered(fields, event, approved, approved ? "approved" : "refused");
  return {"ASK", approved ? marks.done : marks.failed, approved ? Tone::kCompleted : Tone::kHalted,
          fields.take()};
}

/// Of a bound: "$0.41", "90000", "10m".
std::string amount_at(const Json& event, std::string_view key, bool money) {
  const Json* const amount = find(event, key);
  if (amount == nullptr) return {};
  if (money && *amount == 0) return short_dollars(0);
  if (money) return short_dollars_at(event, key);
  return amount->is_string() ? amount->get<std::string>() : dump_json(*amount);
}

/// "$0.41 of $0.50"; "18 of 20 steps".
std::string spent_of(const Json& event, std::string bound) {
  const bool money = bound == "usd";
  std::string spent = amount_at(event, "used", money);
  const std::string of = amount_at(event, "budget", money);
  if (!of.empty()) spent += (spent.empty() ? "of " : " of ") + of;
  if (money || spent.empty()) return spent;
  std::replace(bound.begin(), bound.end(), '_', ' ');
  return spent + " " + bound;
}

EventLine budget(std::string_view type, const Json& event, const Looks& looks) {
  EventFields fields(looks);
  const std::string bound = string_at(event, "bound", "usd");
  fields.fact(spent_of(event, bound), Rank::kMain);
  if (const Json* ratio = find(event, "ratio"); ratio != nullptr && ratio->is_number()) {
    fields.fact(std::to_string(std::lround(ratio->get<double>() * 100)) + " %");
  }
  if (const std::string next = amount_at(event, "estimated", bound == "usd"); !next.empty()) {
    fields.fact("next call " + std::string(looks.utf8 ? "≈" : "~") + next, Rank::kMain);
  }
  return {"COST", type == types::kBudgetExceeded ? Marks(looks.utf8).failed : "!", Tone::kBudget,
          fields.take()};
}

EventLine foreign(std::string_view type, const Json& event, const Looks& looks) {
  Json payload = Json::object();
  for (const auto& [key, value] : event.items()) {
    if (!is_reserved_key(key)) payload[key] = value;
  }
  EventFields fields(looks);
  if (!payload.empty()) fields.text(dump_json(payload));
  return {one_line(type, kEventTypeBytesMax, looks), Marks(looks.utf8).note, Tone::kPlain,
          fields.take()};
}

}  // namespace

EventLine event_line(std::string_view type, const Json& event, const Looks& looks) {
  if (type == types::kStarted || type == types::kStepStarted || type == types::kStepCompleted ||
      type == types::kPaused || type == types::kResumed || is_terminal(type)) {
    return step_or_task(type, event, looks);
  }
  if (type.starts_with("WorkflowLLMCall")) return llm(type, event, looks);
  if (type.starts_with("WorkflowToolCall") || type.starts_with("WorkflowApproval") ||
      type.starts_with("WorkflowInput")) {
    return tool_or_approval(type, event, looks);
  }
  if (type.starts_with("WorkflowBudget")) return budget(type, event, looks);
  if (type == types::kProgress) {
    EventFields fields(looks);
    if (const Json* percent = find(event, "percent"); percent != nullptr && percent->is_number()) {
      fields.fact(std::to_string(std::lround(percent->get<double>())) + " %");
    }
    fields.json(event, "message");
    return {"PROG", Marks(looks.utf8).note, Tone::kPlain, fields.take()};
  }
  return foreign(type, event, looks);
}

}  // namespace taskfeed::cmd
