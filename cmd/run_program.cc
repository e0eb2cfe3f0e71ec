#include "run_program.h"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/text.h"
#include "event_printer.h"
#include "event_publisher.h"
#include "inputs.h"
#include "process/command_runner.h"
#include "runner/built_in.h"
#include "status_line.h"
#include "workflow/events.h"

namespace taskfeed::cmd {
namespace {

constexpr std::string_view kInterrupted = "interrupted";

/// The command line as a person would type it, as far as it fits into a description.
std::string command_line(const std::vector<std::string>& argv) {
  constexpr size_t kBytesMax = 4 * 1024;
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+=,";
  std::string line;
  for (const std::string& word : argv) {
    if (line.size() > kBytesMax) break;
    if (!line.empty()) line += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  const std::string_view fits = utf8_prefix(line, kBytesMax);
  return to_utf8(fits) + (fits.size() < line.size() ? "..." : "");
}

/// The status line of a program that runs on another thread, beside what is printed.
///
/// Threads  print() from any; the line is drawn by a thread of its own.
class ProgramStatus {
 public:
  ProgramStatus(Deps& deps, const EventPrinter& printer)
      : interrupts_(deps.interrupts), printer_(printer), line_(deps) {
    if (!line_.on()) return;
    interrupts_.on_resize([this] { changed_.notify_all(); });
    thread_ = std::thread([this] { tick(); });
  }
  ~ProgramStatus() { stop(); }
  ProgramStatus(const ProgramStatus&) = delete;
  ProgramStatus& operator=(const ProgramStatus&) = delete;

  /// Writes while the line is away.
  void print(const std::function<void()>& write) {
    const std::lock_guard lock(mutex_);
    line_.hide();
    write();
  }
  void add(const TaskId& task, const EncodedEvent& event) {
    const std::lock_guard lock(mutex_);
    line_.add(task, event.type, event.json);
  }
  void stop() {
    if (!thread_.joinable()) return;
    interrupts_.on_resize({});
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    line_.hide();
  }

 private:
  static constexpr Milliseconds kInterval{250};
  void tick() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (!printer_.flowing()) line_.show();
      changed_.wait_for(lock, kInterval);
    }
  }

  Interrupts& interrupts_;
  const EventPrinter& printer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  StatusLine line_;
  std::thread thread_;
};

/// The program's task: makes its events, folds them, and has them published and printed.
class ProgramTask final : public runner::OutputSink {
 public:
  ProgramTask(const Task& task, Deps& deps)
      : task_(task),
        deps_(deps),
        printer_(deps.out, deps.globals.output, deps.looks()),
        status_(deps, printer_),
        state_(workflow::initial_state()),
        publisher_(deps.tasks(), task.id, deps.clock,
                   {[this](const EncodedEvent& event, std::optional<Cursor> cursor) {
                      print(event, cursor);
                    },
                    [this](const Error& error) { refused(error); }}) {
    deps_.interrupts.set_patience(2);
    deps_.interrupts.on_signal([this] { interrupted(); });
  }
  ~ProgramTask() { deps_.interrupts.on_signal({}); }

  bool emit(std::string_view type, Json payload) override {
    const Event event{.id = deps_.ids.uuid7(),
                      .type = EventType::parse(type).value(),
                      .time = deps_.clock.wall(),
                      .task = task_.id,
                      .agent = task_.spec.agent,
                      .execution = {},
                      .payload = std::move(payload)};
    state_ = workflow::evolve(std::move(state_), event, {++seq_, event.id.low32()});
    if (const Result<void> added = publisher_.add(event); !added)
      deps_.log.warn(added.error().text);
    return !stop_.stop_requested();
  }
  bool streaming() const override { return true; }
  bool persist() override { return true; }

  std::stop_token stop() const { return stop_.get_token(); }
  const workflow::State& state() const { return state_; }
  Result<void> finish() {
    Result<void> done = publisher_.finish();
    status_.stop();
    printer_.finish();
    return done;
  }

 private:
  void print(const EncodedEvent& event, std::optional<Cursor> cursor) {
    status_.add(task_.id, event);
    status_.print([&] {
      printer_.event({event.type, event.json, cursor.value_or(Cursor{}).str()}, {});
    });
    if (deps_.out.broken()) stop_.request_stop();
  }
  void refused(const Error& error) {
    // Somebody ended the task: the program ends too. Otherwise it is worth more than its events.
    if (error.code == Errc::kEnded) {
      stop_.request_stop();
    } else {
      status_.print([&] {
        remark(deps_, error.text + "; the program goes on, its events are no longer stored");
      });
    }
  }
  void interrupted() {
    if (stop_.stop_requested()) publisher_.give_up();
    stop_.request_stop();
  }

