/// A stream over a socket: its first bytes, history, resuming, filters, gaps and its end.
#include <regex>
#include <set>

#include "support/stream_client.h"

namespace taskfeed {
namespace {

using testing::HttpOptions;
using testing::HttpWorld;
using testing::RawClient;
using testing::StreamAsk;
using testing::StreamClient;
using testing::StreamFrame;
using Words = StreamClient::Words;

/// A task with the events 1 to 5; the third is of another type.
class HttpStream : public ::testing::Test {
 protected:
  explicit HttpStream(const HttpOptions& options = {}) : world(options), task(world.create_task()) {
    for (int seq = 1; seq <= 5; ++seq) {
      cursors.push_back(world.publish(task.id, seq == 3 ? "own.type" : "WorkflowProgressUpdated"));
    }
  }
  std::string cursor(uint64_t seq) const { return cursors.at(seq - 1).str(); }
  void complete() { world.publish(task.id, "WorkflowCompleted", {{"final_response", "done"}}); }

  HttpWorld world;
  Task task;
  std::vector<Cursor> cursors;
};

TEST_F(HttpStream, BeginsWithTheHeadOfTheProtocol) {
  StreamClient client(world, task);
  const std::regex expected(
      "HTTP/1\\.1 200 OK\r\n"
      "Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT\r\n"
      "X-Request-Id: [0-9a-f]{16}\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Cache-Control: no-store, no-transform\r\n"
      "X-Accel-Buffering: no\r\n"
      "Content-Type: text/event-stream; charset=utf-8\r\n"
      "Connection: close\r\n"
      "\r\n");
  EXPECT_TRUE(std::regex_match(client.head, expected)) << client.head;
}

TEST_F(HttpStream, TellsFirstWhenToComeBackAndWhatIsThere) {
  StreamClient client(world, task);
  const StreamFrame first = client.next();
  const int64_t retry = std::stoll(first.line("retry").value_or("0"));
  EXPECT_GE(retry, 2'000);
  EXPECT_LE(retry, 4'000);
  const std::string expected = "retry: " + std::to_string(retry) +
                               "\nevent: stream.open\ndata: {\"task_id\":\"" + task.id.str() +
                               "\",\"replay\":\"complete\",\"first_id\":\"" + cursor(1) +
                               "\",\"last_id\":\"" + cursor(5) + "\",\"heartbeat_ms\":15000}\n\n";
  EXPECT_EQ(first.bytes, expected);
}

/// In one piece, and in two: the head alone decides nothing yet.
TEST_F(HttpStream, GoesOnWhereItsRequestHadContent) {
  const std::string head = "GET " + HttpWorld::stream_target(task) +
                           " HTTP/1.0\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n";
  for (const auto& [first, second] : {std::pair(head + "{}", ""), std::pair(head + "{", "}")}) {
    RawClient client(world.address);
    client.send(first);
    client.send(second);
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
    client.read_until("id: " + cursors.back().str() + "\n");
    client.read_until("\n\n");
    const Cursor live = world.publish(task.id, "own.type");
    client.read_until("id: " + live.str() + "\n");
    cursors.push_back(live);
  }
}

TEST_F(HttpStream, TellsReadersDifferentTimesToComeBack) {
  std::set<std::string> times;
  for (int i = 0; i < 32; ++i) {
    times.insert(StreamClient(world, task).next().line("retry").value_or(""));
  }
  EXPECT_GT(times.size(), 1u);
}

TEST_F(HttpStream, CarriesEachEventAsItWasStored) {
  StreamClient client(world, task);
  client.next();
  const broker::Page page = world.broker.read(task.id, {}).value();
  ASSERT_EQ(page.events.size(), 5u);
  for (const StoredEvent& event : page.events) {
    EXPECT_EQ(client.next().bytes, "id: " + event.cursor.str() + "\nevent: " + event.type +
                                       "\ndata: " + event.json + "\n\n");
  }
}

TEST_F(HttpStream, OfATaskWithoutEventsWaitsForTheFirst) {
  const Task quiet = world.create_task();
  StreamClient client(world, quiet);
  const StreamFrame open = client.next();
  EXPECT_TRUE(open.data()["first_id"].is_null());
  EXPECT_TRUE(open.data()["last_id"].is_null());
  world.publish(quiet.id, "WorkflowStarted");
  EXPECT_EQ(client.next(1), (Words{"1"}));
}

TEST_F(HttpStream, OmitsHistoryWhereThatIsAsked) {
  StreamClient client(world, task, {.query = "?include_history=false"});
  EXPECT_EQ(client.next(2), (Words{"open live", "progress 5"}));
  world.publish(task.id, "later");
  EXPECT_EQ(client.next(1), (Words{"6"}));
}

TEST_F(HttpStream, BringsWhatCameMeanwhileToAReaderThatWasCutOffBeforeItsFirstEvent) {
  const Task quiet = world.create_task();
  StreamClient client(world, quiet, {.query = "?include_history=false"});
  EXPECT_EQ(client.next(1), (Words{"open live"}));
  world.publish(quiet.id, "WorkflowStarted");
  // With the id that came with the opening, as EventSource sends it to the same URL.
  StreamClient back(world, quiet, {.query = "?include_history=false", .last_event_id = "0-0"});
  EXPECT_EQ(back.next(2), (Words{"open complete", "1"}));
}

TEST_F(HttpStream, BringsTheNewestOfHistoryWhereThatIsAsked) {
  StreamClient client(world, task, {.query = "?history=2"});
  EXPECT_EQ(client.next(3), (Words{"open partial", "4", "5"}));
  StreamClient all(world, task, {.query = "?history=500"});
  EXPECT_EQ(all.next(6), (Words{"open complete", "1", "2", "3", "4", "5"}));
  StreamClient none(world, task, {.query = "?history=0"});
  EXPECT_EQ(none.next(2), (Words{"open live", "progress 5"}));
  world.publish(task.id, "later");
  EXPECT_EQ(none.next(1), (Words{"6"}));
}

TEST_F(HttpStream, ResumesAfterItsCursorHoweverThatIsGiven) {
  for (const StreamAsk& ask :
       {StreamAsk{.query = "", .last_event_id = cursor(3)},
        StreamAsk{.query = "?last_event_id=" + cursor(3)},
        StreamAsk{.query = "?lastEventId=" + cursor(3)}, StreamAsk{.query = "?after=" + cursor(3)},
        StreamAsk{.query = "?after=" + cursor(1), .last_event_id = cursor(3)},
        StreamAsk{.query = "?include_history=false", .last_event_id = cursor(3)}}) {
    SCOPED_TRACE(ask.query);
    StreamClient client(world, task, ask);
    EXPECT_EQ(client.next(3), (Words{"open complete", "4", "5"}));
  }
}

TEST_F(HttpStream, ResumesWithoutRepeatFromTheNewestEvent) {
  StreamClient client(world, task, {.last_event_id = cursor(5)});
  EXPECT_EQ(client.next(1), (Words{"open complete"}));
  world.publish(task.id, "later");
  EXPECT_EQ(client.next(1), (Words{"6"}));
}

TEST_F(HttpStream, RefusesACursorThatIsNoneAndKeepsTheConnection) {
  RawClient client(world.address);
  client.send("GET " + HttpWorld::stream_target(task) +
              " HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: yesterday\r\n\r\n");
  const auto refused = client.read_answer();
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.head.find("application/problem+json"), std::string::npos);
  client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpStream, ThatIsFilteredMovesItsCursorWithoutEvents) {
  StreamClient client(world, task, {.query = "?types=own.*"});
  EXPECT_EQ(client.next(3), (Words{"open complete", "3", "progress 5"}));
  world.publish(task.id, "WorkflowProgressUpdated");
  const StreamFrame progress = client.next();
  EXPECT_EQ(progress.bytes, "id: " + world.tasks.get(task.id)->last_event->str() + "\n\n");
  world.publish(task.id, "own.other");
  EXPECT_EQ(client.next(1), (Words{"7"}));
}

TEST_F(HttpStream, ThatIsFilteredResumesWhereItsProgressWas) {
  StreamClient client(world, task, {.query = "?types=own.*"});
  EXPECT_EQ(client.next(3), (Words{"open complete", "3", "progress 5"}));
  client.raw().close();
  complete();
  StreamClient again(world, task, {.query = "?types=own.*", .last_event_id = client.last_id});
  EXPECT_EQ(again.rest_in_words(), (Words{"open complete", "progress 6", "end completed"}));
}

TEST_F(HttpStream, LeavesOutWhatIsExcluded) {
  StreamClient client(world, task, {.query = "?exclude=own.*"});
  EXPECT_EQ(client.next(5), (Words{"open complete", "1", "2", "4", "5"}));
}

TEST_F(HttpStream, BringsEventsUnnamedWhereNamesAreOff) {
  StreamClient client(world, task, {.query = "?event_names=off"});
  EXPECT_EQ(client.next(3), (Words{"open complete", "unnamed 1", "unnamed 2"}));
  complete();
  EXPECT_EQ(client.rest_in_words(),
            (Words{"unnamed 3", "unnamed 4", "unnamed 5", "unnamed 6", "end completed"}));
}

TEST_F(HttpStream, TellsAReaderWhatWasTrimmed) {
  world.broker.trim_before(task.id, 4);
  StreamClient client(world, task, {.last_event_id = cursor(1)});
  EXPECT_EQ(client.next(1), (Words{"open partial"}));
  const StreamFrame gap = client.next();
  EXPECT_EQ(gap.bytes, "event: stream.gap\ndata: {\"from\":\"" + cursor(1) +
                           "\",\"to\":\"3-0\",\"reason\":\"trimmed\"}\n\n");
  EXPECT_EQ(client.next(2), (Words{"4", "5"}));
}

TEST_F(HttpStream, TellsANewReaderThatHistoryBeginsLate) {
  world.broker.trim_before(task.id, 4);
  StreamClient client(world, task);
  EXPECT_EQ(client.next(4), (Words{"open partial", "gap trimmed 0..3", "4", "5"}));
}

TEST_F(HttpStream, TellsAReaderThatItsHistoryIsAnotherOne) {
  const Cursor other{2, cursors[1].tag + 1};
  StreamClient replaced(world, task, {.last_event_id = other.str()});
  EXPECT_EQ(replaced.next(7), (Words{"open reset", "gap reset 2..0", "1", "2", "3", "4", "5"}));
  StreamClient ahead(world, task, {.last_event_id = "99-1"});
  EXPECT_EQ(ahead.next(3), (Words{"open reset", "gap reset 99..0", "1"}));
}

TEST_F(HttpStream, EndsWithTheTaskAndThenIsNoMore) {
  StreamClient client(world, task);
  EXPECT_EQ(client.next(6), (Words{"open complete", "1", "2", "3", "4", "5"}));
  complete();
  const std::vector<StreamFrame> rest = client.rest();
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].line("event"), "WorkflowCompleted");
  EXPECT_EQ(rest[1].bytes, "event: stream.end\ndata: {\"status\":\"completed\",\"last_id\":\"" +
                               client.last_id + "\"}\n\n");

