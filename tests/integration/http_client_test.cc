// HttpTasks over a real server is held against the TaskService behind it, method by method.
#include <cstdlib>
#include <functional>

#include <gtest/gtest.h>
#include <unistd.h>

#include "client/http_tasks.h"
#include "client/sse_stream.h"
#include "support/http_world.h"

namespace taskfeed {
namespace {

using testing::HttpWorld;

class HttpClient : public ::testing::Test {
 protected:
  HttpClient() {
    char folder[] = "/tmp/taskfeed-http-XXXXXX";
    folder_ = mkdtemp(folder);
    options_.listen = "unix:" + folder_ + "/socket";
    world_ = std::make_unique<HttpWorld>(options_);
    remote_ = std::make_unique<client::HttpTasks>(endpoint());
  }
  ~HttpClient() override {
    remote_.reset();
    world_.reset();
    rmdir(folder_.c_str());
  }

  client::Endpoint endpoint() const { return client::Endpoint::parse(options_.listen).value(); }
  service::Tasks& local() { return world_->tasks; }
  service::Tasks& remote() { return *remote_; }

  TaskSpec spec() const {
    return {.agent = testing::agent("agent-1"),
            .description = "Grüße, \"wörtlich\"",
            .user_id = "user-7",
            .parameters = {{"depth", 3}, {"nested", {{"list", {1, "zwei", nullptr}}}}},
            .labels = {{"team", "a"}, {"stage", "test"}}};
  }
  Task submitted() {
    runner::AgentConfig agent{.id = testing::agent("builder"),
                              .description = "Builds",
                              .runner = runner::RunnerKind::kCommand,
                              .enable_streaming = true,
                              .steps = {},
                              .retry = {}};
    runner::CommandStep step;
    step.name = "one";
    step.argv = {"true"};
    agent.steps.push_back(step);
    TF_ASSERT(local().put_agent(agent).ok());
    TaskSpec of_builder = spec();
    of_builder.agent = agent.id;
    return local().create(of_builder).value();
  }
  std::vector<service::PublishInput> three_events() const {
    return {{"WorkflowStarted", {{"goal", "g"}}, false},
            {"WorkflowProgressUpdated", {{"percent", 10}, {"note", "zeile\nzwei"}}, false},
            {"", {{"event_type", "own.type"}, {"payload", {{"a", 1}}}}, false}};
  }
  /// Both refuse, alike.
  template <class T>
  void expect_same_error(const Result<T>& here, const Result<T>& there) {
    ASSERT_FALSE(here.ok());
    ASSERT_FALSE(there.ok());
    EXPECT_EQ(to_string(here.error().code), to_string(there.error().code));
    EXPECT_EQ(here.error().text, there.error().text);
  }

