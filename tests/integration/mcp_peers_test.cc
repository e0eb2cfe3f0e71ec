/// Real MCP servers: the reference servers of the older era, and the protocol's own SDK in both,
/// over stdio and HTTP. `scripts/setup peers` installs them; without it these tests are skipped.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/mcp_world.h"

namespace taskfeed::mcp {
namespace {

using runner::McpProtocol;
using runner::McpServer;
using runner::ToolResult;
using testing::McpWorld;

const std::string kPeers = TASKFEED_TEST_MCP_PEERS;
const std::string kScope = kPeers + "/node_modules/@modelcontextprotocol/";
const std::string kEverything = kScope + "server-everything/dist/index.js";
const std::string kFilesystem = kScope + "server-filesystem/dist/index.js";

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int free_port() {
  const loop::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  TF_ASSERT(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  TF_ASSERT(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

bool listens(int port) {
  const loop::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

class McpPeers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kPeers + "/installed")) {
      const char* const ci = ::getenv("CI");
      if (ci != nullptr && std::string_view(ci) == "true") {
        FAIL() << "the real MCP servers are missing; scripts/setup peers installs them";
      }
      GTEST_SKIP() << "NOT TESTED: the real MCP servers are not installed; run scripts/setup peers";
    }
    world.variables["PATH"] = ::getenv("PATH");  // Where node is.
  }

  McpServer program(std::vector<std::string> argv) const {
    McpServer server;
    server.name = "fake";  // As McpWorld::call() has it.
    server.argv = std::move(argv);
    server.argv.insert(server.argv.begin(), "node");
    return server;
  }
  /// `argv` listens on `port`.
  McpServer http(std::vector<std::string> argv, int port, const std::string& path) {
    argv.insert(argv.begin(), "node");
    Result<loop::Child> child = loop::spawn(
        {argv, {"PATH=" + world.variables["PATH"], "PORT=" + std::to_string(port)}, {}, false});
    TF_ASSERT_TEXT(child.ok(), child.error().text);
    child_.emplace(*std::move(child));
    for (int looks = 0; looks < 6'000 && !listens(port); ++looks) {
      std::this_thread::sleep_for(Milliseconds(10));
    }
    TF_ASSERT(listens(port));
    McpServer server;
    server.name = "fake";
    server.url = "http://127.0.0.1:" + std::to_string(port) + path;
    return server;
  }

  /// What the reference server offers is offered, works, fails and ends as it should.
  void expect_everything(const McpServer& server) {
    const auto tools = world.toolbox(server);
    const auto list = tools->list({});
    ASSERT_TRUE(list) << list.error().text;
    EXPECT_TRUE(std::any_of(list->begin(), list->end(),
                            [](const auto& tool) { return tool.name == "fake__get-sum"; }));
    EXPECT_EQ(world.text(*tools, "echo", Json{{"message", "é 漢字 🙂"}}),
              "Echo: é 漢字 🙂");
    EXPECT_EQ(world.text(*tools, "get-sum", Json{{"a", 2}, {"b", 3}}), "The sum of 2 and 3 is 5.");
    EXPECT_TRUE(world.call(*tools, "get-sum", Json{{"a", "x"}}).is_error);
    EXPECT_NE(world.text(*tools, "get-tiny-image").find("[image image/png, "), std::string::npos);
    EXPECT_FALSE(
        world.call(*tools, "trigger-long-running-operation", Json{{"duration", 1}, {"steps", 2}})
            .is_error);
    EXPECT_EQ(world.sink.text("progress"), "1/2\n2/2\n");
    expect_stop_ends_call(*tools);
    EXPECT_EQ(world.text(*tools, "echo", Json{{"message", "after"}}), "Echo: after");
  }
  /// At its first progress.
  void expect_stop_ends_call(runner::Toolbox& tools) {
    testing::RecordingSink sink;
    sink.lose_interest();
    const ToolResult stopped = tools.call(
        {"c", "fake__trigger-long-running-operation", Json{{"duration", 600}, {"steps", 6'000}}},
        sink, {});
    EXPECT_EQ(stopped.text, "the call was stopped; how far it came is not known");
  }
  void expect_both_eras(McpServer server) {
    for (const McpProtocol protocol :
         {McpProtocol::kAuto, McpProtocol::kHandshake, McpProtocol::kStateless}) {
      SCOPED_TRACE(to_string(protocol));
      server.protocol = protocol;
      const auto tools = world.toolbox(server);
      EXPECT_EQ(world.text(*tools, "echo", Json{{"message", "hi"}}), "hi");
      EXPECT_TRUE(world.call(*tools, "fail").is_error);
      EXPECT_EQ(world.text(*tools, "steps", Json{{"steps", 2}}), "2 steps");
    }
    EXPECT_EQ(world.sink.text("progress"), "1/2\n2/2\n1/2\n2/2\n1/2\n2/2\n");
  }

  McpWorld world;
  std::optional<loop::Child> child_;
};

TEST_F(McpPeers, EverythingOverStdio) {
  expect_everything(program({kEverything, "stdio"}));
}

TEST_F(McpPeers, EverythingOverHttp) {
  expect_everything(http({kEverything, "streamableHttp"}, free_port(), "/mcp"));
}

TEST_F(McpPeers, FilesystemOverStdio) {
  std::string folder = std::filesystem::temp_directory_path() / "taskfeed-mcp-XXXXXX";
  TF_ASSERT(::mkdtemp(folder.data()) != nullptr);
  const auto tools = world.toolbox(program({kFilesystem, folder}));
  const std::string file = folder + "/a.txt";
  EXPECT_FALSE(
      world.call(*tools, "write_file", Json{{"path", file}, {"content", "hello"}}).is_error);
  EXPECT_EQ(world.text(*tools, "read_text_file", Json{{"path", file}}), "hello");
  const ToolResult denied = world.call(*tools, "read_text_file", Json{{"path", "/etc/hostname"}});
  EXPECT_TRUE(denied.is_error);
  EXPECT_NE(denied.text.find("Access denied"), std::string::npos) << denied.text;
  std::filesystem::remove_all(folder);
}

TEST_F(McpPeers, BothErasOverStdio) {
  expect_both_eras(program({TASKFEED_TEST_MCP_MODERN, kPeers, "stdio"}));
}

TEST_F(McpPeers, BothErasOverHttp) {
  const int port = free_port();
  expect_both_eras(
      http({TASKFEED_TEST_MCP_MODERN, kPeers, "http", std::to_string(port)}, port, "/mcp"));
}

}  // namespace
}  // namespace taskfeed::mcp
