#include "adk/adk_runner.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <set>

#include "peer/credentials.h"
#include "runner/hiding_sink.h"
#include "runner/lost_calls.h"
#include "runner/model_overrides.h"

namespace taskfeed::adk {
namespace {

using runner::Outcome;

std::string own_variable(std::string_view name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody calls setenv.
  const char* const value = std::getenv(std::string(name).c_str());
  return value != nullptr ? value : "";
}

Outcome failed(RunFailure failure, std::string response = {}) {
  Outcome outcome;
  outcome.status = Outcome::Status::kFailed;
  outcome.retryable = failure.retryable;
  outcome.failure = std::move(failure.failure);
  outcome.response = std::move(response);
  return outcome;
}

Result<std::map<std::string, std::string>> headers_of(const runner::AdkServer& server) {
  return peer::headers_of({server.headers_env, server.api_key_env, {}}, own_variable);
}

Outcome stopped() {
  Outcome outcome;
  outcome.status = Outcome::Status::kStopped;
  return outcome;
}

/// Until `delay` is over, or a stop.
void wait(Milliseconds delay, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, delay, [] { return false; });
}

/// One activity.
class Run {
 public:
  Run(const runner::Activity& activity, const RunReader::Ports& ports, const AdkOptions& options,
      std::map<std::string, std::string> headers, std::stop_token stop)
      : activity_(activity),
        options_(options),
        stop_(stop),
        api_(*activity.agent.adk, std::move(headers), activity.task.str(), options.api, stop),
        ports_(ports),
        limits_(limits(activity, options)),
        lost_(activity.open_calls),
        streaming_(ports.output.streaming()) {
    reader_.emplace(ports_, limits_, activity_.step);
  }

  Outcome carry_out() {
    if (std::optional<Outcome> over = over_budget()) return *std::move(over);
    if (!ports_.output.persist()) return stopped();  // That the attempt began: a lost one is known.
    if (auto ended = api_.ensure_session()) return outcome_of(*ended);
    if (activity_.continued) {
      if (std::optional<Outcome> over = recall_what_waits()) return *std::move(over);
    } else if (activity_.attempt > 1) {
      if (std::optional<Outcome> known = look_back()) return *std::move(known);
      if (std::optional<Outcome> over = over_budget()) return *std::move(over);
    }
    Outcome outcome = run_until_told();
    // A run that was lost may have gone on beside this one.
    const bool alone = activity_.attempt == 1 || outcome.status != Outcome::Status::kCompleted;
    if (!alone) settle();
    return outcome;
  }

  /// Tells and charges for what the session has that nobody told, lost calls among it. Those that
  /// it does not have stay open, and are charged for when the task ends.
  void settle() {
    auto answer = api_.session_events(options_.last_look_max);
    auto* const events = std::get_if<std::vector<AdkEvent>>(&answer);
    if (events == nullptr) return;
    const size_t heard =
        std::erase_if(*events, [this](const AdkEvent& event) { return heard_.contains(event.id); });
    reader_.emplace(ports_, limits_, activity_.step);
    const int64_t told = ports_.meter->answers() - static_cast<int64_t>(heard);
    reader_->recover(std::max<int64_t>(0, told), lost_);
    reader_->settle(*events);
  }

 private:
  std::optional<Outcome> over_budget() {
    runner::Meter with_lost = *ports_.meter;  // Whose answers may yet come, and cost.
    runner::charge_lost_calls(lost_, activity_.step, with_lost);
    const auto use = with_lost.used_up();
    if (!use) return std::nullopt;
    ports_.output.emit(types::kBudgetExceeded, workflow::budget_payload(*use, activity_.step));
    return failed(used_up_failure(*use));
  }

  Outcome run_until_told() {
    RunMessage message{activity_.query, responses_of(waiting_, activity_.questions)};
    for (int runs = 0; runs < kRunsMax; ++runs) {
      const Outcome outcome = run_once(message);
      if (outcome.status != Outcome::Status::kAsks) return outcome;
      // Asked before, and answered: the worker that knew was lost.
      message.responses = responses_of(waiting_, activity_.questions);
      if (message.responses.empty()) return outcome;
    }
    return failed(final_failure("limit", "the agent asks the same again and again"));
  }

