/// The API's answers as the service's values; requests as bodies.
///
/// Threads  Pure functions.
/// Errors   kInternal, naming the member that is missing or wrong.
/// Owns     Nothing.
#pragma once

#include "service/tasks.h"

namespace taskfeed::client {

std::string create_body(const TaskSpec& spec);
std::string execute_body(const service::ExecuteRequest& request);
std::string control_body(const service::ControlRequest& request);
/// application/x-ndjson: one event a line.
std::string publish_body(const std::vector<service::PublishInput>& events);

Result<service::Tasks::Listing> listing_from(const Json& json);
Result<service::EventsPage> events_from(const Json& json);
Result<service::FinalResponse> final_response_from(const Json& json);
Result<std::vector<Cursor>> cursors_from(const Json& json);
Result<service::AgentListing> agents_from(const Json& json);

}  // namespace taskfeed::client
