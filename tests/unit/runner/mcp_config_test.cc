/// An agent's MCP servers as JSON: there and back, and what is refused with which words.
#include "runner/mcp_config.h"

#include <gtest/gtest.h>

#include "runner/agent_config.h"

namespace taskfeed::runner {
namespace {

using std::chrono::seconds;

Result<std::vector<McpServer>> read(std::string_view text) {
  return mcp_from_json(parse_json(text).value());
}

std::string refusal(std::string_view text) {
  const Result<std::vector<McpServer>> servers = read(text);
  return servers ? "nothing is refused" : servers.error().text;
}

TEST(McpConfig, IsReadBackAsItWasWritten) {
  McpServer files;
  files.name = "files";
  files.argv = {"mcp-server-filesystem", "/srv/tree"};
  files.cwd = "/srv";
  files.env = {{"LANG", "C.UTF-8"}};
  files.pass_env = {"FILES_TOKEN"};
  files.timeout = seconds(5);
  files.tools = {.all = false, .patterns = {"read_*", "list_*"}};
  files.approval = {.all = true, .patterns = {}};
  files.per_task = true;
  McpServer remote;
  remote.name = "remote";
  remote.url = "https://tools.example/mcp";
  remote.headers_env = {{"Authorization", "REMOTE_AUTHORIZATION"}};
  remote.protocol = McpProtocol::kStateless;
  remote.idempotent.patterns = {"get"};
  const std::vector<McpServer> servers{files, remote};
  EXPECT_EQ(read(dump_json(mcp_to_json(servers))).value(), servers);
}

TEST(McpConfig, FillsInWhatIsLeftOut) {
  const McpServer server = read(R"([{"name":"f","command":["s"]}])").value().front();
  EXPECT_EQ(server.timeout, seconds(60));
  EXPECT_EQ(server.protocol, McpProtocol::kAuto);
  EXPECT_TRUE(server.tools.holds("anything"));
  EXPECT_FALSE(server.approval.holds("anything"));
  EXPECT_FALSE(server.idempotent.holds("anything"));
  EXPECT_FALSE(server.per_task);
}

TEST(McpConfig, NamesToolsByPatterns) {
  const ToolChoice choice{.all = false, .patterns = {"read_*", "stat"}};
  EXPECT_TRUE(choice.holds("read_file"));
  EXPECT_TRUE(choice.holds("stat"));
  EXPECT_FALSE(choice.holds("write_file"));
}

TEST(McpConfig, SaysWhatIsWrong) {
  EXPECT_EQ(refusal(R"({})"), "mcp must be a list of servers, as [[agent.mcp]]");
  EXPECT_EQ(refusal(R"([1])"), "mcp[0] must be a table");
  EXPECT_EQ(refusal(R"([{"name":"a","command":["s"],"args":[]}])"),
            "mcp[0].args is not a key of an agent here; known are name, command, cwd, env, "
            "pass_env, url, headers_env, timeout, protocol, tools, approval, idempotent, per_task");
  EXPECT_EQ(refusal(R"([{"name":"a__b","command":["s"]}])").substr(0, 20), "mcp[0].name must be ");
  EXPECT_EQ(refusal(R"([{"name":"a"}])"), "mcp[0].command or url: a server has one of the two");
  EXPECT_EQ(refusal(R"([{"name":"a","command":["s"],"url":"http://h/"}])"),
            "mcp[0].command or url: a server has one of the two");
  EXPECT_EQ(refusal(R"([{"name":"a","url":"http://h/","env":{}}])"),
            "mcp[0].env is for servers with a command; this one has a url");
  EXPECT_EQ(refusal(R"([{"name":"a","command":["s"],"headers_env":{}}])"),
            "mcp[0].headers_env is for servers with a url; this one has a command");
  EXPECT_EQ(refusal(R"([{"name":"a","command":["s"],"approval":"sometimes"}])"),
            "mcp[0].approval must be \"never\", \"always\" or a list of tools, as [\"write_*\"]");
  EXPECT_EQ(refusal(R"([{"name":"a","command":["s"],"protocol":"2"}])"),
            "mcp[0].protocol must be \"auto\", \"2025-11-25\" or \"2026-07-28\"");
  EXPECT_EQ(refusal(R"([{"name":"a","command":["s"],"cwd":"x"}])"),
            "mcp[0].cwd must be an absolute path");
  EXPECT_EQ(refusal(R"([{"name":"a","command":["s"]},{"name":"a","command":["s"]}])"),
            "mcp[1].name \"a\" is the name of another server of this agent");
}

TEST(McpConfig, TakesUrlsOfHttpOnlyAndNoSecretInThem) {
  EXPECT_TRUE(read(R"([{"name":"a","url":"http://127.0.0.1:8030/mcp?x=1"}])"));
  for (const char* url : {"ftp://h/", "http://", "http:///x", "h", "http://h/a b", "http://h/#f"}) {
    EXPECT_FALSE(read(dump_json(Json{{{"name", "a"}, {"url", url}}}))) << url;
  }
  EXPECT_EQ(refusal(R"([{"name":"a","url":"http://me:secret@h/"}])").find("secret"),
            std::string::npos);
  EXPECT_FALSE(read(R"([{"name":"a","url":"http://me:secret@h/"}])"));
}

TEST(McpConfig, TakesHeadersFromVariablesAndLeavesItsOwnAlone) {
  EXPECT_EQ(refusal(R"([{"name":"a","url":"http://h","headers_env":{"Mcp-Session-Id":"X"}}])"),
            "mcp[0].headers_env.Mcp-Session-Id is set by taskfeed itself");
  EXPECT_EQ(refusal(R"([{"name":"a","url":"http://h","headers_env":{"X-Key":"Bearer 12"}}])"),
            "mcp[0].headers_env.X-Key must name the environment variable that holds the header's "
            "value");
  EXPECT_EQ(refusal(R"([{"name":"a","url":"http://h","headers_env":{"a b":"X"}}])"),
            "mcp[0].headers_env has a name that no header can have");
}

TEST(McpConfig, IsForAgentsThatCallAModel) {
  const Json agent = parse_json(R"({"id":"a","runner":"command","steps":[{"run":["true"]}],
                                    "mcp":[{"name":"f","command":["s"]}]})")
                         .value();
  EXPECT_EQ(agent_from_json(agent, Origin::kOperator).error().text,
            "mcp is for runner = \"openai\"");
}

}  // namespace
}  // namespace taskfeed::runner
