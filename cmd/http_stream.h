/// A StreamSource on a daemon: one SSE connection, and one thread, for each task.
///
/// Threads  As StreamSource.
/// Errors   A daemon that goes away is waited for (client::SseStream); what it refuses is kFailed.
/// Owns     Its threads and connections. Borrows HttpTasks.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "client/http_tasks.h"
#include "client/sse_stream.h"
#include "many_source.h"
#include "stream_source.h"

namespace taskfeed::cmd {

class HttpStream final : public StreamSource, public ManySource {
 public:
  HttpStream(client::Endpoint endpoint, client::HttpTasks& tasks)
      : endpoint_(std::move(endpoint)), tasks_(tasks) {}
  ~HttpStream() override;

  /// kTooLarge beyond kTasksMax tasks.
  Result<void> open(const StreamRequest& request) override;
  Result<void> open_many(const ManyRequest& request) override;
  std::optional<StreamItem> next(std::optional<MonoTime> until) override {
    return queue_.pop(until);
  }
  void wake() override { queue_.wake(); }

 private:
  static constexpr size_t kTasksMax = 64;  ///< A thread and a connection each.
  struct Reader {
    std::unique_ptr<client::SseStream> stream;
    std::thread thread;
  };
  void start(const TaskId& task, const std::string& target, const std::string& after);

  const client::Endpoint endpoint_;
  client::HttpTasks& tasks_;
  StreamQueue queue_;
  std::vector<Reader> readers_;
};

}  // namespace taskfeed::cmd
