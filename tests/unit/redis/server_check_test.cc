#include "redis/server_check.h"

#include <cstring>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "redis/redis_broker.h"
#include "support/redis_server.h"
#include "support/redis_world.h"

namespace taskfeed::redis {
namespace {

using namespace taskfeed::testing;
using Verdict = ServerCheck::Verdict;

constexpr Milliseconds kTimeout{500};

/// Answers whatever comes first with `answer`, on one connection, and closes.
class OneAnswer {
 public:
  OneAnswer(const std::string& path, std::string answer) : answer_(std::move(answer)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    thread_ = std::thread([this] { answer_one(); });
  }
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

 private:
  void answer_one() {
    const int peer = ::accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    char bytes[4096];
    (void)!::read(peer, bytes, sizeof bytes);
    (void)!::write(peer, answer_.data(), answer_.size());
    ::shutdown(peer, SHUT_WR);
    while (::read(peer, bytes, sizeof bytes) > 0) {
    }
    ::close(peer);
  }
  const std::string answer_;
  int listener_ = -1;
  std::thread thread_;
};

class RedisServerCheck : public ::testing::Test {
 protected:
  ServerCheck check(const std::string& url) {
    return check_server(Url::parse(url).value(), kTimeout);
  }
  ServerCheck check_answer(const std::string& answer) {
    const std::string path = server_.folder() + "/other.sock";
    const OneAnswer other(path, answer);
    const ServerCheck result = check("unix://" + path);
    ::unlink(path.c_str());
    return result;
  }
  RedisServer server_;
};

TEST_F(RedisServerCheck, FindsARealRedisReady) {
  const ServerCheck found = check(server_.url());
  EXPECT_EQ(found.verdict, Verdict::kReady) << found.text;
  EXPECT_EQ(found.text, "");
}

TEST_F(RedisServerCheck, WaitsForARedisThatIsAbsentOrStopped) {
  server_.freeze();
  EXPECT_EQ(check(server_.url()).verdict, Verdict::kAway);
  server_.thaw();
  server_.kill();
  const ServerCheck absent = check(server_.url());
  EXPECT_EQ(absent.verdict, Verdict::kAway);
  EXPECT_NE(absent.text.find(server_.socket()), std::string::npos) << absent.text;
}

TEST_F(RedisServerCheck, NamesAPasswordThatIsMissing) {
  server_.command({"CONFIG", "SET", "requirepass", "secret"});
  const ServerCheck refused = check(server_.url());
  EXPECT_EQ(refused.verdict, Verdict::kWrong);
  EXPECT_NE(refused.text.find("password"), std::string::npos) << refused.text;
}

TEST_F(RedisServerCheck, RefusesAnotherProgram) {
  const ServerCheck refused = check_answer("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(refused.verdict, Verdict::kWrong);
  EXPECT_NE(refused.text.find("is no Redis"), std::string::npos) << refused.text;
}

TEST_F(RedisServerCheck, RefusesAVersionBefore62) {
  const ServerCheck refused = check_answer("+PONG\r\n$21\r\nredis_version:6.0.16\r\n\r\n");
  EXPECT_EQ(refused.verdict, Verdict::kWrong);
  EXPECT_NE(refused.text.find("6.0.16"), std::string::npos) << refused.text;
}

TEST_F(RedisServerCheck, WaitsForARedisThatIsLoading) {
  const std::string loading = "-LOADING Redis is loading the dataset in memory\r\n";
  EXPECT_EQ(check_answer(loading + loading).verdict, Verdict::kAway);
}

TEST_F(RedisServerCheck, TellsWhatProtectedModeDenies) {
  const ServerCheck refused = check_answer("-DENIED Redis is running in protected mode\r\n");
  EXPECT_EQ(refused.verdict, Verdict::kWrong);
  EXPECT_NE(refused.text.find("DENIED"), std::string::npos) << refused.text;
}

class RedisQueueState : public ::testing::Test {
 protected:
  broker::Take take_as(std::string_view name) {
    return {.queue = queue("default"), .worker = worker(name), .wait = Milliseconds(0)};
  }
  SystemClock clock_;
  SeededIdSource ids_;
  RedisServer server_;
  RedisBroker broker_{Url::parse(server_.url()).value(), clock_, {}};
};

TEST_F(RedisQueueState, CountsWhatIsNotDoneAndWhoTakes) {
  EXPECT_EQ(broker_.queue_state(queue("default"))->length, 0u);
  for (const std::string_view name : {"t1", "t2"}) {
    ASSERT_TRUE(broker_.create(a_task(name)).ok());
    const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
    ASSERT_TRUE(broker_.execute(task(name), execution).ok());
  }
  const auto entries = broker_.take(take_as("w1"));
  ASSERT_EQ(entries->size(), 1u);
  ASSERT_TRUE(broker_.take(take_as("w2")).ok());
  EXPECT_EQ(broker_.queue_state(queue("default"))->length, 2u);
  EXPECT_EQ(broker_.queue_state(queue("default"))->workers_alive, 2u);
  ASSERT_TRUE(broker_.done(queue("default"), entries->front()).ok());
  EXPECT_EQ(broker_.queue_state(queue("default"))->length, 1u);
}

TEST_F(RedisQueueState, TellsAStoreThatWasEmptiedFromOneThatWasNot) {
  const std::string before = broker_.store_id().value();
  RedisBroker other(Url::parse(server_.url()).value(), clock_, {});
  EXPECT_EQ(other.store_id().value(), before);
  server_.command({"FLUSHALL"});
  const std::string after = other.store_id().value();
  EXPECT_NE(after, before);
  EXPECT_EQ(broker_.store_id().value(), after);
}

TEST_F(RedisQueueState, SeesAWorkerThatFindsNothingToDo) {
  EXPECT_EQ(broker_.queue_state(queue("default"))->workers_alive, 0u);
  ASSERT_TRUE(broker_.take(take_as("w1")).ok());
  ASSERT_TRUE(broker_.take(take_as("w1")).ok());
  EXPECT_EQ(broker_.queue_state(queue("default"))->workers_alive, 1u);
}

TEST_F(RedisQueueState, ForgetsASilentWorkerOnlyWhenItHoldsNothing) {
  ASSERT_TRUE(broker_.create(a_task("t1")).ok());
  const broker::Execution execution{ids_.uuid7(), "q", {}, queue("default")};
  ASSERT_TRUE(broker_.execute(task("t1"), execution).ok());
  const auto entries = broker_.take(take_as("holder"));
  ASSERT_EQ(entries->size(), 1u);
  ASSERT_TRUE(broker_.take(take_as("idler")).ok());
  const QueueWatch watch{.alive_within = Milliseconds(0), .forget_after = Milliseconds(1)};
  const auto consumers = [&] {
    const std::string told =
        server_.command({"XINFO", "CONSUMERS", "taskfeed:queue:{default}", "workers"});
    return std::pair(told.find("holder") != told.npos, told.find("idler") != told.npos);
  };
  EXPECT_TRUE(eventually([&] {
    return broker_.queue_state(queue("default"), watch).ok() &&
           consumers() == std::pair(true, false);
  }));
  ASSERT_TRUE(broker_.done(queue("default"), entries->front()).ok());
  EXPECT_TRUE(eventually([&] {
    return broker_.queue_state(queue("default"), watch).ok() &&
           consumers() == std::pair(false, false);
  }));
}

}  // namespace
}  // namespace taskfeed::redis
