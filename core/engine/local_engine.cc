#include "engine/local_engine.h"

#include "engine/charges.h"
#include "engine/folded.h"
#include "event/json.h"
#include "workflow/events.h"
#include "workflow/state.h"

namespace taskfeed::engine {
namespace {

/// A worker may take or let go of the task between our look and our act; then we look again.
constexpr int kLooksMax = 8;

}  // namespace

Result<void> LocalEngine::submit(const TaskId& task, const broker::Execution& execution) {
  return tasks_.execute(task, execution);
}

Result<void> LocalEngine::signal(const TaskId& task, const broker::Signal& signal) {
  if (signal.kind != broker::SignalKind::kCancel) return tasks_.signal(task, signal);
  Error last{Errc::kConflict, "the task " + task.str() + " changes too fast; try again"};
  for (int look = 0; look < kLooksMax; ++look) {
    const Result<broker::StoredTask> stored = tasks_.load(task);
    if (!stored) return stored.error();
    const TaskStatus status = stored->task.status;
    if (is_terminal(status)) {
      return {Errc::kEnded,
              "the task " + task.str() + " is " + std::string(to_string(status)) + " already"};
    }
    if (stored->holder) return tasks_.signal(task, signal);
    Result<void> done = cancel(*stored, signal);
    if (done || done.error().code != Errc::kConflict) return done;
    last = done.error();
  }
  return last;
}

Result<void> LocalEngine::cancel(const broker::StoredTask& stored, const broker::Signal& signal) {
  Result<workflow::State> state = folded_state(events_, stored);
  if (!state) return state.error();
  const auto open = open_calls(stored, *state);
  if (!open) return open.error();
  std::vector<EncodedEvent> last;
  const auto record = [&](std::string_view type, Json payload) -> Result<void> {
    Event event{.id = ids_.uuid7(),
                .type = EventType::parse(type).value(),
                .time = clock_.wall(),
                .task = stored.task.id,
                .agent = stored.task.spec.agent,
                .execution = stored.task.execution,
                .payload = std::move(payload)};
    Result<EncodedEvent> encoded = encode(event);
    if (!encoded) return encoded.error();
    const Cursor next{state->folded.seq + 1, event.id.low32()};
    *state = workflow::evolve(*state, event, next);
    last.push_back(*std::move(encoded));
    return {};
  };
  for (const Json& payload : *open) {
    if (auto recorded = record(types::kLlmCallFailed, payload); !recorded) {
      return recorded.error();
    }
  }
  workflow::Finish finish;
  finish.status = TaskStatus::kCancelled;
  finish.response = state->response;
  finish.request = {signal.by, signal.reason};
  if (auto recorded = record(workflow::finish_type(finish),
                             workflow::finish_payload(finish, *state, clock_.wall()));
      !recorded) {
    return recorded.error();
  }
  broker::Commit commit{.task = stored.task.id,
                        .lease = {},
                        .version = stored.version,
                        .snapshot = broker::Snapshot{workflow::with_state(stored.task, *state),
                                                     dump_json(workflow::state_to_json(*state))},
                        .events = std::move(last),
                        .signals_taken = {}};
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Result<broker::Committed> committed = tasks_.commit(commit);
    if (committed) return {};
    if (committed.error().code != Errc::kTimeout) return committed.error();
    commit.maybe_repeated = true;
  }
  return {Errc::kTimeout, "whether the task " + stored.task.id.str() +
                              " was cancelled is unknown: no answer in time; look at it again"};
}

Result<std::vector<Json>> LocalEngine::open_calls(const broker::StoredTask& stored,
                                                  const workflow::State& state) const {
  if (state.open_calls.empty()) return std::vector<Json>{};
  const Result<broker::StoredAgent> agent = agents_.agent(stored.task.spec.agent);
  if (!agent && agent.error().code != Errc::kNotFound) return agent.error();
  const Result<Json> json = agent ? parse_json(agent->config_json) : agent.error();
  const Result<runner::AgentConfig> config =
      json ? runner::agent_from_json(*json, runner::Origin::kOperator) : json.error();
  return charge_open_calls(state, config ? &*config : nullptr, clock_);
}

}  // namespace taskfeed::engine
