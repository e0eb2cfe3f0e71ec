// One event's line, without its time: which field interests, for each type.
#include <cmath>

#include "base/text.h"
#include "event/event.h"
#include "render.h"
#include "task/task.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kFieldBytesMax = 200;

/// Fields with two spaces between them; empty ones leave no trace.
class Fields {
 public:
  explicit Fields(const Looks& looks) : looks_(looks) {}
  Fields& add(std::string_view text) {
    if (text.empty()) return *this;
    if (!line_.empty()) line_ += "  ";
    line_ += one_line(text, kFieldBytesMax, looks_);
    return *this;
  }
  Fields& dollars(const Json& event, std::string_view key, std::string_view before = {}) {
    const Json* amount = find(event, key);
    if (amount == nullptr || !amount->is_number()) return *this;
    const double nano = amount->get<double>() * 1e9;
    if (!(std::fabs(nano) < 9e18) || nano == 0) return *this;
    return add(std::string(before) + short_dollars(std::llround(nano)));
  }
  Fields& duration(const Json& event) {
    const Json* took = find(event, "duration_ms");
    if (took == nullptr || !took->is_number()) return *this;
    return add(short_duration(int_at(event, "duration_ms")));
  }
  Fields& tokens(const Json& event) {
    const Json* usage = find(event, "usage");
    if (usage == nullptr) return *this;
    const int64_t in = int_at(*usage, "prompt_tokens", int_at(*usage, "input_tokens", -1));
    const int64_t out = int_at(*usage, "completion_tokens", int_at(*usage, "output_tokens", -1));
    if (in < 0 || out < 0) return *this;
    return add(short_count(in) + (looks_.utf8 ? "→" : "->") + short_count(out) + " tok");
  }
  Fields& json(const Json& event, std::string_view key) {
    const Json* value = find(event, key);
    if (value == nullptr || value->is_null() || value->empty()) return *this;
    return add(value->is_string() ? value->get<std::string>() : dump_json(*value));
  }
  Fields& failure(const Json& event) {
    const Json* error = find(event, "error");
    if (error == nullptr) return *this;
    if (error->is_string()) return add(error->get<std::string>());
    const std::string kind = string_at(*error, "kind");
    const std::string said = string_at(*error, "message");
    return add(kind + (kind.empty() || said.empty() ? "" : ": ") + said);
  }
  Fields& who(const Json& event) {
    const std::string by = string_at(event, "by");
    if (!by.empty()) add("by " + by);
    return add(string_at(event, "reason"));
  }
  Fields& attempt(const Json& event) {
    const int64_t attempt = int_at(event, "attempt", 1);
    return attempt > 1 ? add("attempt " + std::to_string(attempt)) : *this;
  }
  std::string str() const { return line_; }

 private:
  const Looks& looks_;
  std::string line_;
};

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
Fields& tool(Fields& fields, const Json& event) {
  const Json* arguments = find(event, "arguments");
  const Json* argv = arguments == nullptr ? nullptr : find(*arguments, "argv");
  if (argv == nullptr || !argv->is_array()) {
    return fields.add(string_at(event, "tool")).json(event, "arguments");
  }
  std::string words;
  for (const Json& word : *argv) {
    if (word.is_string()) words += (words.empty() ? "" : " ") + word.get<std::string>();
  }
  return fields.add(words);
}

EventLine step_or_task(std::string_view type, const Json& event, const Looks& looks) {
  const Marks marks(looks.utf8);
  Fields fields(looks);
  if (type == types::kStarted) {
    fields.json(event, "goal").json(event, "mode").attempt(event);
    return {"TASK", marks.start, Tone::kStarted, fields.str()};
  }
  if (type == types::kStepStarted) {
    fields.add(step_name(event)).attempt(event);
    if (bool_at(event, "continued")) fields.add("goes on");
    return {"STEP", marks.start, Tone::kStarted, fields.str()};
  }
  if (type == types::kStepCompleted) {
    const bool failed = string_at(event, "status") == "failed";
    fields.add(step_name(event))
        .attempt(event)
        .failure(event)
        .dollars(event, "cost")
        .duration(event);
    return {"STEP", failed ? marks.failed : marks.done, failed ? Tone::kFailed : Tone::kCompleted,
            fields.str()};
  }
  if (type == types::kPaused || type == types::kResumed) {
    const bool paused = type == types::kPaused;
    fields.add(paused ? "paused" : "resumed").who(event);
    return {"TASK", paused ? marks.pause : marks.start, paused ? Tone::kHalted : Tone::kStarted,
            fields.str()};
  }
  if (type == types::kCompleted) {
    fields.json(event, "final_response").dollars(event, "total_cost").duration(event);
    return {"TASK", marks.done, Tone::kCompleted, fields.str()};
  }
  if (type == types::kFailed) {
    fields.failure(event).dollars(event, "total_cost").duration(event);
    return {"TASK", marks.failed, Tone::kFailed, fields.str()};
  }
  fields.add("cancelled").who(event);
  return {"TASK", marks.stop, Tone::kHalted, fields.str()};
}

