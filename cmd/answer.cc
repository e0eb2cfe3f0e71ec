// approve and input: what a person answers to a task that asks.
#include "inputs.h"
#include "subcommand.h"
#include "task_text.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kReasonBytesMax = 4 * 1024;

struct AnswerOptions {
  std::string word;
  std::string text;  // Of input.
  std::string reason;
  std::string call;
  bool refuse = false;
  std::optional<TaskId> task;  // validate()'s.
};

Result<void> validate(AnswerOptions& options) {
  Result<TaskId> task = TaskId::parse(options.word);
  if (!task) return task.error();
  options.task = *std::move(task);
  if (options.reason.size() > kReasonBytesMax) {
    return {Errc::kTooLarge,
            "--reason is longer than " + std::to_string(kReasonBytesMax) + " bytes"};
  }
  if (auto fine = check_utf8("--reason", options.reason); !fine) return fine;
  return check_utf8("--call", options.call);
}

ExitStatus answer(const AnswerOptions& options, service::ControlRequest request, Deps& deps) {
  request.by = user_name(deps.environment);
  request.call = options.call;
  const Result<Task> task = deps.tasks().control(*options.task, request);
  if (!task) return fail(deps, task.error());
  print_task(*task, deps);
  return ExitStatus::kCompleted;
}

void declare_call(ArgParser& parser, AnswerOptions& options) {
  parser.option("--call", options.call, "ID", "which call, where several wait: its tool_call_id");
}

void declare_approve(ArgParser& parser, AnswerOptions& options) {
  parser.argument("TASK", options.word, true, "a task that waits for an approval");
  parser.flag("--refuse,--deny", options.refuse, "say no");
  parser.option("--reason", options.reason, "TEXT", "why; stands in the event");
  declare_call(parser, options);
}

ExitStatus run_approve(const AnswerOptions& options, Deps& deps) {
  const auto kind = options.refuse ? broker::SignalKind::kRefuse : broker::SignalKind::kApprove;
  return answer(options, {.kind = kind, .reason = options.reason}, deps);
}

void declare_input(ArgParser& parser, AnswerOptions& options) {
  parser.argument("TASK", options.word, true, "a task that waits for an input");
  parser.argument("TEXT", options.text, true, "the answer; - reads stdin");
  declare_call(parser, options);
}

ExitStatus run_input(const AnswerOptions& options, Deps& deps) {
  const Result<std::string> text =
      text_or_stdin(options.text, "the input", QuestionLimits{}.input_bytes_max, deps);
  if (!text) return fail(deps, text.error());
  return answer(options, {.kind = broker::SignalKind::kInput, .text = *text}, deps);
}

}  // namespace

ExitStatus enter_approve(Invocation& invocation, Needs needs) {
  const Parts<AnswerOptions> parts{
      {.name = "approve",
       .usage = "[OPTIONS] TASK",
       .summary = "Say yes, or with --refuse no, to what a task wants to do next.",
       .examples = {}},
      declare_approve,
      validate,
      run_approve};
  return enter(parts, invocation, needs);
}

ExitStatus enter_input(Invocation& invocation, Needs needs) {
  const Parts<AnswerOptions> parts{{.name = "input",
                                    .usage = "[OPTIONS] TASK TEXT",
                                    .summary = "Answer what a task asks, with a text.",
                                    .examples = {}},
                                   declare_input,
                                   validate,
                                   run_input};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