  Outcome run_once(const RunMessage& message) {
    reader_.emplace(ports_, limits_, activity_.step);
    const AdkApi::Reader reader{[this](const AdkEvent& event) {
                                  if (event.is_answer() && !event.id.empty()) {
                                    heard_.insert(event.id);
                                  }
                                  return reader_->take(event);
                                },
                                [this] { reader_->flush(); }};
    const AdkApi::RunEnd end =
        streaming_ ? api_.run_streaming(message, reader) : api_.run_batch(message, reader);
    reader_->flush();
    return outcome_of(end);
  }

  static RunLimits limits(const runner::Activity& activity, const AdkOptions& options) {
    RunLimits limits = options.run;
    limits.model_calls_max = activity.agent.adk->max_model_calls;
    return limits;
  }

  /// A call that is open stays so where the next attempt, or the task's end, looks what became of
  /// it.
  Outcome failed_run(const RunFailure& failure, std::string response) {
    if (!failure.retryable) reader_->fail_open_calls(failure);
    return failed(failure, std::move(response));
  }

  Outcome outcome_of(const Ended& ended) {
    if (ended.stopped || reader_->unwanted()) return stopped();
    return failed_run(ended.failure, reader_->verdict(true).response);
  }

  Outcome outcome_of(const AdkApi::RunEnd& end) {
    if (stop_.stop_requested() || reader_->unwanted()) return stopped();
    if (end.ended) return outcome_of(*end.ended);
    RunVerdict verdict = reader_->verdict(end.proper);
    if (verdict.failure) return failed_run(*verdict.failure, std::move(verdict.response));
    if (!verdict.waiting.empty()) return asks(std::move(verdict));
    Outcome outcome;
    outcome.response = std::move(verdict.response);
    return outcome;
  }

  Outcome asks(RunVerdict verdict) {
    if (std::string why = unanswerable(verdict.waiting); !why.empty()) {
      return failed(final_failure("waiting", std::move(why)), std::move(verdict.response));
    }
    waiting_ = std::move(verdict.waiting);
    Outcome outcome;
    outcome.status = Outcome::Status::kAsks;
    outcome.response = std::move(verdict.response);
    outcome.questions = questions_of(waiting_);
    return outcome;
  }

  /// The calls that this attempt has asked about, as the session knows them.
  std::optional<Outcome> recall_what_waits() {
    auto answer = api_.session_events();
    if (const Ended* ended = std::get_if<Ended>(&answer)) return outcome_of(*ended);
    WaitingCalls waiting;
    for (const AdkEvent& event : std::get<std::vector<AdkEvent>>(answer)) waiting.take(event);
    waiting_ = waiting.calls();
    if (!responses_of(waiting_, activity_.questions).empty()) return std::nullopt;
    return failed(final_failure("not_found",
                                "the session of this task does not know any more what was asked"));
  }

  /// Where what followed our last message begins; nothing where it never came.
  std::optional<size_t> after_our_message(const std::vector<AdkEvent>& events) const {
    for (size_t at = events.size(); at > 0; --at) {
      const AdkEvent& event = events[at - 1];
      if (event.author == "user" && event.text() == activity_.query) return at;
    }
    return std::nullopt;
  }

  /// What became of the attempt before this one, whose worker or connection was lost. Empty: run.
  std::optional<Outcome> look_back() {
    size_t seen = 0;
    int unchanged = 0;
    reader_->recover(activity_.spent.steps, lost_);
    for (Milliseconds waited{0}; !stop_.stop_requested(); waited += options_.settle_interval) {
      auto answer = api_.session_events();
      if (const Ended* ended = std::get_if<Ended>(&answer)) return outcome_of(*ended);
      const auto& events = std::get<std::vector<AdkEvent>>(answer);
      const size_t ours = after_our_message(events).value_or(events.size());
      const std::vector<AdkEvent> since(events.begin() + static_cast<std::ptrdiff_t>(ours),
                                        events.end());
      if (has_ended(since, unchanged > 0)) return recovered(events, ours);
      unchanged = events.size() == seen ? unchanged + 1 : 0;
      seen = events.size();
      // A model or a tool may think longer than this; ADK does not say whether a run goes on.
      const bool settled = waited >= options_.settle_max || unchanged >= kSettledLooks;
      const bool nothing_runs =
          !after_our_message(events) || (!since.empty() && !since.back().error_code.empty());
      if (settled || nothing_runs) {
        reader_->settle(events);
        lost_ = reader_->lost();
        return lease_lost() ? std::optional(stopped()) : std::nullopt;
      }
      wait(options_.settle_interval, stop_);
    }
    return stopped();
  }