  std::string folder_;
  testing::HttpOptions options_;
  std::unique_ptr<HttpWorld> world_;
  std::unique_ptr<client::HttpTasks> remote_;
};

void expect_same_page(const service::EventsPage& here, const service::EventsPage& there) {
  EXPECT_EQ(here.events, there.events);
  EXPECT_EQ(here.next, there.next);
  EXPECT_EQ(here.first, there.first);
  EXPECT_EQ(here.last, there.last);
  EXPECT_EQ(here.anchor, there.anchor);
  EXPECT_EQ(here.status, there.status);
}

TEST_F(HttpClient, PingsADaemon) {
  EXPECT_TRUE(remote_->ping().ok());
}

TEST_F(HttpClient, CreatesTheTaskThatWasAskedFor) {
  const Result<Task> made = remote().create(spec());
  ASSERT_TRUE(made.ok()) << made.error().text;
  EXPECT_EQ(made->spec, spec());
  EXPECT_EQ(local().get(made->id).value(), *made);
}

TEST_F(HttpClient, RefusesTheTaskOfAnUnknownAgentAlike) {
  TaskSpec of_nobody = spec();
  of_nobody.agent = testing::agent("nobody");
  expect_same_error(local().create(of_nobody), remote().create(of_nobody));
}

TEST_F(HttpClient, GetsATaskAsItIs) {
  const Task task = submitted();
  EXPECT_EQ(remote().get(task.id).value(), local().get(task.id).value());
  expect_same_error(local().get(testing::task("none")), remote().get(testing::task("none")));
}

TEST_F(HttpClient, ExecutesOnceAndIsRefusedTheSecondTimeAlike) {
  const Task task = submitted();
  const Result<Task> executed = remote().execute(task.id, {.query = "now", .streaming = true});
  ASSERT_TRUE(executed.ok()) << executed.error().text;
  EXPECT_EQ(executed->query, "now");
  EXPECT_EQ(executed->streaming, std::optional(true));
  EXPECT_EQ(*executed, local().get(task.id).value());
  expect_same_error(local().execute(task.id, {}), remote().execute(task.id, {}));
}

TEST_F(HttpClient, ControlsAlike) {
  const Task task = submitted();
  const service::ControlRequest cancel{
      .kind = broker::SignalKind::kCancel, .by = "me", .reason = "enough"};
  const Result<Task> cancelled = remote().control(task.id, cancel);
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().text;
  EXPECT_EQ(*cancelled, local().get(task.id).value());
  const service::ControlRequest pause{.kind = broker::SignalKind::kPause, .by = "", .reason = ""};
  expect_same_error(local().control(task.id, pause), remote().control(task.id, pause));
}

TEST_F(HttpClient, ListsInPagesAlike) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(local().create(spec()).ok());
  submitted();
  for (const auto& agent : {std::optional<AgentId>(), std::optional(testing::agent("agent-1"))}) {
    broker::ListQuery query;
    query.agent = agent;
    query.limit = 2;
    for (int page = 0; page < 4; ++page) {
      const auto here = local().list(query);
      const auto there = remote().list(query);
      ASSERT_TRUE(here.ok() && there.ok());
      EXPECT_EQ(here->tasks, there->tasks);
      EXPECT_EQ(here->cursor, there->cursor);
      query.cursor = here->cursor;
      if (query.cursor.empty()) break;
    }
  }
  broker::ListQuery running;
  running.status = TaskStatus::kRunning;
  EXPECT_EQ(remote().list(running).value().tasks, local().list(running).value().tasks);
}

TEST_F(HttpClient, PublishesAndReadsPagesByteForByte) {
  const Task task = local().create(spec()).value();
  const auto cursors = remote().publish(task.id, three_events());
  ASSERT_TRUE(cursors.ok()) << cursors.error().text;
  ASSERT_EQ(cursors->size(), 3u);
  service::EventsQuery query;
  expect_same_page(local().events(task.id, query).value(), remote().events(task.id, query).value());
  query.limit = 1;
  query.after = cursors->front();
  expect_same_page(local().events(task.id, query).value(), remote().events(task.id, query).value());
  query = {};
  query.before_seq = 3;
  query.filter = TypeFilter::parse("Workflow*,own.*", "WorkflowStarted").value();
  expect_same_page(local().events(task.id, query).value(), remote().events(task.id, query).value());
  query = {};
  query.after = Cursor{2, 12345};
  const auto elsewhere = remote().events(task.id, query).value();
  EXPECT_EQ(elsewhere.anchor, broker::Anchor::kMismatch);
  expect_same_page(local().events(task.id, query).value(), elsewhere);
}

TEST_F(HttpClient, AnswersARepeatedEventWithItsFirstCursor) {
  const Task task = local().create(spec()).value();
  const Json event = {{"event_type", "own.type"}, {"event_id", world_->ids.uuid7().str()}};
  const auto once = remote().publish(task.id, {{"", event, true}});
  const auto again = remote().publish(task.id, {{"", event, true}});
  ASSERT_TRUE(once.ok() && again.ok());
  EXPECT_EQ(*once, *again);
  EXPECT_EQ(local().events(task.id, {}).value().events.size(), 1u);
}

TEST_F(HttpClient, RefusesEventsAfterTheEndAlike) {
  const Task task = local().create(spec()).value();
  ASSERT_TRUE(local().publish(task.id, {{"WorkflowCompleted", {{"final_response", "x"}}, false}}));
  expect_same_error(local().publish(task.id, three_events()),
                    remote().publish(task.id, three_events()));
}

TEST_F(HttpClient, ShowsStateAndResultAlike) {
  const Task task = local().create(spec()).value();
  ASSERT_TRUE(local().publish(task.id, three_events()));
  EXPECT_EQ(remote().state(task.id).value(), local().state(task.id).value());
  EXPECT_EQ(remote().result(task.id).value().response, "");
  const Json failure = {{"error", {{"kind", "step_failed"}, {"message", "kaputt"}}},
                        {"total_cost", 0.004}};
  ASSERT_TRUE(local().publish(task.id, {{"WorkflowFailed", failure, false}}));
  const auto here = local().result(task.id).value();
  const auto there = remote().result(task.id).value();
  EXPECT_EQ(here.status, there.status);
  EXPECT_EQ(here.response, there.response);
  EXPECT_EQ(here.error, there.error);
  EXPECT_EQ(here.total_cost, there.total_cost);
  EXPECT_EQ(there.error->message, "kaputt");
}

TEST_F(HttpClient, PutsShowsListsAndRemovesAgentsAlike) {
  runner::AgentConfig agent = HttpWorld::external_agent("made");
  ASSERT_TRUE(remote().put_agent(agent).ok());
  agent.description = "anders";
  ASSERT_TRUE(remote().put_agent(agent).ok());
  EXPECT_EQ(remote().agent(agent.id).value(), agent);
  submitted();
  EXPECT_EQ(remote().agents().value(), local().agents().value());
  ASSERT_TRUE(remote().remove_agent(agent.id).ok());
  expect_same_error(local().agent(agent.id), remote().agent(agent.id));
  expect_same_error(local().remove_agent(agent.id), remote().remove_agent(agent.id));
}

TEST_F(HttpClient, MayNotReplaceWhatTheOperatorDeclared) {
  submitted();
  const auto put = remote().put_agent(HttpWorld::external_agent("builder"));
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().code, Errc::kForbidden);
  EXPECT_EQ(local().agent(testing::agent("builder")).value().runner, runner::RunnerKind::kCommand);
}

