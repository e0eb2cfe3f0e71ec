/// A stream to HTTP/1.1 comes in chunks; to HTTP/1.0 as it is.
#include <charconv>

#include "support/http_world.h"
#include "support/raw_client.h"

namespace taskfeed {
namespace {

using testing::HttpWorld;
using testing::RawClient;

std::string ask(const Task& task, std::string_view version) {
  return "GET " + HttpWorld::stream_target(task) + " HTTP/" + std::string(version) +
         "\r\nHost: localhost\r\n\r\n";
}

struct Chunks {
  std::string body;
  size_t count = 0;
  bool last = false;  ///< The one of size 0 came.
};

/// By RFC 9112, 7.1; what is not of it fails the test.
Chunks take_apart(std::string_view bytes) {
  Chunks chunks;
  while (!bytes.empty()) {
    EXPECT_FALSE(chunks.last) << "after the last chunk: " << bytes;
    const size_t line = bytes.find("\r\n");
    if (line == std::string_view::npos) break;  // Cut off.
    size_t size = 0;
    if (std::from_chars(bytes.data(), bytes.data() + line, size, 16).ptr != bytes.data() + line) {
      ADD_FAILURE() << "no chunk: " << bytes;
      break;
    }
    bytes.remove_prefix(line + 2);
    if (bytes.size() < size + 2) break;  // Cut off.
    chunks.body.append(bytes.substr(0, size));
    EXPECT_EQ(bytes.substr(size, 2), "\r\n");
    bytes.remove_prefix(size + 2);
    chunks.last = size == 0;
    ++chunks.count;
  }
  return chunks;
}

/// From `event: stream.open`: the line before it differs for each reader.
std::string without_retry(const std::string& body) {
  EXPECT_TRUE(body.starts_with("retry: ")) << body;
  return body.substr(std::min(body.find('\n') + 1, body.size()));
}

TEST(HttpChunks, HoldWhatAReaderOfHttp10Gets) {
  HttpWorld world;
  const Task task = world.create_task();
  world.publish(task.id, "WorkflowStarted");
  RawClient plain(world.address);
  plain.send(ask(task, "1.0"));
  const std::string plain_head = plain.read_until("\r\n\r\n");
  EXPECT_EQ(plain_head.find("Transfer-Encoding"), std::string::npos) << plain_head;
  const std::string begun = plain.read_until("event: WorkflowStarted\n");
  RawClient chunked(world.address);
  chunked.send(ask(task, "1.1"));
  const std::string head = chunked.read_until("\r\n\r\n");
  EXPECT_NE(head.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos) << head;
  EXPECT_EQ(head.find("Content-Length"), std::string::npos) << head;
  const std::string first = chunked.read_until("event: WorkflowStarted\n");
  for (int i = 0; i < 20; ++i) {
    world.publish(task.id, "note", {{"text", std::string(static_cast<size_t>(i) * 100, 'x')}});
  }
  world.publish(task.id, "WorkflowCompleted");
  const Chunks chunks = take_apart(first + chunked.read_all());
  EXPECT_TRUE(chunks.last);
  // retry:, stream.open, 22 events, stream.end, and the last.
  EXPECT_EQ(chunks.count, 26u);
  EXPECT_EQ(without_retry(chunks.body), without_retry(begun + plain.read_all()));
}

TEST(HttpChunks, EndWithTheLastOneWhereTheServerStops) {
  HttpWorld world;
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask(task, "1.1"));
  client.read_until("\r\n\r\n");
  const std::string first = client.read_until("event: stream.open\n");
  world.on_loop([&world] { world.server->drain(Milliseconds(5'000)); });
  EXPECT_TRUE(take_apart(first + client.read_all()).last);
}

TEST(HttpChunks, OfAReaderThatIsTooSlowHaveNoLastOne) {
  testing::HttpOptions options;
  options.hub.sink_pending_bytes_max = 64 * 1024;
  HttpWorld world(options);
  const Task task = world.create_task();
  RawClient client(world.address, 4'096);
  client.send(ask(task, "1.1"));
  client.read_until("\r\n\r\n");
  const std::string first = client.read_until("event: stream.open\n");
  const std::string text(100'000, 'x');
  for (int i = 0; i < 200; ++i) world.publish(task.id, "note", {{"text", text}});
  ASSERT_TRUE(world.wait_for([](const auto& stats) { return stats.slow_closed == 1; }));
  EXPECT_FALSE(take_apart(first + client.read_all()).last);
}

}  // namespace
}  // namespace taskfeed
