#include "mcp/server_tools.h"

#include "mcp/side_by_side.h"

namespace taskfeed::mcp {

void FailureNotes::tell(const std::string& task, const std::string& server, const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    if (told_.contains({task, server})) return;
    if (told_.size() >= kept_max_) told_.clear();
    told_.emplace(task, server);
  }
  log_.warn("the task " + task + " has no tools of " + why.text);  // mcp server "…": …
}

ServerTools::ServerTools(std::vector<Seat> seats, std::string task, FailureNotes& notes, Log& log)
    : seats_(std::move(seats)), task_(std::move(task)), notes_(notes), log_(log) {}

/// Side by side, since each may have to be started.
ServerTools::Listed ServerTools::ask_all(const std::stop_token& stop) const {
  Listed listed(seats_.size(), Error{});
  std::vector<std::thread> asking;
  for (size_t at = 1; at < seats_.size(); ++at) {
    side_by_side(asking, [&, at] { listed[at] = seats_[at].client->tools(stop); });
  }
  if (!seats_.empty()) listed[0] = seats_[0].client->tools(stop);
  for (std::thread& thread : asking) thread.join();
  return listed;
}

Result<std::vector<runner::Tool>> ServerTools::list(std::stop_token stop) {
  Listed listed = ask_all(stop);
  std::vector<runner::Tool> tools;
  std::map<std::string, Place> places;
  std::optional<Error> failure;
  size_t failed = 0;
  for (size_t seat = 0; seat < seats_.size(); ++seat) {
    const runner::McpServer& server = seats_[seat].server;
    if (!listed[seat]) {
      const Error& why = listed[seat].error();
      if (!failure || runner::may_heal(why)) failure = why;
      ++failed;
      if (!stop.stop_requested()) notes_.tell(task_, server.name, why);
      continue;
    }
    for (RemoteTool& remote : *listed[seat]) {
      if (!server.tools.holds(remote.name)) continue;
      runner::Tool tool;
      tool.name = model_name(server.name, remote.name);
      if (!places.emplace(tool.name, Place{seat, remote.name}).second) {
        log_.warn("mcp server \"" + server.name +
                  "\" has two tools of one name; the second is "
                  "left out");
        continue;
      }
      tool.description = std::move(remote.description);
      tool.parameters = std::move(remote.parameters);
      tool.server = server.name;
      tool.approval = server.approval.holds(remote.name);
      tool.idempotent = server.idempotent.holds(remote.name);
      tools.push_back(std::move(tool));
    }
  }
  if (failed > 0 && failed == seats_.size()) return *failure;
  const std::lock_guard lock(mutex_);
  places_ = std::move(places);
  listed_ = true;
  return tools;
}

Result<ServerTools::Place> ServerTools::place_of(const std::string& name,
                                                 const std::stop_token& stop) {
  for (int look = 0; look < 2; ++look) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = places_.find(name);
      if (found != places_.end()) return found->second;
      if (listed_) break;
    }
    // A run that another worker took over calls before it lists.
    if (const auto listed = list(stop); !listed) return listed.error();
  }
  return Error{Errc::kNotFound, "there is no tool \"" + name + "\" at present"};
}

runner::ToolResult ServerTools::call(const runner::ToolCall& call, runner::OutputSink& output,
                                     std::stop_token stop) {
  const Result<Place> place = place_of(call.name, stop);
  if (!place) return failed_call(place.error().text);
  int index = 0;
  const auto on_progress = [&](const std::string& line) {
    if (!output.streaming()) return true;
    Json payload = Json::object();
    payload["tool_call_id"] = call.id;
    payload["index"] = index++;
    payload["stream"] = "progress";
    payload["text"] = line + "\n";
    return output.emit(types::kToolCallOutput, std::move(payload));
  };
  return seats_[place->seat].client->call(place->tool, call.arguments, on_progress, stop);
}

}  // namespace taskfeed::mcp
