/// What is sent: every server accepts it, and nothing overrides what the request says itself.
#include "llm/chat_request.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "chat_world.h"

namespace taskfeed::llm {
namespace {

using Role = ChatMessage::Role;

class ChatRequestTest : public ::testing::Test {
 protected:
  ChatRequestTest() { request_.streaming = false; }
  Json body() const { return Json::parse(request_body(request_)); }
  Json messages(std::vector<ChatMessage> messages) {
    request_.messages = std::move(messages);
    return body()["messages"];
  }
  runner::ModelServer server_;
  ChatRequest request_ = request_to(server_);
};

using ChatRequestMessages = ChatRequestTest;
using ChatRequestMembers = ChatRequestTest;
using ChatRequestTools = ChatRequestTest;

workflow::AskedCall call(std::string id, std::string arguments, Json extra = Json::object()) {
  workflow::AskedCall made;
  made.id = std::move(id);
  made.tool = "get";
  made.arguments = std::move(arguments);
  made.extra = std::move(extra);
  return made;
}

TEST_F(ChatRequestMessages, HaveRoleAndContent) {
  EXPECT_EQ(dump_json(messages({{Role::kSystem, "Be brief.", {}, {}},
                                {Role::kUser, "Hi", {}, {}},
                                {Role::kAssistant, "Yes?", {}, {}},
                                {Role::kAssistant, "", {}, {}},
                                {Role::kTool, "", {}, "call_1"}})),
            R"([{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},)"
            R"({"role":"assistant","content":"Yes?"},{"role":"assistant","content":""},)"
            R"({"role":"tool","content":"","tool_call_id":"call_1"}])");
}

TEST_F(ChatRequestMessages, SendCallsBackAsTheyCame) {
  const Json extra{{"extra_content", {{"google", {{"thought_signature", "c2ln"}}}}},
                   {"function", {{"strict", true}, {"name", "not this"}}},
                   {"id", "not this"}};
  EXPECT_EQ(dump_json(messages({{Role::kAssistant, "", {call("a", R"({ "x" : 1.0 })", extra)}, {}},
                                {Role::kAssistant, "So:", {call("b", "{}")}, {}}})),
            R"([{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",)"
            R"("function":{"name":"get","arguments":"{ \"x\" : 1.0 }","strict":true},)"
            R"("extra_content":{"google":{"thought_signature":"c2ln"}}}]},)"
            R"({"role":"assistant","content":"So:","tool_calls":[{"id":"b","type":"function",)"
            R"("function":{"name":"get","arguments":"{}"}}]}])");
}

TEST_F(ChatRequestMessages, SendNoArgumentsThatAServerCannotParse) {
  for (const std::string arguments : {"{\"x\":", "", "[1]", "Oslo"}) {
    const Json sent = messages({{Role::kAssistant, "", {call("a", arguments)}, {}}});
    EXPECT_EQ(sent[0]["tool_calls"][0]["function"]["arguments"], "{}") << arguments;
  }
}

TEST_F(ChatRequestMessages, AreUtf8WhateverTheyHold) {
  request_.messages = {{Role::kUser, "a\xFF\xED\xA0\x80\n\x01", {}, {}}};
  const std::string text = request_body(request_);
  EXPECT_TRUE(is_utf8(text));
  EXPECT_TRUE(parse_json(text).ok());
  EXPECT_NE(text.find("\\n\\u0001"), std::string::npos);
}

TEST_F(ChatRequestMembers, AskForUsageOfAStream) {
  EXPECT_FALSE(body().contains("stream_options"));
  EXPECT_EQ(body()["stream"], false);
  request_.streaming = true;
  EXPECT_EQ(body()["stream"], true);
  EXPECT_EQ(dump_json(body()["stream_options"]), R"({"include_usage":true})");
  EXPECT_FALSE(Json::parse(request_body(request_, false)).contains("stream_options"));
}

TEST_F(ChatRequestMembers, CallMaxTokensAsTheServerDoes) {
  EXPECT_FALSE(body().contains("max_tokens"));
  request_.max_tokens = 100;
  EXPECT_EQ(body()["max_tokens"], 100);
  server_.max_tokens_key = "max_completion_tokens";
  server_.extra_body = Json{{"max_tokens", 7}, {"max_completion_tokens", 7}};
  EXPECT_EQ(body()["max_completion_tokens"], 100);
  EXPECT_FALSE(body().contains("max_tokens"));
}

TEST_F(ChatRequestMembers, AreOverriddenByNothing) {
  request_.parameters = Json{{"temperature", 0.5}, {"model", "x"}, {"stream", true}};
  server_.extra_body =
      Json{{"temperature", 1},    {"messages", 1}, {"tools", 1},        {"stream", true},
           {"stream_options", 1}, {"top_k", 40},   {"model", "another"}};
  EXPECT_EQ(request_body(request_),
            R"({"model":"m-1","messages":[{"role":"user","content":"Hi"}],"temperature":0.5,)"
            R"("stream":false,"top_k":40})");
}

TEST_F(ChatRequestTools, AreFunctions) {
  runner::Tool tool;
  tool.name = "get";
  tool.description = "Gets.";
  tool.parameters = Json{{"type", "object"}};
  runner::Tool other = tool;
  other.description.clear();
  request_.tools = {tool, other};
  request_.parameters = Json{{"tool_choice", "required"}, {"parallel_tool_calls", false}};
  EXPECT_EQ(dump_json(body()["tools"]),
            R"([{"type":"function","function":{"name":"get","description":"Gets.","parameters":)"
            R"({"type":"object"}}},{"type":"function","function":{"name":"get","parameters":)"
            R"({"type":"object"}}}])");
  EXPECT_EQ(body()["tool_choice"], "required");
  EXPECT_EQ(body()["parallel_tool_calls"], false);
}

TEST_F(ChatRequestTools, AreNotChosenWhereThereAreNone) {
  request_.parameters = Json{{"tool_choice", "required"}, {"parallel_tool_calls", false}};
  server_.extra_body = Json{{"tool_choice", "auto"}};
  EXPECT_EQ(request_body(request_),
            R"({"model":"m-1","messages":[{"role":"user","content":"Hi"}],"stream":false})");
}

TEST_F(ChatRequestTools, CountInTheEstimate) {
  EXPECT_EQ(estimate_tokens(request_), 5);  // "Hi" and a message.
  request_.messages.push_back({Role::kAssistant, "", {call("a", R"({"x":1})")}, {}});
  EXPECT_EQ(estimate_tokens(request_), 11);
  request_.tools.push_back({.name = "get"});
  EXPECT_GT(estimate_tokens(request_), 20);
}

}  // namespace
}  // namespace taskfeed::llm
