/// A runner that does what a test wrote down, and remembers what it was asked for.
///
/// Threads  Any; a mutex guards what it remembers. Hooks run on the caller's thread, unlocked.
/// Errors   What a test scripted, `Script::throws` included.
/// Owns     Its scripts and its memory.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "runner/runner.h"

namespace taskfeed::testing {

/// One attempt at one step.
struct Script {
  int outputs = 2;  ///< WorkflowToolCallOutput events, while streaming.
  runner::Outcome outcome;
  std::string throws;          ///< Not empty: leaves by an exception with this text.
  bool until_stopped = false;  ///< Ends only by its stop token.
  /// Not empty: begins this model call of a million tokens, streams a thousand, and never tells its
  /// end.
  std::string open_call;
  /// Asked first, each once; a refusal fails the step.
  std::vector<Question> asks;
};

class FakeRunner final : public runner::Runner, public runner::Runners {
 public:
  struct Run {
    int step = 0;
    int attempt = 0;
    bool operator==(const Run&) const = default;
  };

  /// What attempt `attempt` at `step` does; without a script, it completes.
  void script(int step, int attempt, Script script) { scripts_[{step, attempt}] = script; }
  /// Called at the begin of each attempt, and between its events.
  std::function<void(const runner::Activity&)> on_begin = [](const runner::Activity&) {};
  std::function<void(const runner::Activity&, const std::stop_token&)> on_output =
      [](const runner::Activity&, const std::stop_token&) {};

  /// Called where a task ends within an attempt.
  std::function<void(const runner::Activity&, runner::OutputSink&)> on_settle =
      [](const runner::Activity&, runner::OutputSink&) {};

  std::vector<Run> runs() const {
    const std::lock_guard lock(mutex_);
    return runs_;
  }

  Runner* find(runner::RunnerKind kind) override {
    return kind == runner::RunnerKind::kCommand ? this : nullptr;
  }

  std::string step_name(const runner::AgentConfig&, int step) const override {
    return "step-" + std::to_string(step);
  }

  runner::Outcome run(const runner::Activity& activity, runner::OutputSink& output,
                      std::stop_token stop) override {
    {
      const std::lock_guard lock(mutex_);
      runs_.push_back({activity.step, activity.attempt});
    }
    on_begin(activity);
    const Script script = script_for(activity);
    if (std::optional<runner::Outcome> held = ask(script, activity)) return *std::move(held);
    if (!script.open_call.empty()) {
      Json begun{{"call_id", script.open_call}, {"model", "gpt-4o-mini"}};
      begun["prompt_tokens_estimate"] = 1'000'000;
      output.emit(types::kLlmCallStarted, std::move(begun));
      Json chunk{{"call_id", script.open_call}, {"text", std::string(4'000, 'x')}};
      output.emit(types::kLlmCallChunk, std::move(chunk));
    }
    const std::string call = "call-" + std::to_string(activity.step);
    output.emit(types::kToolCallStarted, Json{{"tool_call_id", call}});
    for (int i = 0; i < script.outputs && !stop.stop_requested(); ++i) {
      on_output(activity, stop);
      if (!output.streaming()) continue;
      Json payload{{"tool_call_id", call}, {"index", i}, {"text", "line\n"}};
      if (!output.emit(types::kToolCallOutput, std::move(payload))) return stopped();
    }
    while (script.until_stopped && !stop.stop_requested()) on_output(activity, stop);
    if (!script.throws.empty()) throw std::runtime_error(script.throws);
    output.emit(types::kToolCallCompleted, Json{{"tool_call_id", call}});
    return stop.stop_requested() ? stopped() : script.outcome;
  }

  void settle(const runner::Activity& activity, runner::OutputSink& output) override {
    on_settle(activity, output);
  }

  /// The outcome of a last step, or of one that others follow.
  static runner::Outcome completed(bool last, std::string response = "done") {
    runner::Outcome outcome;
    outcome.last = last;
    outcome.response = std::move(response);
    return outcome;
  }
  static runner::Outcome failed(bool last, bool retryable = true) {
    runner::Outcome outcome = completed(last, "");
    outcome.status = runner::Outcome::Status::kFailed;
    outcome.retryable = retryable;
    outcome.failure = TaskFailure{"step_failed", "it failed as it was told to"};
    return outcome;
  }

 private:
  static runner::Outcome stopped() {
    runner::Outcome outcome;
    outcome.status = runner::Outcome::Status::kStopped;
    return outcome;
  }

  static std::optional<runner::Outcome> ask(const Script& script,
                                            const runner::Activity& activity) {
    runner::Outcome outcome;
    for (const Question& question : script.asks) {
      const Question* known = nullptr;
      for (const Question& each : activity.questions) {
        if (each.call == question.call) known = &each;
      }
      if (known == nullptr) outcome.questions.push_back(question);
      if (known != nullptr && !known->answer->approved) {
        outcome = failed(script.outcome.last, /*retryable=*/false);
        outcome.failure = TaskFailure{"refused", known->answer->reason};
        return outcome;
      }
    }
    if (outcome.questions.empty()) return std::nullopt;
    outcome.status = runner::Outcome::Status::kAsks;
    return outcome;
  }

  Script script_for(const runner::Activity& activity) const {
    const auto found = scripts_.find({activity.step, activity.attempt});
    if (found != scripts_.end()) return found->second;
    const bool last = activity.step + 1 >= static_cast<int>(activity.agent.steps.size());
    return {.outputs = 2, .outcome = completed(last), .throws = {}, .until_stopped = false};
  }

  std::map<std::pair<int, int>, Script> scripts_;
  mutable std::mutex mutex_;
  std::vector<Run> runs_;
};

}  // namespace taskfeed::testing