TEST_F(HttpClient, FollowsAStreamToItsEnd) {
  const Task task = local().create(spec()).value();
  ASSERT_TRUE(local().publish(task.id, three_events()));
  client::SseStream stream(endpoint(), HttpWorld::stream_target(task), "");
  std::vector<std::string> seen;
  std::vector<std::string> bodies;
  const auto end = stream.follow([&](sse::Message&& event) {
    seen.push_back(event.event);
    if (!event.event.starts_with("stream.")) bodies.push_back(event.data);
    if (event.event == "own.type") world_->publish(task.id, "WorkflowCompleted");
    return true;
  });
  ASSERT_TRUE(end.ok()) << end.error().text;
  EXPECT_EQ(*end, client::SseStream::End::kEnded);
  EXPECT_EQ(seen,
            (std::vector<std::string>{"stream.open", "WorkflowStarted", "WorkflowProgressUpdated",
                                      "own.type", "WorkflowCompleted", "stream.end"}));
  std::vector<std::string> stored;
  const auto page = local().events(task.id, {}).value();
  for (const StoredEvent& event : page.events) stored.push_back(event.json);
  EXPECT_EQ(bodies, stored);
}

TEST_F(HttpClient, IsToldAtOnceThatAFinishedStreamHasNothingMore) {
  const Task task = local().create(spec()).value();
  const Cursor last = world_->publish(task.id, "WorkflowCompleted");
  client::SseStream stream(endpoint(), HttpWorld::stream_target(task), last.str());
  const auto end = stream.follow([](sse::Message&&) { return true; });
  ASSERT_TRUE(end.ok()) << end.error().text;
  EXPECT_EQ(*end, client::SseStream::End::kEnded);
}

TEST_F(HttpClient, LearnsWhyAStreamIsRefused) {
  client::SseStream stream(endpoint(), "/api/v1/tasks/none/events/stream", "");
  const auto end = stream.follow([](sse::Message&&) { return true; });
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace taskfeed
