#include "redis/redis_broker.h"

#include <random>

#include <unistd.h>

namespace taskfeed::redis {
namespace {

std::string random_base() {
  std::random_device source;
  return std::to_string(getpid()) + "-" + std::to_string(source()) + std::to_string(source()) + "-";
}

}  // namespace

// A worker's subscriber connection; one thread at a time waits on it.
struct RedisBroker::Ear {
  Mutex mutex;
  std::unique_ptr<Connection> connection TF_GUARDED_BY(mutex);
};

RedisBroker::RedisBroker(const Url& url, const Clock& clock, const BrokerOptions& options)
    : keys_(options.prefix),
      options_(options),
      clock_(clock),
      client_(url, clock, options.client),
      nonce_base_(random_base()) {
  TF_ASSERT(options.events_kept_max > 0 && options.retention.count() > 0);
}

RedisBroker::~RedisBroker() = default;

std::string RedisBroker::nonce() {
  return nonce_base_ + std::to_string(++nonces_);
}

Error RedisBroker::refusal(const TaskId& task, const ReplyView& reply) const {
  const std::string_view text = reply.text();
  const std::string name = "Task " + task.str();
  std::string_view word = text.substr(0, text.find(' '));
  std::string detail(text.substr(std::min(text.size(), word.size() + 1)));
  if (word == "TFNOTASK") return {Errc::kNotFound, "There is no task " + task.str() + "."};
  if (word == "TFENDED") return {Errc::kEnded, name + " has ended; nothing can be added to it."};
  if (word == "TFEXISTS") return {Errc::kConflict, name + " exists already."};
  if (word == "TFHELD") {
    return {Errc::kConflict,
            name + " is held by worker " + detail + ", which alone may change its status."};
  }
  if (word == "TFFENCED") return {Errc::kFenced, "The lease on task " + task.str() + " was lost."};
  if (word == "TFVERSION") {
    return {Errc::kConflict, name + " was changed meanwhile (version " + detail + ")."};
  }
  if (word == "TFPARTLY") {
    return {Errc::kConflict,
            "Some events of this commit to task " + task.str() + " stand in its history."};
  }
  if (word == "TFSTATUS")
    return {Errc::kConflict, name + " is " + detail + ": it cannot be executed."};
  if (word == "TFIDLE") {
    return {Errc::kConflict, name + " is " + detail + ": there is nothing to be done."};
  }
  if (word == "TFFULL") {
    return {Errc::kFull, name + " has " + std::to_string(options_.signals_max) +
                             " unanswered signals, the most that are kept."};
  }
  return client_.error(reply);
}

Result<void> RedisBroker::ping() {
  const auto replies = client_.call([](Batch& batch, bool) { batch.command({"PING"}); }, {});
  if (!replies) return replies.error();
  if (const ReplyView reply = replies->at(0).view(); reply.is_error()) return client_.error(reply);
  return {};
}

std::vector<std::string> RedisBroker::warnings() {
  const auto replies = client_.call(
      [](Batch& batch, bool) {
        batch.command({"CONFIG", "GET", "maxmemory-policy"});
        batch.command({"CONFIG", "GET", "maxmemory"});
      },
      {});
  if (!replies) return {};
  const std::string_view policy = replies->at(0).view().at(1).text();
  const bool limited = replies->at(1).view().at(1).integer() > 0;
  if (!limited || policy.empty() || policy == "noeviction") return {};
  return {"Redis at " + client_.name() + " has maxmemory-policy " + std::string(policy) +
          ", which removes the events of tasks when memory runs out: set it to noeviction."};
}

Result<std::vector<TaskId>> RedisBroker::wait_for_signals(const WorkerId& worker,
                                                          Milliseconds wait) {
  std::shared_ptr<Ear> ear;
  {
    const Locked lock(mutex_);
    std::shared_ptr<Ear>& kept = ears_[worker];
    if (!kept) kept = std::make_shared<Ear>();
    ear = kept;
  }
  const Locked lock(ear->mutex);
  Replies replies;
  if (!ear->connection) {
    auto connection = client_.connect();
    if (!connection) return connection.error();
    Batch batch((*connection)->known());
    batch.command({"SUBSCRIBE", keys_.worker(worker)});
    if ((*connection)->exchange(batch.bytes(), 1, client_.limits().timeout, replies) !=
        Connection::Outcome::kDone) {
      return Error{Errc::kUnavailable, "Redis at " + client_.name() + " did not answer."};
    }
    if (replies[0].view().is_error()) return client_.error(replies[0].view());
    ear->connection = std::move(connection).value();
    replies.clear();
  }
  switch (ear->connection->wait(wait, replies)) {
    case Connection::Outcome::kTimeout:
      return std::vector<TaskId>{};
    case Connection::Outcome::kBroken:
      // Signals are stored, and renew() answers them: a lost wake costs time, nothing else.
      ear->connection.reset();
      return Error{Errc::kUnavailable, "Redis at " + client_.name() + " closed the connection."};
    case Connection::Outcome::kDone:
      break;
  }
  std::vector<TaskId> tasks;
  if (auto task = TaskId::parse(replies[0].view().at(2).text())) tasks.push_back(*task);
  return tasks;
}

Result<std::string> RedisBroker::store_id() {
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.command({"SET", keys_.store(), nonce(), "NX"});
        batch.command({"GET", keys_.store()});
      },
      {});
  if (!replies) return replies.error();
  const ReplyView known = replies->at(1).view();
  if (!known.is_error() && !known.is_nil()) return std::string(known.text());
  const ReplyView refused = (known.is_error() ? replies->at(1) : replies->at(0)).view();
  if (refused.is_error()) return client_.error(refused);
  return Error{Errc::kUnavailable, "Redis has forgotten at once what it was given"};
}

Result<void> RedisBroker::put_agent(const broker::StoredAgent& agent) {
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.command({"HSET", keys_.agents(), agent.id.str(), agent.config_json});
      },
      {});
  if (!replies) return replies.error();
  if (const ReplyView reply = replies->at(0).view(); reply.is_error()) return client_.error(reply);
  return {};
}

Result<broker::StoredAgent> RedisBroker::agent(const AgentId& id) {
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.command({"HGET", keys_.agents(), id.str()});
      },
      {});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return client_.error(reply);
  if (reply.is_nil()) return Error{Errc::kNotFound, "There is no agent " + id.str() + "."};
  return broker::StoredAgent{id, std::string(reply.text())};
}

Result<std::vector<broker::StoredAgent>> RedisBroker::agents() {
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.command({"HGETALL", keys_.agents()});
      },
      {});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return client_.error(reply);
  std::map<AgentId, std::string> by_id;
  for (size_t i = 0; i + 1 < reply.size(); i += 2) {
    if (auto id = AgentId::parse(reply.at(i).text())) by_id[*id] = reply.at(i + 1).text();
  }
  std::vector<broker::StoredAgent> agents;
  agents.reserve(by_id.size());
  for (auto& [id, config] : by_id) agents.push_back({id, std::move(config)});
  return agents;
}

Result<void> RedisBroker::remove_agent(const AgentId& id) {
  bool was_repeated = false;
  const auto replies = client_.call(
      [&](Batch& batch, bool repeated) {
        was_repeated = repeated;
        batch.command({"HDEL", keys_.agents(), id.str()});
      },
      {.repeat = Repeat::kGuarded});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return client_.error(reply);
  if (reply.integer() == 0 && !was_repeated) {
    return Error{Errc::kNotFound, "There is no agent " + id.str() + "."};
  }
  return {};
}

}  // namespace taskfeed::redis
