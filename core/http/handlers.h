/// The handlers behind the table of routes, by area, and what they share.
///
/// Threads  Any; they block as service::Tasks does.
/// Errors   A Reply with a problem document.
/// Owns     Nothing.
#pragma once

#include "http/api.h"

namespace taskfeed::http {

/// The task that a path names, under the agent that the path names, if it does: anything else is
/// kNotFound.
Result<Task> task_at(const ApiPorts& ports, const Captures& captures);
Result<AgentId> agent_at(const Captures& captures);
/// "/api/v1/agents/a/tasks/t"
std::string task_path(const Task& task);

/// What the reader of an event stream asked for.
struct StreamRequest {
  hub::StreamOptions options;
  bool heartbeat_event = false;
};
Result<StreamRequest> stream_request(const ApiPorts& ports, const Call& call);
/// What a stream over one task and one over many have in common: filters, envelope, heartbeat.
Result<hub::StreamOptions> read_stream_form(const Call& call, WallTime now, bool has_cursor);
/// 204 where it has read everything.
Reply stream_reply(const Task& task, StreamRequest request);

namespace handlers {
using Handler = Reply(const ApiPorts& ports, const Call& call, const Captures& captures);

Handler health, livez, readyz, version, metrics, openapi;
Handler list_agents, create_agent, show_agent, put_agent, delete_agent;
Handler list_tasks, create_task, show_task, execute_task, cancel_task, pause_task, resume_task;
Handler approve_task, input_task;
Handler task_state, task_result;
Handler list_events, publish_events, stream_events, stream_many;
}  // namespace handlers

}  // namespace taskfeed::http
