#include "http_stream.h"

#include "broker/registry.h"

namespace taskfeed::cmd {

HttpStream::~HttpStream() {
  queue_.close();
  for (Reader& reader : readers_) reader.stream->stop();
  for (Reader& reader : readers_) reader.thread.join();
}

Result<void> HttpStream::open(const StreamRequest& request) {
  if (readers_.size() >= kTasksMax) {
    return {Errc::kTooLarge,
            "more than " + std::to_string(kTasksMax) + " tasks at once; follow fewer"};
  }
  std::map<std::string, std::string> query;
  if (!request.types.empty()) query["types"] = request.types;
  if (!request.exclude.empty()) query["exclude"] = request.exclude;
  if (!request.include_history) query["include_history"] = "false";
  if (request.history_newest) query["history"] = std::to_string(*request.history_newest);
  if (request.since) query["since"] = format_rfc3339(*request.since);
  const Result<std::string> path = tasks_.task_path(request.task);
  if (!path) return path.error();
  // 0-0 stands before the first event, which is where a reader without a cursor begins.
  const bool resumes = request.after && request.after->seq > 0;
  start(request.task, *path + "/events/stream" + client::query_of(query),
        resumes ? request.after->str() : "");
  return {};
}

Result<void> HttpStream::open_many(const ManyRequest& request) {
  std::map<std::string, std::string> query;
  if (!request.types.empty()) query["types"] = request.types;
  if (!request.exclude.empty()) query["exclude"] = request.exclude;
  if (request.since) query["since"] = format_rfc3339(*request.since);
  for (const AgentId& agent : request.selection.agents) {
    std::string& names = query["agent"];
    names.append(names.empty() ? "" : ",").append(agent.str());
  }
  start(broker::registry_id(), "/api/v1/events/stream" + client::query_of(query), request.after);
  return {};
}

void HttpStream::start(const TaskId& task, const std::string& target, const std::string& after) {
  Reader reader;
  reader.stream = std::make_unique<client::SseStream>(endpoint_, target, after);
  reader.thread = std::thread([this, stream = reader.stream.get(), task] {
    const auto ended = stream->follow([this, &task](sse::Message&& event) {
      return queue_.push({StreamItem::Kind::kEvent, task, std::move(event), Error{}});
    });
    if (!ended)
      queue_.push({StreamItem::Kind::kFailed, task, {}, ended.error()});
    else if (*ended == client::SseStream::End::kEnded) {
      queue_.push({StreamItem::Kind::kEnd, task, {}, Error{}});
    }
  });
  readers_.push_back(std::move(reader));
}

}  // namespace taskfeed::cmd
