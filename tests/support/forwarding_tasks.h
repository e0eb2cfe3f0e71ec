/// service::Tasks that passes every call on, for fakes that change one of them.
///
/// Threads  As the implementation behind it.
/// Errors   As the implementation behind it.
/// Owns     Nothing.
#pragma once

#include "service/tasks.h"

namespace taskfeed::testing {

class ForwardingTasks : public service::Tasks {
 public:
  explicit ForwardingTasks(service::Tasks& behind) : behind_(behind) {}

  Result<Task> create(const TaskSpec& spec) override { return behind_.create(spec); }
  Result<Created> create_once(const TaskSpec& spec, std::string_view key) override {
    return behind_.create_once(spec, key);
  }
  Result<Task> execute(const TaskId& task, const service::ExecuteRequest& request) override {
    return behind_.execute(task, request);
  }
  Result<Task> get(const TaskId& task) override { return behind_.get(task); }
  Result<Listing> list(const broker::ListQuery& query) override { return behind_.list(query); }
  Result<Task> control(const TaskId& task, const service::ControlRequest& request) override {
    return behind_.control(task, request);
  }
  Result<Json> state(const TaskId& task) override { return behind_.state(task); }
  Result<service::FinalResponse> result(const TaskId& task) override {
    return behind_.result(task);
  }
  Result<service::EventsPage> events(const TaskId& task,
                                     const service::EventsQuery& query) override {
    return behind_.events(task, query);
  }
  Result<std::vector<Cursor>> publish(const TaskId& task,
                                      const std::vector<service::PublishInput>& events) override {
    return behind_.publish(task, events);
  }
  Result<service::AgentListing> agents() override { return behind_.agents(); }
  Result<runner::AgentConfig> agent(const AgentId& id) override { return behind_.agent(id); }
  Result<void> put_agent(const runner::AgentConfig& agent) override {
    return behind_.put_agent(agent);
  }
  Result<void> remove_agent(const AgentId& id) override { return behind_.remove_agent(id); }

 private:
  service::Tasks& behind_;
};

}  // namespace taskfeed::testing