  // A reader that has read everything is told to stay away; one that has not gets the rest.
  RawClient done(world.address);
  done.send("GET " + HttpWorld::stream_target(task) +
            " HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + client.last_id + "\r\n\r\n");
  const auto answer = done.read_answer();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.head.find("Content-Length"), std::string::npos);
  done.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(done.read_answer().status, 200);
  StreamClient late(world, task, {.last_event_id = cursor(4)});
  EXPECT_EQ(late.rest_in_words(), (Words{"open complete", "5", "6", "end completed"}));
}

TEST_F(HttpStream, NamesTheStatusThatTheTaskEndedWith) {
  for (const auto& [type, status] :
       {std::pair("WorkflowFailed", "failed"), std::pair("WorkflowCancelled", "cancelled")}) {
    const Task ended = world.create_task();
    world.publish(ended.id, "WorkflowStarted");
    world.publish(ended.id, type);
    StreamClient client(world, ended, {.query = "?include_history=false"});
    EXPECT_EQ(client.rest_in_words(),
              (Words{"open live", "progress 2", "end " + std::string(status)}));
  }
}

TEST_F(HttpStream, BringsWhatIsPublishedWhileHistoryIsRead) {
  constexpr int kMany = 2'000;
  std::thread publisher([this] {
    for (int i = 0; i < kMany; ++i) world.publish(task.id, "WorkflowProgressUpdated");
    complete();
  });
  StreamClient client(world, task);
  Words expected{"open complete"};
  for (int seq = 1; seq <= 5 + kMany + 1; ++seq) expected.push_back(std::to_string(seq));
  expected.push_back("end completed");
  const Words heard = client.rest_in_words();
  publisher.join();
  EXPECT_EQ(heard, expected);
}

TEST_F(HttpStream, HoldsAnEventsLineBreaksInsideItsFrame) {
  const Cursor at =
      world.publish(task.id, "note", {{"text", "a\nb\r\n\r\ndata: forged\n\nid: 99-1\n"}});
  StreamClient client(world, task, {.last_event_id = cursor(5)});
  EXPECT_EQ(client.next(1), (Words{"open complete"}));
  const StreamFrame frame = client.next();
  EXPECT_EQ(frame.line("id"), at.str());
  EXPECT_EQ(frame.data()["text"], "a\nb\r\n\r\ndata: forged\n\nid: 99-1\n");
}

TEST_F(HttpStream, IsOnlyAHeadForAHead) {
  RawClient client(world.address);
  client.send("HEAD " + HttpWorld::stream_target(task) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string all = client.read_all();
  EXPECT_TRUE(all.starts_with("HTTP/1.1 200 OK\r\n")) << all;
  EXPECT_TRUE(all.ends_with("Connection: close\r\n\r\n")) << all;
}

TEST_F(HttpStream, LeavesTheTaskAloneWhenItsReaderLeaves) {
  {
    StreamClient leaves(world, task);
    StreamClient resets(world, task);
    StreamClient half_closes(world, task);
    leaves.next();
    resets.next();
    half_closes.next();
    EXPECT_EQ(world.stats().streams, 3u);
    leaves.raw().close();
    resets.raw().reset();
    half_closes.raw().half_close();
    EXPECT_TRUE(world.wait_for([](const auto& stats) { return stats.streams == 0; }));
  }
  EXPECT_EQ(world.on_loop([this] { return world.hub.stats().subscriptions; }), 0u);
  world.publish(task.id, "still.running");
  EXPECT_FALSE(is_terminal(world.tasks.get(task.id)->status));
}

TEST_F(HttpStream, IgnoresWhatItsReaderSays) {
  StreamClient client(world, task);
  client.next();
  client.raw().send("GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.next(5), (Words{"1", "2", "3", "4", "5"}));
  complete();
  EXPECT_EQ(client.next(2), (Words{"6", "end completed"}));
}

TEST_F(HttpStream, SendsItsReadersAwayWhenTheDaemonStops) {
  StreamClient client(world, task);
  EXPECT_EQ(client.next(6), (Words{"open complete", "1", "2", "3", "4", "5"}));
  world.on_loop([this] { world.server->drain(Milliseconds(10'000)); });
  const std::vector<StreamFrame> rest = client.rest();
  ASSERT_EQ(rest.size(), 1u);
  const int64_t retry = std::stoll(rest[0].line("retry").value_or("0"));
  EXPECT_EQ(rest[0].bytes, "retry: " + std::to_string(retry) + "\n\n");
  EXPECT_GE(retry, 2'000);
  EXPECT_LE(retry, 4'000);
  EXPECT_TRUE(world.on_loop([this] { return world.server->idle(); }));
}

class HttpStreamLimit : public HttpStream {
 protected:
  static HttpOptions two_streams() {
    HttpOptions options;
    options.server.streams_max = 2;
    return options;
  }
  HttpStreamLimit() : HttpStream(two_streams()) {}
};

TEST_F(HttpStreamLimit, IsAnsweredWith503AndRoomIsMadeByWhoLeaves) {
  StreamClient first(world, task);
  StreamClient second(world, task);
  RawClient third(world.address);
  third.send("GET " + HttpWorld::stream_target(task) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto refused = third.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.head.find("Retry-After: "), std::string::npos);
  first.raw().close();
  ASSERT_TRUE(world.wait_for([](const auto& stats) { return stats.streams == 1; }));
  StreamClient fourth(world, task);
  EXPECT_EQ(fourth.next(1), (Words{"open complete"}));
}

}  // namespace
}  // namespace taskfeed
