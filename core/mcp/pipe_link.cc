#include "mcp/pipe_link.h"

#include <csignal>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

#include "mcp/pipe_talk.h"

namespace taskfeed::mcp {
namespace {

MonoTime now() {
  return SystemClock{}.mono();
}

Reply fault(Errc code, std::string text) {
  Reply reply;
  reply.kind = Reply::Kind::kFault;
  reply.fault = {code, std::move(text)};
  return reply;
}

}  // namespace

PipeLink::PipeLink(std::string name, loop::SpawnPlan plan, runner::Secrets secrets, Log& log,
                   const PipeLimits& limits)
    : name_(std::move(name)),
      plan_(std::move(plan)),
      secrets_(std::move(secrets)),
      log_(log),
      limits_(limits),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

PipeLink::~PipeLink() {
  close(true);
}

Result<void> PipeLink::open() {
  close(false);
  {
    const std::lock_guard lock(mutex_);
    close_wanted_ = hurry_ = rested_ = stateless_ = tools_changed_ = false;
    outbox_.clear();
    outbox_bytes_ = 0;
    last_use_ = now();
  }
  std::promise<Result<void>> begun;
  std::future<Result<void>> known = begun.get_future();
  try {
    thread_ = std::thread([this, begun = std::move(begun)]() mutable { run(std::move(begun)); });
  } catch (const std::system_error&) {
    return {Errc::kUnavailable, "no thread is left for it"};
  }
  return known.get();
}

void PipeLink::run(std::promise<Result<void>>&& begun) {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all,
                    nullptr);  // SIGPIPE above all; the child gets an empty mask.
  Result<loop::Child> child = loop::spawn(plan_);
  if (!child) {
    begun.set_value(child.error());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    alive_ = true;
  }
  begun.set_value({});
  PipeTalk talk(*this, *child);
  fail_all(talk.run());
  talk.part();
}

void PipeLink::fail_all(const Error& error) {
  const std::lock_guard lock(mutex_);
  alive_ = false;
  ended_ = error;
  for (const auto& [id, waiting] : waiting_) {
    Reply reply;
    reply.kind = Reply::Kind::kFault;
    reply.fault = error;
    if (!waiting->reply) waiting->reply = std::move(reply);
  }
  waiting_.clear();
  changed_.notify_all();
}

void PipeLink::close(bool gently) {
  const std::lock_guard one(closing_mutex_);
  {
    const std::lock_guard lock(mutex_);
    close_wanted_ = true;
    hurry_ = !gently;
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

void PipeLink::wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

bool PipeLink::alive() const {
  const std::lock_guard lock(mutex_);
  return alive_ && !close_wanted_;
}

bool PipeLink::rested() const {
  const std::lock_guard lock(mutex_);
  return rested_;
}

void PipeLink::agree(const std::string&, bool stateless) {
  const std::lock_guard lock(mutex_);
  stateless_ = stateless;
}

bool PipeLink::take_tools_changed() {
  const std::lock_guard lock(mutex_);
  return std::exchange(tools_changed_, false);
}

bool PipeLink::put_locked(std::string text) {
  text += '\n';
  if (outbox_bytes_ + text.size() > limits_.outbox_bytes_max) return false;
  outbox_bytes_ += text.size();
  outbox_.push_back(std::move(text));
  wake();
  return true;
}

Result<void> PipeLink::notify(const std::string& method, const Json& params) {
  const std::lock_guard lock(mutex_);
  if (!alive_) return ended_;
  if (put_locked(notification_text(method, dressed(params, stateless_, 0)))) return {};
  return {Errc::kFull, "it does not read what it is sent"};
}

Reply PipeLink::request(const Request& request, std::stop_token stop) {
  Waiting waiting;
  int64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!alive_) {
      Reply lost = fault(ended_.code, ended_.text);
      lost.kind = Reply::Kind::kLost;
      return lost;
    }
    if (waiting_.size() >= limits_.waiting_max) {
      return fault(Errc::kFull, "it has " + std::to_string(waiting_.size()) +
                                    " requests under way; try again later");
    }
    id = next_id_++;
    const Json params = dressed(request.params, stateless_, request.on_progress ? id : 0);
    if (!put_locked(request_text(id, request.method, params))) {
      return fault(Errc::kFull, "it does not read what it is sent");
    }
    waiting_.emplace(id, &waiting);
    last_use_ = now();
  }
  Reply reply = await(id, waiting, request, stop);
  const bool given_up = reply.kind == Reply::Kind::kStopped ||
                        (reply.kind == Reply::Kind::kFault && reply.fault.code == Errc::kTimeout);
  if (given_up && request.cancellable) {
    // It may have ended meanwhile; then there is nothing to cancel.
    [[maybe_unused]] const auto told =
        notify("notifications/cancelled", Json{{"requestId", id}, {"reason", "no longer wanted"}});
  }
  return reply;
}

Reply PipeLink::await(int64_t id, Waiting& waiting, const Request& request,
                      const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point total_at = Clock::now() + request.total_max;
  Clock::time_point silence_at = Clock::now() + request.silence_max;
  std::unique_lock lock(mutex_);
  const auto leave = [&](Reply reply) {
    waiting_.erase(id);
    last_use_ = now();
    return reply;
  };
  while (true) {
    changed_.wait_until(lock, stop, std::min(silence_at, total_at),
                        [&] { return waiting.reply.has_value() || !waiting.progress.empty(); });
    std::deque<Json> progress = std::exchange(waiting.progress, {});
    if (!progress.empty()) {
      silence_at = Clock::now() + request.silence_max;
      lock.unlock();
      bool wanted = true;
      for (const Json& params : progress) wanted = wanted && request.on_progress(params);
      lock.lock();
      if (!wanted) return leave({});
      continue;
    }
    if (waiting.reply) return leave(*std::move(waiting.reply));
    if (stop.stop_requested()) return leave({});
    if (Clock::now() >= std::min(silence_at, total_at)) {
      const Milliseconds limit = total_at < silence_at ? request.total_max : request.silence_max;
      return leave(fault(Errc::kTimeout, "it did not answer " + request.method + " within " +
                                             format_duration(limit)));
    }
  }
}

void PipeLink::hear(Incoming&& message) {
  using Kind = Incoming::Kind;
  const std::lock_guard lock(mutex_);
  if (message.kind == Kind::kRequest) {
    put_locked(answer_text(message));  // A flood of questions goes unanswered.
  } else if (message.kind == Kind::kNotification) {
    if (message.method == "notifications/tools/list_changed") tools_changed_ = true;
    if (message.method != "notifications/progress") return;
    const auto found = waiting_.find(progress_token_of(message.params));
    if (found == waiting_.end() || found->second->reply) return;
    std::deque<Json>& progress = found->second->progress;
    if (progress.size() == limits_.progress_kept_max) progress.pop_front();
    progress.push_back(slim_progress(message.params));
    changed_.notify_all();
  } else if (const auto found = waiting_.find(message.id); found != waiting_.end()) {
    if (found->second->reply) return;  // A second answer.
    Reply reply;
    reply.kind = message.kind == Kind::kResult ? Reply::Kind::kResult : Reply::Kind::kRefusal;
    reply.result = std::move(message.result);
    reply.refusal = std::move(message.refusal);
    found->second->reply = std::move(reply);
    changed_.notify_all();
  }
}

}  // namespace taskfeed::mcp
