/// Readers that do not read. The sockets are local ones: their buffers are as large as they are set
/// and never grow, unlike those of TCP.
#include <filesystem>

#include "support/clock.h"
#include "support/stream_client.h"

namespace taskfeed {
namespace {

using testing::HttpOptions;
using testing::HttpWorld;
using testing::ManualClock;
using testing::RawClient;
using testing::StreamClient;
using Words = StreamClient::Words;

constexpr size_t kPendingMax = 128 * 1024;
constexpr size_t kPadding = 32 * 1024;
/// Far more than a local socket's buffer and kPendingMax together.
constexpr int kManyEvents = 400;

class HttpSlowReader : public ::testing::Test {
 protected:
  HttpSlowReader() {
    std::string pattern = ::testing::TempDir() + "taskfeed-http-XXXXXX";
    TF_ASSERT(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~HttpSlowReader() override {
    world.reset();
    std::filesystem::remove_all(folder_);
  }
  void start(size_t pending_max) {
    HttpOptions options;
    options.listen = "unix:" + folder_ + "/socket";
    options.hub.sink_pending_bytes_max = pending_max;
    options.clock = &clock;
    world = std::make_unique<HttpWorld>(options);
    task = world->create_task();
  }
  void publish() { world->publish(task->id, "padded", {{"pad", std::string(kPadding, 'x')}}); }
  /// Until a stream was closed as slow; how many events that took.
  int flood(const std::function<void()>& after_each = [] {}) {
    int events = 0;
    while (events < kManyEvents && world->stats().slow_closed == 0) {
      publish();
      after_each();
      ++events;
    }
    EXPECT_EQ(world->stats().slow_closed, 1u);
    return events;
  }

  ManualClock clock;
  std::unique_ptr<HttpWorld> world;
  std::optional<Task> task;

 private:
  std::string folder_;
};

TEST_F(HttpSlowReader, IsClosedByUnsentBytesAndResumesWithoutLoss) {
  start(kPendingMax);
  StreamClient slow(*world, *task);
  const int events = flood();
  EXPECT_TRUE(world->wait_for([](const auto& stats) { return stats.streams == 0; }));
  world->publish(task->id, "WorkflowCompleted");

  Words seen = slow.rest_in_words();
  const size_t before = seen.size();
  ASSERT_GT(before, 1u);
  EXPECT_LT(before, static_cast<size_t>(events));
  StreamClient again(*world, *task, {.last_event_id = slow.last_id});
  EXPECT_EQ(again.next(1), (Words{"open complete"}));
  for (const std::string& word : again.rest_in_words()) seen.push_back(word);

  Words expected{"open complete"};
  for (int seq = 1; seq <= events + 1; ++seq) expected.push_back(std::to_string(seq));
  expected.push_back("end completed");
  EXPECT_EQ(seen, expected);
}

TEST_F(HttpSlowReader, HoldsUpNobodyElse) {
  start(kPendingMax);
  StreamClient slow(*world, *task);
  StreamClient quick(*world, *task);
  EXPECT_EQ(quick.next(1), (Words{"open complete"}));
  int seq = 0;
  flood([&] { EXPECT_EQ(quick.next(1), (Words{std::to_string(++seq)})); });
  EXPECT_EQ(world->stats().streams, 1u);
  world->publish(task->id, "WorkflowCompleted");
  EXPECT_EQ(quick.rest_in_words(), (Words{std::to_string(seq + 1), "end completed"}));
}

TEST_F(HttpSlowReader, ThatCatchesUpIsPacedAndNotClosed) {
  start(kPendingMax);
  constexpr int kEvents = 200;
  for (int i = 0; i < kEvents; ++i) publish();
  world->publish(task->id, "WorkflowCompleted");
  // It asks for a hundred times of what may be unsent, and reads it all in the end.
  StreamClient client(*world, *task);
  Words expected{"open complete"};
  for (int seq = 1; seq <= kEvents + 1; ++seq) expected.push_back(std::to_string(seq));
  expected.push_back("end completed");
  EXPECT_EQ(client.rest_in_words(), expected);
  EXPECT_EQ(world->stats().slow_closed, 0u);
}

TEST_F(HttpSlowReader, IsClosedAfterThirtySecondsInWhichItTookNothing) {
  start(64 * 1024 * 1024);
  StreamClient slow(*world, *task);
  StreamClient pace(*world, world->create_task(), {.query = "?heartbeat=5"});
  pace.next();
  const size_t writes = world->stats().writes;
  for (int i = 0; i < kManyEvents; ++i) publish();  // The socket is full after a few …
  ASSERT_TRUE(world->wait_for([&](const auto& stats) { return stats.writes > writes; }));
  clock.advance(std::chrono::seconds(28));
  EXPECT_EQ(pace.next().bytes, ": hb\n\n");
  EXPECT_EQ(world->stats().streams, 2u);  // … and is waited for.
  clock.advance(std::chrono::seconds(4));
  EXPECT_TRUE(world->wait_for([](const auto& stats) { return stats.slow_closed == 1; }));
  EXPECT_TRUE(slow.raw().sees_end());
}

TEST_F(HttpSlowReader, OfAnAnswerIsClosedAfterThirtySecondsToo) {
  start(kPendingMax);
  for (int i = 0; i < 100; ++i) publish();
  RawClient slow(world->address);
  slow.send("GET /v1/tasks/" + task->id.str() +
            "/events?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  slow.read_until("\r\n\r\n");
  clock.advance(std::chrono::seconds(62));
  EXPECT_TRUE(world->wait_for([](const auto& stats) { return stats.connections == 0; }));
  slow.sees_end();
  EXPECT_LT(slow.unread().size(), 100 * kPadding);
}

}  // namespace
}  // namespace taskfeed
