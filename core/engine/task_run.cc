#include "engine/task_run.h"

#include <algorithm>
#include <exception>

#include "engine/charges.h"
#include "runner/model_overrides.h"
#include "workflow/events.h"

namespace taskfeed::engine {
namespace {

using Keep = Journal::Keep;
using How = RunEnd::How;

/// What execute asked for, else the task's parameters, else the agent's configuration.
bool wants_streaming(const Task& task, const runner::AgentConfig& agent) {
  if (task.streaming) return *task.streaming;
  return bool_at(task.spec.parameters, "enable_streaming", agent.enable_streaming);
}

Json parameters_of(const Task& task) {
  return runner::parameters_with_budget(task.spec.parameters, task.budget);
}

}  // namespace

TaskRun::TaskRun(const Ports& ports, const WorkerLimits& limits, Waiter& waiter, Mailbox& mailbox,
                 broker::Claimed claimed)
    : ports_(ports),
      limits_(limits),
      waiter_(waiter),
      mailbox_(mailbox),
      last_error_(claimed.stored.last_error),
      journal_(ports, limits, waiter, mailbox, std::move(claimed)),
      sure_at_(ports.clock.mono()) {}

RunEnd TaskRun::carry_out() {
  if (const Result<void> folded = journal_.catch_up(); !folded) return unavailable(folded.error());
  if (journal_.lease().claims > limits_.claims_max) return poison();
  for (;;) {
    if (Next end = step()) {
      end->status = journal_.state().status;
      return *end;
    }
  }
}

TaskRun::Next TaskRun::step() {
  if (mailbox_.lost()) return RunEnd{How::kLost, {}, {}};
  const Mailbox::Asked asked = mailbox_.asked();
  newest_signal_ = asked.newest;
  asked_to_move_ = asked.requests.pause || asked.requests.resume;
  const std::vector<workflow::Command> commands =
      workflow::decide(journal_.state(), asked.requests, ports_.clock.wall());
  if (commands.empty()) {
    if (!journal_.pending()) return RunEnd{};
    return commit(Keep::kNothing, {});
  }
  const workflow::Command& command = commands.front();
  const bool ends = std::holds_alternative<workflow::Finish>(command);
  if (mailbox_.shutting_down() && !ends) return commit(Keep::kNothing, {How::kReleased, {}, {}});
  return std::visit([this](const auto& each) { return carry(each); }, command);
}

TaskRun::Next TaskRun::carry(const workflow::Start&) {
  if (Next end = ensure_agent()) return end;
  const Task& task = journal_.task();
  const runner::Beginning beginning = runner_->beginning(*agent_, parameters_of(task));
  journal_.record(types::kStarted,
                  workflow::started_payload({
                      .goal = task.query.empty() ? task.spec.description : task.query,
                      .streaming = wants_streaming(task, *agent_),
                      .runner = std::string(runner::to_string(agent_->runner)),
                      .model = beginning.model,
                      .limits = beginning.limits,
                      .attempt = journal_.lease().claims,
                      .retry = agent_->retry,
                      .conversation = beginning.conversation,
                  }));
  return std::nullopt;
}

TaskRun::Next TaskRun::carry(const workflow::RunActivity& command) {
  if (Next end = ensure_agent()) return end;
  if (!journal_.task().execution) {
    return fail({"not_executed", "the task has no execution: it was never executed here"});
  }
  return run_activity(command);
}

TaskRun::Next TaskRun::run_activity(const workflow::RunActivity& command) {
  const bool streaming = journal_.state().streaming;
  ActivitySink sink(journal_, ports_, streaming, command.attempt);
  Event started = journal_.make_event(
      types::kStepStarted,
      workflow::step_started_payload(command.step, runner_->step_name(*agent_, command.step),
                                     command.attempt, command.continued));
  if (streaming) {
    journal_.record(std::move(started));
  } else {
    sink.keep(std::move(started));
  }
  if (Next end = commit(Keep::kLease, {})) return end;
  if (Next end = ensure_lease()) return end;

  // The journal folds what the activity says while it says it: the runner works from a copy.
  const std::optional<workflow::Conversation> conversation = journal_.state().conversation;
  const runner::Activity work = activity(command.step, command.attempt, command.continued,
                                         conversation ? &*conversation : nullptr);
  const MonoTime begun = ports_.clock.mono();
  runner::Outcome outcome;
  try {
    outcome = runner_->run(work, sink, mailbox_.begin_activity());
  } catch (const std::exception& thrown) {
    mailbox_.end_activity();
    return let_go({How::kCrashed, limits_.crash_backoff, thrown.what()});
  } catch (...) {
    mailbox_.end_activity();
    return let_go({How::kCrashed, limits_.crash_backoff, "the runner threw no std::exception"});
  }
  mailbox_.end_activity();
  return conclude(command, outcome, sink, ports_.clock.mono() - begun);
}

runner::Activity TaskRun::activity(int step, int attempt, bool continued,
                                   const workflow::Conversation* conversation) const {
  const Task& task = journal_.task();
  const workflow::State& state = journal_.state();
  return {.task = task.id,
          .execution = *task.execution,
          .agent = *agent_,
          .query = task.query.empty() ? task.spec.description : task.query,
          .parameters = parameters_of(task),
          .step = step,
          .attempt = attempt,
          .previous_response = state.response,
          .questions = state.questions,
          .continued = continued,
          .conversation = conversation,
          .open_calls = state.open_calls,
          .spent = workflow::spent_by(state, ports_.clock.wall()),
          .budget_warned = state.budget_warned};
}

TaskRun::Next TaskRun::settle() {
  const workflow::State& state = journal_.state();
  const workflow::Step step = state.step;
  const bool begun = step.attempt > 0 || !state.open_calls.empty();
  if (!begun || !journal_.task().execution) return std::nullopt;
  const std::optional<Unready> unready = agent_ ? std::nullopt : find_agent();
  if (unready && unready->unavailable) return unavailable(*unready->unavailable);
  // What may have killed its workers is not begun once more.
  const bool poison = journal_.lease().claims > limits_.claims_max;
  if (!unready && !poison) {
    ActivitySink sink(journal_, ports_, state.streaming, step.attempt);
    try {
      runner_->settle(activity(step.index, step.attempt, false, nullptr), sink);
    } catch (const std::exception& thrown) {
      ports_.log.error("task " + journal_.task().id.str() + ": " + thrown.what());
    } catch (...) {
      ports_.log.error("task " + journal_.task().id.str() + ": its runner does not settle it");
    }
    sink.record_kept();
  }
  for (Json& payload : charge_open_calls(state, agent_ ? &*agent_ : nullptr, ports_.clock)) {
    journal_.record(types::kLlmCallFailed, std::move(payload));
  }
  return std::nullopt;
}

TaskRun::Next TaskRun::conclude(const workflow::RunActivity& command,
                                const runner::Outcome& outcome, ActivitySink& sink,
                                Milliseconds duration) {
  if (outcome.status == runner::Outcome::Status::kStopped) {
    if (mailbox_.asked().requests.cancel) {
      sink.record_kept();
      return std::nullopt;  // decide() answers the cancel.
    }
    // Nothing is recorded of a batch: the next worker carries the step out anew.
    if (!mailbox_.lost() && mailbox_.stopping()) {
      return commit(Keep::kNothing, {How::kReleased, {}, {}});
    }
    const Written written = mailbox_.lost() ? Written::kLost : journal_.flush_some();
    if (written == Written::kLost) return RunEnd{How::kLost, {}, {}};
    if (written == Written::kLater) return RunEnd{How::kUnavailable, {}, {}};
    return let_go({How::kCrashed, limits_.crash_backoff, "the runner stopped unasked"});
  }
  sink.record_kept();
  if (outcome.status == runner::Outcome::Status::kAsks) return ask(command, outcome);
  const workflow::StepResult result{
      .completed = outcome.status == runner::Outcome::Status::kCompleted,
      .last = outcome.last,
      .go_on = outcome.go_on,
      .retryable = outcome.retryable,
      .retry_after = outcome.retry_after,
      .response = outcome.response,
      .failure = outcome.failure,
      .cost = outcome.cost};
  journal_.record(
      types::kStepCompleted,
      workflow::step_completed_payload(command.step, runner_->step_name(*agent_, command.step),
                                       command.attempt, result, duration));
  return std::nullopt;
}

TaskRun::Next TaskRun::ask(const workflow::RunActivity& command, const runner::Outcome& outcome) {
  const size_t known = journal_.state().questions.size();
  for (Question question : outcome.questions) {
    if (agent_->approval_timeout > Milliseconds(0)) {
      question.due = ports_.clock.wall() + agent_->approval_timeout;
    }
    journal_.record(workflow::question_type(question),
                    workflow::question_payload(question, command.step));
  }
  if (journal_.state().questions.size() > known) return std::nullopt;
  // It would be run again with the same answers, for ever.
  return fail({"runner_error", "the runner asks nothing that it did not ask before"});
}

TaskRun::Next TaskRun::carry(const workflow::TakeAnswers& command) {
  for (const workflow::Answered& answered : command.answers) {
    journal_.record(workflow::answer_type(answered),
                    workflow::answer_payload(answered, journal_.state().step.index));
  }
  // A pause or a resume has its own event; taken with these signals it would be lost.
  if (!asked_to_move_) journal_.take_signals(newest_signal_);
  return std::nullopt;
}

TaskRun::Next TaskRun::carry(const workflow::Await& command) {
  // Whatever was signalled by now is answered or means nothing: what stays would wake us for ever.
  journal_.take_signals(newest_signal_);
  Milliseconds after{0};
  if (command.until) after = std::max(Milliseconds(1), *command.until - ports_.clock.wall());
  return commit(Keep::kNothing, {How::kAwaiting, after, {}});
}

TaskRun::Next TaskRun::carry(const workflow::Wait& command) {
  const Milliseconds delay = std::max(Milliseconds(1), command.until - ports_.clock.wall());
  if (delay > limits_.wait_in_place_max) {
    return commit(Keep::kNothing, {How::kDeferred, delay, {}});
  }
  if (Next end = commit(Keep::kLease, {})) return end;
  waiter_.wait(delay, mailbox_);
  return std::nullopt;
}

TaskRun::Next TaskRun::carry(const workflow::Pause& command) {
  journal_.record(types::kPaused, workflow::request_payload(command.request));
  journal_.take_signals(newest_signal_);
  return commit(Keep::kNothing, {How::kParked, {}, {}});
}

TaskRun::Next TaskRun::carry(const workflow::Resume& command) {
  journal_.record(types::kResumed, workflow::request_payload(command.request));
  journal_.take_signals(newest_signal_);
  return std::nullopt;
}

TaskRun::Next TaskRun::carry(const workflow::Park&) {
  // As in Await: nothing of it can move a paused task, and what stays would be claimed for again
  // and again.
  journal_.take_signals(newest_signal_);
  return commit(Keep::kNothing, {How::kParked, {}, {}});
}

TaskRun::Next TaskRun::carry(const workflow::Finish& command) {
  if (Next end = settle()) return end;
  journal_.record(workflow::finish_type(command),
                  workflow::finish_payload(command, journal_.state(), ports_.clock.wall()));
  journal_.take_signals(newest_signal_);
  return commit(Keep::kNothing, {});
}

TaskRun::Next TaskRun::ensure_agent() {
  if (agent_) return std::nullopt;
  std::optional<Unready> unready = find_agent();
  if (!unready) return std::nullopt;
  if (unready->unavailable) return unavailable(*unready->unavailable);
  return fail(std::move(unready->failure));
}

std::optional<TaskRun::Unready> TaskRun::find_agent() {
  const AgentId& id = journal_.task().spec.agent;
  const auto invalid = [&id](const Error& error) {
    return Unready{{}, {"agent_invalid", "the agent " + id.str() + ": " + error.text}};
  };
  const Result<broker::StoredAgent> stored = ports_.agents.agent(id);
  if (!stored && stored.error().code != Errc::kNotFound) return Unready{stored.error(), {}};
  if (!stored) {
    return Unready{{}, {"agent_not_found", "the agent " + id.str() + " does not exist any more"}};
  }
  const Result<Json> json = parse_json(stored->config_json);
  if (!json) return invalid(json.error());
  Result<runner::AgentConfig> config = runner::agent_from_json(*json, runner::Origin::kOperator);
  if (!config) return invalid(config.error());
  runner_ = ports_.runners.find(config->runner);
  if (runner_ == nullptr) {
    return Unready{
        {},
        {"runner_unavailable", "no worker here runs agents of the kind \"" +
                                   std::string(runner::to_string(config->runner)) + "\""}};
  }
  agent_ = *std::move(config);
  return std::nullopt;
}

TaskRun::Next TaskRun::ensure_lease() {
  const MonoTime now = ports_.clock.mono();
  if (now - sure_at_ < limits_.lease_interval / 2) return std::nullopt;
  const Result<void> renewed = renew_lease(ports_, limits_, journal_.lease(), mailbox_);
  if (mailbox_.lost()) return RunEnd{How::kLost, {}, {}};
  if (!renewed) return unavailable(renewed.error());
  sure_at_ = now;
  return std::nullopt;
}

TaskRun::Next TaskRun::fail(TaskFailure failure) {
  workflow::Finish finish;
  finish.status = TaskStatus::kFailed;
  finish.response = journal_.state().response;
  finish.failure = std::move(failure);
  return carry(finish);
}

RunEnd TaskRun::poison() {
  const std::string error = last_error_.empty() ? "its worker died each time" : last_error_;
  const int claims = journal_.lease().claims - 1;
  Next end = fail({"poison", "given up after " + std::to_string(claims) +
                                 " workers did not bring it to an end; the last error: " + error});
  if (end->how == How::kFinished) return {How::kPoison, {}, error};
  return *end;
}

TaskRun::Next TaskRun::commit(Keep keep, RunEnd end) {
  switch (journal_.flush(keep)) {
    case Written::kYes:
      break;
    case Written::kLost:
      return RunEnd{How::kLost, {}, {}};
    case Written::kLater:
      return RunEnd{How::kUnavailable, {}, {}};
  }
  if (keep == Keep::kLease) return std::nullopt;
  return end;
}

RunEnd TaskRun::let_go(RunEnd end) {
  const Result<void> released = ports_.leases.release(journal_.lease(), end.error);
  if (!released && released.error().code == Errc::kFenced) return {How::kLost, {}, {}};
  return end;
}

RunEnd TaskRun::unavailable(const Error& error) {
  ports_.log.warn("task " + journal_.task().id.str() + " waits: " + error.text);
  RunEnd end = let_go({How::kUnavailable, {}, {}});
  end.error = error.text;
  return end;
}

Result<void> renew_lease(const Ports& ports, const WorkerLimits& limits, const broker::Lease& lease,
                         Mailbox& mailbox) {
  const Result<std::vector<broker::Signal>> signals =
      ports.leases.renew(lease, limits.lease_interval);
  if (signals) {
    mailbox.deliver(*signals);
    return {};
  }
  const Errc code = signals.error().code;
  if (code == Errc::kFenced || code == Errc::kNotFound || code == Errc::kEnded) {
    mailbox.lose_lease();
  }
  return signals.error();
}

}  // namespace taskfeed::engine