  const Task& task_;
  Deps& deps_;
  EventPrinter printer_;
  ProgramStatus status_;
  workflow::State state_;
  uint64_t seq_ = 0;
  std::stop_source stop_;
  EventPublisher publisher_;
};

/// How the one step went, as the workflow puts it.
workflow::StepResult step_result(const runner::Outcome& outcome) {
  return {.completed = outcome.status == runner::Outcome::Status::kCompleted,
          .last = true,
          .go_on = false,
          .retryable = false,
          .response = outcome.response,
          .failure = outcome.failure,
          .cost = 0};
}

workflow::Finish finish_of(const runner::Outcome& outcome, const Deps& deps) {
  workflow::Finish finish;
  finish.response = outcome.response;
  switch (outcome.status) {
    case runner::Outcome::Status::kCompleted:
      finish.status = TaskStatus::kCompleted;
      break;
    case runner::Outcome::Status::kFailed:
      finish.status = TaskStatus::kFailed;
      finish.failure = outcome.failure;
      break;
    case runner::Outcome::Status::kAsks:  // No: a program that a person starts asks nobody.
    case runner::Outcome::Status::kStopped:
      finish.status = TaskStatus::kCancelled;
      finish.request = {user_name(deps.environment), std::string(kInterrupted)};
      break;
  }
  return finish;
}

runner::Outcome run_in(ProgramTask& program, const Task& task, const ProgramRun& asked,
                       Deps& deps) {
  process::CommandRunner runner(deps.ids, deps.clock, {.inherit_environment = true});
  runner::AgentConfig agent{.id = task.spec.agent, .runner = runner::RunnerKind::kCommand};
  agent.steps.push_back(process::ad_hoc_step(asked.argv));
  agent.steps.front().timeout = deps.globals.timeout.value_or(Milliseconds(0));
  const std::string name = runner.step_name(agent, 0);

  program.emit(
      types::kStarted,
      workflow::started_payload(
          {.goal = task.spec.description, .streaming = true, .runner = "command", .model = {}}));
  program.emit(types::kStepStarted, workflow::step_started_payload(0, name, 1));
  const MonoTime begun = deps.clock.mono();
  const runner::Activity activity{.task = task.id,
                                  .execution = deps.ids.uuid7(),
                                  .agent = agent,
                                  .query = task.spec.description,
                                  .previous_response = {}};
  runner::Outcome outcome = runner.run(activity, program, program.stop());
  if (outcome.status != runner::Outcome::Status::kStopped) {
    program.emit(types::kStepCompleted,
                 workflow::step_completed_payload(0, name, 1, step_result(outcome),
                                                  deps.clock.mono() - begun));
  }
  const workflow::Finish finish = finish_of(outcome, deps);
  program.emit(workflow::finish_type(finish),
               workflow::finish_payload(finish, program.state(), deps.clock.wall()));
  return outcome;
}

ExitStatus status_of(const Task& task, const runner::Outcome& outcome, const Result<void>& stored,
                     Deps& deps) {
  if (deps.out.broken()) return ExitStatus::kPipe;
  if (deps.interrupts.received() != 0) return deps.interrupts.status();
  if (!stored && stored.error().code == Errc::kEnded) {
    const Result<Task> now = deps.tasks().get(task.id);
    if (!now) return fail(deps, now.error());
    return exit_status_of(now->status, now->error ? now->error->kind : "");
  }
  if (!stored) return fail(deps, stored.error());
  const bool timed_out = outcome.failure && outcome.failure->kind == "timeout";
  if (timed_out) return ExitStatus::kTimeout;
  return outcome.status == runner::Outcome::Status::kCompleted ? ExitStatus::kCompleted
                                                               : ExitStatus::kTaskFailed;
}

}  // namespace

ExitStatus run_program(const ProgramRun& program, Deps& deps) {
  const Result<Task> task = deps.tasks().create({.agent = AgentId::parse(runner::kRunAgent).value(),
                                                 .description = command_line(program.argv),
                                                 .user_id = program.user,
                                                 .parameters = Json::object(),
                                                 .labels = program.labels});
  if (!task) return fail(deps, task.error());
  if (deps.err.is_terminal()) {
    remark(deps, "task " + task->id.str() + "; follow it elsewhere with: taskfeed" +
                     deps.backend->origin_options() + " tail " + task->id.str());
  }
  runner::Outcome outcome;
  Result<void> stored;
  {
    ProgramTask running(*task, deps);
    outcome = run_in(running, *task, program, deps);
    stored = running.finish();
  }
  return status_of(*task, outcome, stored, deps);
}

}  // namespace taskfeed::cmd
