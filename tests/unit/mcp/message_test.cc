/// JSON-RPC messages: what is sent, and what came told apart.
#include "mcp/message.h"

#include <gtest/gtest.h>

namespace taskfeed::mcp {
namespace {

Incoming read(std::string_view text) {
  return read_message(parse_json(text).value());
}

TEST(McpMessage, IsTextOnOneLine) {
  EXPECT_EQ(request_text(3, "tools/list", Json::object()),
            R"({"jsonrpc":"2.0","id":3,"method":"tools/list","params":{}})");
  EXPECT_EQ(notification_text("notifications/initialized", {}),
            R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
}

TEST(McpMessage, CarriesItsRevisionInTheStatelessEraOnly) {
  EXPECT_EQ(dump_json(dressed(Json{{"a", 1}}, false, 0)), R"({"a":1})");
  EXPECT_EQ(dump_json(dressed(Json::object(), false, 5)), R"({"_meta":{"progressToken":5}})");
  const Json params = dressed(Json::object(), true, 5);
  EXPECT_EQ(string_at(params["_meta"], "io.modelcontextprotocol/protocolVersion"), "2026-07-28");
  EXPECT_EQ(int_at(params["_meta"], "progressToken"), 5);
}

TEST(McpMessage, IsToldApartByItsMembers) {
  using Kind = Incoming::Kind;
  EXPECT_EQ(read(R"({"result":{},"jsonrpc":"2.0","id":1})").kind, Kind::kResult);
  EXPECT_EQ(read(R"({"id":"1","result":{}})").id, 1);
  EXPECT_EQ(read(R"({"id":1,"error":{"code":-32601,"message":"no"}})").refusal,
            (RpcError{-32601, "no"}));
  EXPECT_EQ(read(R"({"id":1,"error":"no"})").refusal, (RpcError{0, "(no message)"}));
  EXPECT_EQ(read(R"({"method":"ping","id":"x"})").kind, Kind::kRequest);
  EXPECT_EQ(read(R"({"method":"notifications/progress","params":{}})").kind, Kind::kNotification);
}

TEST(McpMessage, IsNoiseWhereItIsNoneOfThese) {
  for (const char* text :
       {"1", "null", "[]", R"("x")", "{}", R"({"id":1})", R"({"id":null,"result":1})",
        R"({"id":"abc","result":1})", R"({"id":-4,"result":1})", R"({"id":{},"result":1})",
        R"({"id":18446744073709551615,"result":1})", R"({"id":1.5,"result":1})",
        R"({"id":"99999999999999999999","result":1})", R"({"method":7})"}) {
    EXPECT_EQ(read(text).kind, Incoming::Kind::kNoise) << text;
  }
}

TEST(McpMessage, KeepsOfProgressWhatIsRead) {
  const Json params = parse_json(R"({"progressToken":1,"progress":2,"total":"x","message":"m",
                                     "blob":[1,2,3]})")
                          .value();
  EXPECT_EQ(dump_json(slim_progress(params)), R"({"progress":2,"message":"m"})");
  EXPECT_EQ(string_at(slim_progress(Json{{"message", std::string(5000, 'x')}}), "message").size(),
            1024U);
}

TEST(McpMessage, AnswersPingAndRefusesEveryOtherQuestion) {
  EXPECT_EQ(answer_text(read(R"({"method":"ping","id":"q1"})")),
            R"({"jsonrpc":"2.0","id":"q1","result":{}})");
  EXPECT_EQ(answer_text(read(R"({"method":"roots/list","id":2})")),
            R"({"jsonrpc":"2.0","id":2,"error":{"code":-32601,)"
            R"("message":"this client does not offer that"}})");
}

}  // namespace
}  // namespace taskfeed::mcp