  /// With its final word, or with a question to a person that nothing follows.
  static bool has_ended(const std::vector<AdkEvent>& events, bool unchanged) {
    if (events.empty() || !events.back().error_code.empty()) return false;
    WaitingCalls waiting;
    for (const AdkEvent& event : events) waiting.take(event);
    return events.back().is_final() || (unchanged && !waiting.calls().empty());
  }

  /// The outcome of the run that `events` have from `ours` on. Empty: it waits for what is known.
  std::optional<Outcome> recovered(const std::vector<AdkEvent>& events, size_t ours) {
    const auto begin = events.begin() + static_cast<std::ptrdiff_t>(ours);
    reader_->settle({events.begin(), begin});
    for (auto event = begin; event != events.end() && reader_->take(*event); ++event) {
    }
    Outcome outcome = outcome_of(AdkApi::RunEnd{std::nullopt, true});
    const bool goes_on = outcome.status == Outcome::Status::kAsks &&
                         !responses_of(waiting_, activity_.questions).empty();
    lost_ = reader_->lost();
    if (goes_on && !lease_lost()) return std::nullopt;
    return goes_on ? stopped() : outcome;
  }

  /// Nothing is run beside whoever has the task by now.
  bool lease_lost() { return reader_->unwanted() || !ports_.output.persist(); }

  static constexpr int kSettledLooks = 3;
  static constexpr int kRunsMax = 8;

  const runner::Activity& activity_;
  const AdkOptions& options_;
  const std::stop_token stop_;
  AdkApi api_;
  const RunReader::Ports ports_;
  const RunLimits limits_;
  std::optional<RunReader> reader_;            ///< Of the run under way; each has its own.
  std::vector<AdkPart> waiting_;               ///< What the last one waits for.
  std::set<std::string> heard_;                ///< Answers of this activity's own runs, by id.
  std::vector<workflow::OpenModelCall> lost_;  ///< Of earlier attempts, without an end so far.
  const bool streaming_;
};

}  // namespace

AdkRunner::AdkRunner(IdSource& ids, const Clock& clock, AdkOptions options)
    : ids_(ids), clock_(clock), options_(options) {}

runner::Beginning AdkRunner::beginning(const runner::AgentConfig& agent,
                                       const Json& parameters) const {
  runner::Beginning beginning{.model = string_at(parameters, "model")};
  if (!agent.adk) return beginning;
  const auto budget = runner::tightened(agent.adk->budget, parameters);
  beginning.limits = workflow::budget_to_json(budget ? *budget : agent.adk->budget);
  if (!beginning.limits.contains("model_calls")) {
    beginning.limits["model_calls"] = agent.adk->max_model_calls;
  }
  return beginning;
}

std::string AdkRunner::step_name(const runner::AgentConfig& agent, int step) const {
  return step == 0 && agent.adk ? agent.adk->app : std::string();
}

Outcome AdkRunner::run(const runner::Activity& activity, runner::OutputSink& output,
                       std::stop_token stop) {
  if (!activity.agent.adk) {
    return failed(final_failure("invalid_request", "the agent names no ADK server any more"));
  }
  if (stop.stop_requested()) return stopped();
  const runner::AdkServer& server = *activity.agent.adk;
  Result<std::map<std::string, std::string>> headers = headers_of(server);
  if (!headers) return failed(final_failure("auth", headers.error().text));
  Result<workflow::Budget> budget = runner::tightened(server.budget, activity.parameters);
  if (!budget) return failed(final_failure("invalid_request", budget.error().text));
  runner::Meter meter(activity, *budget, server.prices, clock_);
  const runner::Secrets secrets(*headers);
  runner::HidingSink hiding(output, secrets);
  Run run(activity, {hiding, ids_, clock_, &meter}, options_, *std::move(headers), stop);
  Outcome outcome = hiding.end(run.carry_out());
  outcome.cost = meter.cost();
  return outcome;
}

void AdkRunner::settle(const runner::Activity& activity, runner::OutputSink& output) {
  if (!activity.agent.adk) return;
  const runner::AdkServer& server = *activity.agent.adk;
  runner::Meter meter(activity, {}, server.prices, clock_);
  Result<std::map<std::string, std::string>> headers = headers_of(server);
  if (!headers) return;
  const runner::Secrets secrets(*headers);
  runner::HidingSink hiding(output, secrets);
  Run run(activity, {hiding, ids_, clock_, &meter}, options_, *std::move(headers), {});
  run.settle();
  hiding.end({});
}

}  // namespace taskfeed::adk
