/// A backend in memory, and a stream that a test writes.
///
/// Threads  One, but for wake(): a signal's thread.
/// Errors   What must not fail in a set-up aborts.
/// Owns     All of it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "broker/memory_broker.h"
#include "cmd/backend.h"
#include "engine/local_engine.h"
#include "event/sse_encoder.h"
#include "service/task_service.h"
#include "support/clock.h"
#include "support/ids.h"

namespace taskfeed::testing {

/// What the test put in, in order; then time passes, up to `until`, and `on_idle` may act.
class ScriptedStream final : public cmd::StreamSource {
 public:
  struct Script {
    std::deque<cmd::StreamItem> items;
    std::vector<cmd::StreamRequest> requests;
    std::function<void()> on_idle = [] {};
    std::optional<Error> refusal;  ///< Of open().
  };
  ScriptedStream(Script& script, ManualClock& clock) : script_(script), clock_(clock) {}

  Result<void> open(const cmd::StreamRequest& request) override {
    script_.requests.push_back(request);
    return script_.refusal ? Result<void>(*script_.refusal) : Result<void>();
  }
  std::optional<cmd::StreamItem> next(std::optional<MonoTime> until) override {
    if (script_.items.empty()) {
      script_.on_idle();
      if (until && *until > clock_.mono()) clock_.advance(*until - clock_.mono());
      // A test that waits for what never comes must not wait for ever.
      TF_ASSERT_TEXT(++idle_ < 10'000, "the reader goes on, and the script is over");
      return std::nullopt;
    }
    cmd::StreamItem item = std::move(script_.items.front());
    script_.items.pop_front();
    return item;
  }
  void wake() override {}

 private:
  Script& script_;
  ManualClock& clock_;
  int idle_ = 0;
};

/// A task's stream as it stands: stream.open, its events, and stream.end where it has ended.
class SnapshotStream final : public cmd::StreamSource {
 public:
  explicit SnapshotStream(broker::MemoryBroker& broker) : broker_(broker) {}

  Result<void> open(const cmd::StreamRequest& request) override {
    if (const auto found = broker_.load(request.task); !found) return found.error();
    const TypeFilter filter = TypeFilter::parse(request.types, request.exclude).value();
    broker::ReadRange range;
    range.after = request.after.value_or(Cursor{});
    range.newest = request.history_newest;
    const broker::Page page = broker_.read(request.task, range).value();
    const auto put = [&](const FramePtr& frame) {
      sse::Parser parser([&](sse::Message&& event) {
        items_.push_back({cmd::StreamItem::Kind::kEvent, request.task, std::move(event), Error{}});
      });
      TF_ASSERT(parser.feed(frame->bytes()).ok());
    };
    put(sse::open_frame({.task = request.task, .first = page.first, .last = page.last}));
    for (const StoredEvent& event : page.events) {
      const bool wanted = request.include_history || request.after;
      if (wanted && filter.accepts(event.type)) {
        put(sse::event_frame(event.cursor, event.type, event.json));
      }
    }
    if (page.status && is_terminal(*page.status)) {
      put(sse::end_frame(to_string(*page.status), page.last));
      items_.push_back({cmd::StreamItem::Kind::kEnd, request.task, {}, Error{}});
    }
    return {};
  }
  std::optional<cmd::StreamItem> next(std::optional<MonoTime>) override {
    TF_ASSERT_TEXT(!items_.empty(), "the reader goes on, and the task has not ended");
    cmd::StreamItem item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  void wake() override {}

 private:
  broker::MemoryBroker& broker_;
  std::deque<cmd::StreamItem> items_;
};

class FakeBackend final : public cmd::Backend {
 public:
  explicit FakeBackend(const Clock& clock, IdSource& ids)
      : broker(clock),
        engine_(broker, broker, broker, ids, clock),
        service({broker, broker, broker, engine_, ids, clock}) {}

  service::Tasks& tasks() override { return instead != nullptr ? *instead : service; }
  std::unique_ptr<cmd::StreamSource> stream() override { return make_stream(); }
  bool lacks_worker() const override { return alone; }
  Result<void> start_worker(const TaskId& task) override {
    workers_started.push_back(task);
    return {};
  }
  std::string origin_options() const override { return origin; }

  void apply_agent(std::string_view id) {
    runner::AgentConfig config{.id = agent(id)};
    config.steps.push_back({.name = "one", .argv = {"true"}});
    TF_ASSERT(service.put_agent(config).ok());
  }
  /// One with runner = "openai".
  void apply_assistant(std::string_view id) {
    runner::AgentConfig config{.id = agent(id), .runner = runner::RunnerKind::kOpenAi};
    config.model_server = runner::ModelServer{
        .base_url = HttpUrl::parse("http://127.0.0.1:1/v1").value(), .model = "m"};
    TF_ASSERT(service.put_agent(config).ok());
  }
  std::vector<StoredEvent> events(const TaskId& task) {
    return service.events(task, {.limit = broker::kPageEventsMax}).value().events;
  }
  TaskId create_task(std::string_view of_agent, std::string_view description = "a goal") {
    return service.create({.agent = agent(of_agent), .description = std::string(description)})
        .value()
        .id;
  }

  broker::MemoryBroker broker;

 private:
  engine::LocalEngine engine_;

 public:
  service::TaskService service;
  service::Tasks* instead = nullptr;
  std::function<std::unique_ptr<cmd::StreamSource>()> make_stream = [this] {
    return std::make_unique<SnapshotStream>(broker);
  };
  bool alone = false;
  std::vector<TaskId> workers_started;
  std::string origin;
};

}  // namespace taskfeed::testing
