/// Runs an agent that lives in Google ADK's api_server: one activity is one run in one session.
///
/// The session is the task's: made before the first run, and the same one on a repetition, so that
/// the agent knows what was said. ADK's JavaScript edition goes on with a run whose connection has
/// gone. So an attempt after the first looks into the session before it runs anything: where the
/// run has come to its end meanwhile, that is the outcome, and nothing is run again. Model calls
/// that a lost attempt made and did not tell are told then, and charged for; so a connection that
/// breaks leaves its open call open until the session has shown what became of it.
///
/// Threads  run() blocks its caller and may be called from several threads at once; a stop ends it
///          at once. The server may go on with the run all the same.
/// Errors   Outcome::failure, with the kinds of adk/failures.h.
/// Owns     Nothing between calls. Borrows ids and clock.
#pragma once

#include "adk/adk_api.h"
#include "adk/run_reader.h"
#include "runner/runner.h"

namespace taskfeed::adk {

struct AdkOptions {
  ApiLimits api;
  RunLimits run;  ///< Its model_calls_max is the agent's.
  /// How long an attempt after the first waits for the run before it to end, and how often it
  /// looks.
  Milliseconds settle_max{30'000};
  Milliseconds settle_interval{1'000};
  Milliseconds last_look_max{2'000};  ///< Of the session of a task that ends within a run.
};

class AdkRunner final : public runner::Runner {
 public:
  AdkRunner(IdSource& ids, const Clock& clock, AdkOptions options = {});

  runner::Beginning beginning(const runner::AgentConfig& agent,
                              const Json& parameters) const override;
  std::string step_name(const runner::AgentConfig& agent, int step) const override;
  runner::Outcome run(const runner::Activity& activity, runner::OutputSink& output,
                      std::stop_token stop) override;
  /// Charges for what the session has of a run that is not followed any more. What the server's
  /// JavaScript edition goes on to spend after that, nobody sees.
  void settle(const runner::Activity& activity, runner::OutputSink& output) override;

 private:
  IdSource& ids_;
  const Clock& clock_;
  const AdkOptions options_;
};

}  // namespace taskfeed::adk