EventLine llm(std::string_view type, const Json& event, const Looks& looks) {
  const Marks marks(looks.utf8);
  Fields fields(looks);
  if (type == types::kLlmCallChunk) {
    fields.json(event, "text");
    return {"LLM", marks.note, Tone::kPlain, fields.str()};
  }
  fields.add(string_at(event, "model")).attempt(event);
  if (type == types::kLlmCallStarted) {
    fields.dollars(event, "estimated_cost", looks.utf8 ? "≈" : "~");
    return {"LLM", marks.start, Tone::kStarted, fields.str()};
  }
  if (type == types::kLlmCallFailed) {
    fields.failure(event);
    return {"LLM", marks.failed, Tone::kFailed, fields.str()};
  }
  fields.tokens(event).dollars(event, "cost").duration(event);
  return {"LLM", marks.done, Tone::kCompleted, fields.str()};
}

/// How a person answers: the command line to type.
void answer_with(Fields& fields, std::string_view subcommand, const Json& event) {
  const std::string task = string_at(event, "task_id");
  if (!task.empty()) fields.add("taskfeed " + std::string(subcommand) + " " + task);
}

EventLine tool_or_approval(std::string_view type, const Json& event, const Looks& looks) {
  const Marks marks(looks.utf8);
  Fields fields(looks);
  if (type == types::kToolCallStarted) {
    tool(fields, event);
    return {"TOOL", marks.start, Tone::kStarted, fields.str()};
  }
  if (type == types::kToolCallCompleted) {
    const bool failed = bool_at(event, "is_error");
    fields.add(string_at(event, "tool"));
    if (const Json* code = find(event, "exit_code"); code != nullptr && code->is_number_integer()) {
      fields.add("exit " + std::to_string(code->get<int64_t>()));
    } else if (const std::string signal = string_at(event, "signal"); !signal.empty()) {
      fields.add(signal);
    } else {
      fields.json(event, "result");
    }
    if (bool_at(event, "truncated")) fields.add("truncated");
    fields.duration(event);
    return {"TOOL", failed ? marks.failed : marks.done, failed ? Tone::kFailed : Tone::kCompleted,
            fields.str()};
  }
  if (type == types::kApprovalRequested) {
    tool(fields, event);
    answer_with(fields, "approve", event);
    return {"ASK", "?", Tone::kBudget, fields.str()};
  }
  if (type == types::kInputRequested) {
    fields.json(event, "prompt");
    answer_with(fields, "input", event);
    return {"ASK", "?", Tone::kBudget, fields.str()};
  }
  if (type == types::kInputReceived) {
    const bool given = find(event, "text") != nullptr;
    if (given) fields.json(event, "text");
    fields.who(event);
    return {"ASK", given ? marks.done : marks.failed, given ? Tone::kCompleted : Tone::kHalted,
            fields.str()};
  }
  const bool approved = bool_at(event, "approved");
  fields.add(approved ? "approved" : "refused").who(event);
  return {"ASK", approved ? marks.done : marks.failed, approved ? Tone::kCompleted : Tone::kHalted,
          fields.str()};
}

EventLine budget(std::string_view type, const Json& event, const Looks& looks) {
  Fields fields(looks);
  fields.dollars(event, "used").dollars(event, "budget", "of ");
  if (const Json* ratio = find(event, "ratio"); ratio != nullptr && ratio->is_number()) {
    fields.add(std::to_string(std::lround(ratio->get<double>() * 100)) + " %");
  }
  return {"COST", type == types::kBudgetExceeded ? Marks(looks.utf8).failed : "!", Tone::kBudget,
          fields.str()};
}

EventLine foreign(std::string_view type, const Json& event, const Looks& looks) {
  Json payload = Json::object();
  for (const auto& [key, value] : event.items()) {
    if (!is_reserved_key(key)) payload[key] = value;
  }
  Fields fields(looks);
  if (!payload.empty()) fields.add(dump_json(payload));
  return {one_line(type, kEventTypeBytesMax, looks), Marks(looks.utf8).note, Tone::kPlain,
          fields.str()};
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
    Fields fields(looks);
    if (const Json* percent = find(event, "percent"); percent != nullptr && percent->is_number()) {
      fields.add(std::to_string(std::lround(percent->get<double>())) + " %");
    }
    fields.json(event, "message");
    return {"PROG", Marks(looks.utf8).note, Tone::kPlain, fields.str()};
  }
  return foreign(type, event, looks);
}

}  // namespace taskfeed::cmd
