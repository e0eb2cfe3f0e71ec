/// A server at a URL: sessions, streams, both eras, and everything that it may answer instead.
#include <gtest/gtest.h>

#include "support/fake_peer.h"
#include "support/mcp_world.h"

namespace taskfeed::mcp {
namespace {

using runner::ToolResult;
using std::chrono::milliseconds;
using testing::answer_of;
using testing::FakePeer;
using testing::kSseHead;
using testing::McpWorld;

std::string answer_json(const Json& request, const Json& result) {
  return dump_json(Json{{"jsonrpc", "2.0"}, {"id", request["id"]}, {"result", result}});
}
std::string text_json(const Json& request, const std::string& text) {
  return answer_json(request, Json{{"content", Json::array({{{"type", "text"}, {"text", text}}})}});
}
std::string refusal_json(int code, const std::string& text) {
  return dump_json(
      Json{{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", {{"code", code}, {"message", text}}}});
}
std::string event_of(const std::string& data) {
  return "event: message\ndata: " + data + "\n\n";
}
bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Behaves, but for its tool, which a test writes.
class HttpMcp {
 public:
  using Tool = std::function<void(const Json& request, FakePeer::Line& line)>;
  enum class Era { kHandshake, kStateless };

  explicit HttpMcp(Tool tool, Era era = Era::kHandshake)
      : tool_(std::move(tool)),
        era_(era),
        peer_([this](const auto& request, auto& line) { answer(request, line); }) {}

  runner::McpServer server() const {
    runner::McpServer server;
    server.name = "fake";
    server.url = peer_.url() + "/mcp/?tenant=1";
    return server;
  }
  /// Requests whose body holds `part`.
  std::vector<FakePeer::Request> requests(std::string_view part) const {
    std::vector<FakePeer::Request> found;
    for (const auto& one : peer_.requests()) {
      if (holds(one.body, part)) found.push_back(one);
    }
    return found;
  }
  std::vector<FakePeer::Request> all() const { return peer_.requests(); }
  void forget_sessions() { ++sessions_; }

 private:
  std::string session() const { return "s" + std::to_string(sessions_.load()); }

  void answer(const FakePeer::Request& request, FakePeer::Line& line) {
    const Result<Json> parsed = parse_json(request.body);
    const Json json = parsed ? *parsed : Json::object();
    const std::string method = string_at(json, "method");
    if (method == "initialize" && era_ == Era::kHandshake) {
      std::string answer = answer_of(200, "application/json",
                                     answer_json(json, Json{{"protocolVersion", "2025-06-18"}}));
      answer.insert(answer.find("\r\n") + 2, "mcp-session-id: " + session() + "\r\n");
      line.send(answer);
    } else if (era_ == Era::kHandshake && request.method == "POST" &&
               !holds(request.head, "Mcp-Session-Id: " + session())) {
      line.send(answer_of(404, "application/json", refusal_json(-32001, "Session not found")));
    } else if (era_ == Era::kStateless && !holds(request.head, "Mcp-Method: " + method)) {
      line.send(answer_of(400, "application/json", refusal_json(-32020, "header is missing")));
    } else if (method == "server/discover") {
      line.send(answer_of(200, "application/json",
                          answer_json(json, Json{{"supportedVersions", {"2026-07-28"}}})));
    } else if (method == "tools/list") {
      line.send(answer_of(200, "application/json; charset=utf-8",
                          answer_json(json, Json{{"tools", Json::array({{{"name", "go"}}})}})));
    } else if (method.starts_with("notifications/") || request.method == "DELETE") {
      line.send(answer_of(202, "", ""));
    } else {
      tool_(json, line);
    }
  }

  const Tool tool_;
  const Era era_;
  std::atomic<int> sessions_{1};
  FakePeer peer_;
};

void echo(const Json& request, FakePeer::Line& line) {
  line.send(answer_of(200, "application/json", text_json(request, "hi")));
}
/// Says `answer` to every call.
HttpMcp::Tool says(int status, std::string type, std::string body) {
  return [=](const Json&, FakePeer::Line& line) { line.send(answer_of(status, type, body)); };
}
/// What the model hears where the tool answers so.
std::string heard(HttpMcp::Tool tool) {
  HttpMcp peer(std::move(tool));
  McpWorld world;
  const auto tools = world.toolbox(peer.server());
  const ToolResult result = world.call(*tools, "go");
  EXPECT_TRUE(result.is_error);
  return result.text;
}

TEST(McpHttp, CarriesSessionAndVersionInEveryRequestAfterTheHandshake) {
  HttpMcp peer(echo);
  {
    McpWorld world;
    EXPECT_EQ(world.text(*world.toolbox(peer.server()), "go"), "hi");
  }
  const std::vector<FakePeer::Request> all = peer.all();
  ASSERT_EQ(all.size(), 5U);  // initialize, initialized, list, call, and the goodbye.
  EXPECT_FALSE(holds(all[0].head, "Mcp-Session-Id"));
  EXPECT_TRUE(holds(all[0].head, "Accept: application/json, text/event-stream"));
  for (size_t at = 1; at < all.size(); ++at) {
    EXPECT_EQ(all[at].target, "/mcp/?tenant=1");
    EXPECT_TRUE(holds(all[at].head, "Mcp-Session-Id: s1\r\n")) << all[at].head;
    EXPECT_TRUE(holds(all[at].head, "MCP-Protocol-Version: 2025-06-18\r\n")) << all[at].head;
  }
  EXPECT_EQ(all[4].method, "DELETE");
}

TEST(McpHttp, SpeaksTheStatelessEraWhereTheHandshakeIsRefused) {
  HttpMcp peer(echo, HttpMcp::Era::kStateless);
  McpWorld world;
  EXPECT_EQ(world.text(*world.toolbox(peer.server()), "go"), "hi");
  const auto calls = peer.requests("tools/call");
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_TRUE(holds(calls[0].head, "MCP-Protocol-Version: 2026-07-28\r\n"));
  EXPECT_TRUE(holds(calls[0].head, "Mcp-Name: go\r\n"));
  EXPECT_TRUE(holds(calls[0].body, "io.modelcontextprotocol/protocolVersion"));
}

TEST(McpHttp, BeginsAnewWhereItsSessionIsForgotten) {
  HttpMcp peer(echo);
  McpWorld world;
  const auto tools = world.toolbox(peer.server());
  ASSERT_EQ(world.text(*tools, "go"), "hi");
  peer.forget_sessions();
  EXPECT_EQ(world.text(*tools, "go"), "hi");
  EXPECT_EQ(peer.requests("\"initialize\"").size(), 2U);
  EXPECT_EQ(world.log.count("failed"), 0U);
}

TEST(McpHttp, ReadsAStreamWithProgressQuestionsAndTheAnswer) {
  HttpMcp peer([](const Json& request, FakePeer::Line& line) {
    if (!request.contains("method")) {
      line.send(answer_of(202, "", ""));
      return;
    }
    const Json token = request["params"]["_meta"]["progressToken"];
    line.send(kSseHead);
    line.chunk(": keep-alive\n\n" + event_of("not JSON") +
               event_of(dump_json(Json{{"method", "notifications/progress"},
                                       {"params", {{"progressToken", token}, {"progress", 1}}}})));
    line.chunk(event_of(R"({"method":"ping","id":"q"})"));
    const std::string answer = event_of(text_json(request, "streamed"));
    line.chunk(answer.substr(0, 10));
    line.chunk(answer.substr(10));
    line.wait_for_departure();  // It is the client that has enough.
  });
  McpWorld world;
  EXPECT_EQ(world.text(*world.toolbox(peer.server()), "go"), "streamed");
  EXPECT_EQ(world.sink.text("progress"), "1\n");
  EXPECT_EQ(peer.requests(R"("id":"q","result":{})").size(), 1U);
}

TEST(McpHttp, AsksForTheRestOfAStreamFromItsLastPlace) {
  std::atomic<int64_t> asked{0};
  HttpMcp peer([&](const Json& request, FakePeer::Line& line) {
    line.send(kSseHead);
    if (request.contains("id")) {
      asked = request["id"].get<int64_t>();
      line.chunk("id: place-1\nretry: 20\ndata: \n\n");
    } else {
      line.chunk(event_of(text_json(Json{{"id", asked.load()}}, "later")));
    }
    line.chunk("");
  });
  McpWorld world;
  EXPECT_EQ(world.text(*world.toolbox(peer.server()), "go"), "later");
  const auto all = peer.all();
  ASSERT_EQ(all.back().method, "GET");
  EXPECT_TRUE(holds(all.back().head, "Last-Event-ID: place-1\r\n"));
}

TEST(McpHttp, SaysWhatItGotInsteadOfAnAnswer) {
  const std::string begin = "mcp server \"fake\": it ";
  EXPECT_EQ(heard(says(200, "text/html", "<html>")),
            begin +
                "answered tools/call with HTTP 200 and content of type \"text/html\"; is this "
                "the URL of an MCP server?");
  EXPECT_EQ(heard(says(200, "application/json", "{")),
            begin + "answered tools/call with JSON that is no answer to it");
  EXPECT_EQ(heard(says(200, "application/json", R"({"id":99,"result":{}})")),
            begin + "answered tools/call with JSON that is no answer to it");
  EXPECT_EQ(heard(says(202, "", "")).substr(0, begin.size() + 8), begin + "answered");
  EXPECT_EQ(heard(says(503, "text/plain", "busy")), begin + "answered tools/call with HTTP 503");
  EXPECT_EQ(heard(says(500, "application/json", refusal_json(-32603, "broken"))),
            "broken (-32603)");
  EXPECT_EQ(heard(says(302, "text/plain", "")).substr(0, begin.size() + 17),
            begin + "answered HTTP 302");
  EXPECT_EQ(heard(says(401, "text/plain", "")),
            begin + "answered HTTP 401; see the agent's headers_env");
}

TEST(McpHttp, SaysWhereAStreamEndsWithoutAnAnswer) {
  EXPECT_EQ(heard([](const Json&, FakePeer::Line& line) {
              line.send(kSseHead);
              line.chunk(event_of(R"({"id":12345,"result":{}})"));
              line.chunk("");
            }),
            "mcp server \"fake\": it ended its stream without an answer");
  EXPECT_EQ(heard([](const Json&, FakePeer::Line& line) {
              line.send(kSseHead);
              line.chunk("data: {\"id\"");
              line.reset();
            }),
            "mcp server \"fake\": it ended its stream without an answer");
}

TEST(McpHttp, TakesNoMoreThanItsLimits) {
  const std::string much(9 * 1024 * 1024, 'x');
  EXPECT_EQ(heard(says(200, "application/json", "\"" + much + "\"")),
            "mcp server \"fake\": it sent an answer of more than 8388608 bytes");
  EXPECT_TRUE(holds(heard([&](const Json&, FakePeer::Line& line) {
                      line.send(kSseHead);
                      line.chunk("data: " + much);
                      line.wait_for_departure();
                    }),
                    "it sent too much"));
}

TEST(McpHttp, WaitsForASilentServerAsLongAsItIsDeclaredAndCancels) {
  HttpMcp peer([](const Json&, FakePeer::Line& line) { line.wait_for_departure(); });
  McpWorld world;
  runner::McpServer server = peer.server();
  server.timeout = milliseconds(50);
  EXPECT_EQ(world.call(*world.toolbox(server), "go").text,
            "mcp server \"fake\": it did not answer tools/call within 50ms");
  EXPECT_EQ(peer.requests("notifications/cancelled").size(), 1U);
}

TEST(McpHttp, IsStoppedWithinACall) {
  std::stop_source stop;
  HttpMcp peer([&](const Json&, FakePeer::Line& line) {
    stop.request_stop();
    line.wait_for_departure();
  });
  McpWorld world;
  const auto tools = world.toolbox(peer.server());
  EXPECT_EQ(world.call(*tools, "go", Json::object(), stop.get_token()).text,
            "the call was stopped; how far it came is not known");
  EXPECT_EQ(peer.requests("notifications/cancelled").size(), 1U);
}

TEST(McpHttp, SendsItsSecretsAsHeadersAndShowsThemNowhere) {
  HttpMcp peer([](const Json& request, FakePeer::Line& line) {
    line.send(answer_of(200, "application/json", text_json(request, "you sent s3cret-key")));
  });
  McpWorld world;
  runner::McpServer server = peer.server();
  server.headers_env = {{"Authorization", "FAKE_AUTHORIZATION"}};
  EXPECT_EQ(world.toolbox(server)->list({}).error().text,
            "mcp server \"fake\": the environment variable FAKE_AUTHORIZATION is not set where the "
            "worker runs; set it, or take it out of the agent's mcp");
  world.variables["FAKE_AUTHORIZATION"] = "Bearer s3cret-key";
  Servers servers(world.clock, world.log,
                  [&](std::string_view name) { return world.variable(name); });
  EXPECT_EQ(world.text(*servers.toolbox({server}, "t"), "go"), "you sent [redacted]");
  EXPECT_TRUE(holds(peer.requests("tools/call")[0].head, "Authorization: Bearer s3cret-key\r\n"));
  EXPECT_EQ(world.log.count("s3cret"), 0U);
}

TEST(McpHttp, SaysThatNobodyListens) {
  const int port = FakePeer({}).port();  // It is closed by the end of this line.
  McpWorld world;
  runner::McpServer server;
  server.name = "fake";
  server.url = "http://127.0.0.1:" + std::to_string(port) + "/mcp";
  const auto list = world.toolbox(server)->list({});
  EXPECT_EQ(list.error().code, Errc::kUnavailable);
  EXPECT_TRUE(holds(list.error().text, "127.0.0.1:" + std::to_string(port))) << list.error().text;
}

}  // namespace
}  // namespace taskfeed::mcp
