/// A server that is a program: a JSON-RPC message a line on its standard input and output.
///
/// One thread belongs to each running program. It starts it (the child dies with the thread, by
/// its parent-death signal), reads both outputs, writes what callers left for it, and ends it:
/// input closed, then SIGTERM and SIGKILL to its whole process group (MCP 2025-11-25, lifecycle).
/// A program that nobody used for a while is ended, and started again by the next open().
///
/// What a program writes is not trusted: a line that is no message is skipped and told once, an
/// answer to no question is dropped, a line over its limit ends the program. Its stderr goes to the
/// log, a bounded amount of it, with the values of secrets taken out.
///
/// Threads  As Link says. Its own thread blocks every signal.
/// Errors   open(): as loop::spawn(). A program that ended: kUnavailable, with how it ended.
/// Owns     The thread, and through it the process.
#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "loop/spawn.h"
#include "mcp/link.h"
#include "runner/secrets.h"

namespace taskfeed::mcp {

struct PipeLimits {
  size_t line_bytes_max = 8 * 1024 * 1024;     ///< Of one message; above it the program is ended.
  size_t outbox_bytes_max = 32 * 1024 * 1024;  ///< Not taken by the program yet; then kFull.
  size_t waiting_max = 256;                    ///< Requests under way; then kFull.
  size_t progress_kept_max = 64;               ///< Not fetched by their caller yet; older ones go.
  size_t stderr_bytes_max = 64 * 1024;         ///< Of one run of the program, in the log.
  size_t stderr_line_bytes_max = 1024;         ///< A longer line is cut.
  Milliseconds rest_after{300'000};            ///< Without a request.
  Milliseconds leave_max{2'000};               ///< From the end of its input to SIGTERM.
  Milliseconds grace{2'000};                   ///< From SIGTERM to SIGKILL.
  Milliseconds hurried_grace{500};             ///< The same, where a caller waits for the end.
};

class PipeLink final : public Link {
 public:
  /// `secrets` are values that must not reach the log.
  PipeLink(std::string name, loop::SpawnPlan plan, runner::Secrets secrets, Log& log,
           const PipeLimits& limits = {});
  ~PipeLink() override;

  Result<void> open() override;
  bool alive() const override;
  bool rested() const override;
  void agree(const std::string& version, bool stateless) override;
  Reply request(const Request& request, std::stop_token stop) override;
  Result<void> notify(const std::string& method, const Json& params) override;
  bool take_tools_changed() override;
  bool hears_changes() const override { return true; }
  void close(bool gently) override;

 private:
  friend class PipeTalk;

  struct Waiting {
    std::optional<Reply> reply;
    std::deque<Json> progress;
  };

  Reply await(int64_t id, Waiting& waiting, const Request& request, const std::stop_token& stop);
  bool put_locked(std::string text);
  void wake() const;
  void hear(Incoming&& message);
  void fail_all(const Error& error);
  void run(std::promise<Result<void>>&& begun);

  const std::string name_;
  const loop::SpawnPlan plan_;
  const runner::Secrets secrets_;
  Log& log_;
  const PipeLimits limits_;

  std::mutex closing_mutex_;  ///< One close() at a time: it joins the thread.
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool alive_ = false;
  bool rested_ = false;
  bool close_wanted_ = false;
  bool hurry_ = false;  ///< close() waits, and has other things to do.
  bool stateless_ = false;
  bool tools_changed_ = false;
  int64_t next_id_ = 1;  ///< Never begun anew: an answer to an earlier run finds nobody.
  std::map<int64_t, Waiting*> waiting_;
  std::deque<std::string> outbox_;
  size_t outbox_bytes_ = 0;
  Error ended_;
  MonoTime last_use_{};
  loop::Fd wake_;
  std::thread thread_;
};

}  // namespace taskfeed::mcp
