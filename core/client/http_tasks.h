/// service::Tasks over a daemon's HTTP API.
///
/// Threads  Safe from any thread: one call at a time on the one connection.
/// Errors   What the daemon answered, as its problem document says; kUnavailable where none
///          answers, kTimeout where the answer did not come; kInternal for an answer that is none
///          of the API's.
/// Owns     Its connection.
#pragma once

#include <mutex>

#include "client/http_call.h"
#include "service/tasks.h"

namespace taskfeed::client {

class HttpTasks final : public service::Tasks {
 public:
  explicit HttpTasks(Endpoint endpoint, const HttpLimits& limits = {});

  /// GET /livez: that something answers here at all.
  Result<void> ping();
  /// "/api/v1/tasks/{t}", below which all of a task is found.
  Result<std::string> task_path(const TaskId& task) const;

  Result<Task> create(const TaskSpec& spec) override;
  Result<Created> create_once(const TaskSpec& spec, std::string_view key) override;
  Result<Task> execute(const TaskId& task, const service::ExecuteRequest& request) override;
  Result<Task> get(const TaskId& task) override;
  Result<Listing> list(const broker::ListQuery& query) override;
  Result<Task> control(const TaskId& task, const service::ControlRequest& request) override;
  Result<Json> state(const TaskId& task) override;
  Result<service::FinalResponse> result(const TaskId& task) override;
  Result<service::EventsPage> events(const TaskId& task,
                                     const service::EventsQuery& query) override;
  Result<std::vector<Cursor>> publish(const TaskId& task,
                                      const std::vector<service::PublishInput>& events) override;

  Result<service::AgentListing> agents() override;
  Result<runner::AgentConfig> agent(const AgentId& id) override;
  Result<void> put_agent(const runner::AgentConfig& agent) override;
  Result<void> remove_agent(const AgentId& id) override;

 private:
  /// `status` gets the answer's.
  Result<Json> call(const HttpRequest& request, int* status = nullptr);
  Result<Task> call_for_task(const HttpRequest& request, int* status = nullptr);
  Error misunderstood(const HttpRequest& request, std::string_view what) const;

  std::mutex mutex_;
  HttpCall call_;
};

}  // namespace taskfeed::client
