/// One model call as an activity: its budget, its events, what it cost, how it ended.
///
/// Threads  carry_out() blocks its caller.
/// Errors   Outcome.
/// Owns     Nothing afterwards.
#pragma once

#include "llm/openai_runner.h"
#include "runner/meter.h"
#include "runner/model_overrides.h"

namespace taskfeed::llm {

class ModelStep final : private ChatListener {
 public:
  struct Ports {
    runner::OutputSink& output;
    IdSource& ids;
    const Clock& clock;
    Log& log;
  };
  /// The agent's server, and what the task makes of it; borrowed.
  struct Model {
    const runner::ModelServer& server;
    const runner::EffectiveModel& asked;
  };
  ModelStep(const runner::Activity& activity, const Ports& ports, const LoopLimits& limits,
            const Model& model, std::stop_token stop);

  /// Charges for the call in which another worker died.
  void settle_interrupted();
  /// `headers` carry the key.
  runner::Outcome carry_out(std::map<std::string, std::string> headers,
                            std::vector<runner::Tool> tools);

 private:
  bool on_text(std::string_view text) override { return gather("text", text); }
  bool on_reasoning(std::string_view text) override { return gather("reasoning", text); }
  void on_quiet() override { flush_chunk(); }
  bool gather(std::string_view kind, std::string_view text);
  bool flush_chunk();

  bool announce(const ChatRequest& request);
  runner::Outcome conclude(ChatEnd end);
  runner::Outcome failed_call(const ChatEnd& end, ChatFailure failure);
  runner::Outcome exceeded(const workflow::BudgetUse& use, std::string response);
  runner::Outcome over_budget(Json payload, std::string why, std::string response);
  workflow::Usage usage_of(const ChatEnd& end) const;
  void charge(Json& payload, const ChatAnswer& answer, const workflow::Usage& usage);
  void warn_of_budget();

  const runner::Activity& activity_;
  const Ports ports_;
  const LoopLimits& limits_;
  const std::stop_token stop_;

  const runner::ModelServer& server_;
  const runner::EffectiveModel& asked_;
  runner::Meter meter_;
  std::string call_id_;
  int64_t prompt_estimate_ = 0;
  MonoTime begun_;
  std::string gathered_;
  std::string gathered_kind_;
  MonoTime flushed_at_;
  int next_chunk_ = 0;
  int64_t streamed_bytes_ = 0;
  std::optional<workflow::BudgetUse> cut_by_;
};

/// How the step ends whose answer `turn` is: with tool calls, another comes after it.
runner::Outcome answered(const workflow::Turn& turn);

}  // namespace taskfeed::llm
