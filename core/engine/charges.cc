#include "engine/charges.h"

#include "runner/lost_calls.h"

namespace taskfeed::engine {
namespace {

std::vector<runner::PriceRule> prices_of(const runner::AgentConfig* agent) {
  if (agent != nullptr && agent->model_server) return agent->model_server->prices;
  if (agent != nullptr && agent->adk) return agent->adk->prices;
  return {};
}

}  // namespace

std::vector<Json> charge_open_calls(const workflow::State& state, const runner::AgentConfig* agent,
                                    const Clock& clock) {
  const std::vector<runner::PriceRule> prices = prices_of(agent);
  runner::Meter meter(workflow::spent_by(state, clock.wall()), prices, clock);
  return runner::charge_lost_calls(state.open_calls, state.step.index, meter);
}

}  // namespace taskfeed::engine
