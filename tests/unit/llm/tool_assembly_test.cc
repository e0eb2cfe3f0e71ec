/// Tool calls come in fragments, whole, in parallel, without index, without id: the same calls.
#include "llm/tool_assembly.h"

#include <gtest/gtest.h>

namespace taskfeed::llm {
namespace {

using workflow::AskedCall;

/// Each text is the `tool_calls` of one delta.
std::vector<AskedCall> assembled(const std::vector<std::string>& deltas,
                                 ToolAssembly::Which which = ToolAssembly::Which::kAll,
                                 const std::set<std::string>& taken = {}) {
  const ChatLimits limits;
  ToolAssembly assembly(limits);
  for (const std::string& each : deltas) {
    const Result<JsonPart> part = parse_json_part(each);
    EXPECT_TRUE(part.ok()) << each;
    EXPECT_EQ(assembly.take(part->json, part->halves), std::nullopt);
  }
  return assembly.calls(which, taken);
}

AskedCall call(std::string id, std::string tool, std::string arguments,
               Json extra = Json::object()) {
  AskedCall made;
  made.id = std::move(id);
  made.tool = std::move(tool);
  made.arguments = std::move(arguments);
  made.extra = std::move(extra);
  return made;
}
using Calls = std::vector<AskedCall>;

TEST(ToolAssemblyFragments, AreJoinedByTheirIndex) {
  EXPECT_EQ(
      assembled(
          {R"([{"index":0,"id":"a","type":"function","function":{"name":"get","arguments":""}}])",
           R"([{"index":0,"function":{"arguments":"{\"ci"}}])",
           R"([{"index":1,"id":"b","function":{"name":"put","arguments":"{"}}])",
           R"([{"index":0,"function":{"arguments":"ty\":1}"}}])",
           R"([{"index":1,"function":{"arguments":"}"}}])"}),
      (Calls{call("a", "get", R"({"city":1})"), call("b", "put", "{}")}));
}

TEST(ToolAssemblyFragments, MayBeginWithArguments) {
  EXPECT_EQ(assembled({R"([{"index":0,"id":"a","function":{"name":"get","arguments":"{"}}])",
                       R"([{"index":0,"function":{"arguments":"}"}}])"}),
            (Calls{call("a", "get", "{}")}));
}

TEST(ToolAssemblyFragments, GoOnWithTheLastCallWhereTheySayNothing) {
  EXPECT_EQ(assembled({R"([{"id":"a","function":{"name":"get","arguments":"{\"x\""}}])",
                       R"([{"function":{"arguments":":1}"}}])",
                       R"([{"id":"b","function":{"name":"get","arguments":"{}"}}])"}),
            (Calls{call("a", "get", R"({"x":1})"), call("b", "get", "{}")}));
}

TEST(ToolAssemblyFragments, RepeatIdAndNameInEach) {
  EXPECT_EQ(assembled({R"([{"index":0,"id":"a","function":{"name":"get","arguments":"{"}}])",
                       R"([{"index":0,"id":"a","function":{"name":"get","arguments":"}"}}])",
                       R"([{"index":0,"id":"a","function":{"name":"get","arguments":""}}])"}),
            (Calls{call("a", "get", "{}")}));
}

TEST(ToolAssemblyFragments, BringANameLate) {
  EXPECT_EQ(assembled({R"([{"index":0,"id":"a","function":{"arguments":"{}"}}])",
                       R"([{"index":0,"function":{"name":"get"}}])"}),
            (Calls{call("a", "get", "{}")}));
}

TEST(ToolAssemblyFragments, BringANameInPieces) {
  EXPECT_EQ(assembled({R"([{"index":0,"id":"a","function":{"name":"get_"}}])",
                       R"([{"index":0,"function":{"name":"weather","arguments":"{}"}}])"}),
            (Calls{call("a", "get_weather", "{}")}));
}

TEST(ToolAssemblyFragments, BringAnIdLate) {
  EXPECT_EQ(assembled({R"([{"index":0,"function":{"name":"get","arguments":"{"}}])",
                       R"([{"index":0,"id":"a","function":{"arguments":"}"}}])"}),
            (Calls{call("a", "get", "{}")}));
}

TEST(ToolAssemblyFragments, JoinACharacterThatWasCut) {
  EXPECT_EQ(
      assembled(
          {R"([{"index":0,"id":"a","function":{"name":"get","arguments":"{\"x\":\"\ud83d"}}])",
           R"([{"index":0,"function":{"arguments":"\ude42\"}"}}])"}),
      (Calls{call("a", "get", "{\"x\":\"\xF0\x9F\x99\x82\"}")}));
}

TEST(ToolAssemblyParallel, CallsMayAllHaveIndexZero) {
  EXPECT_EQ(
      assembled({R"([{"index":0,"id":"a","function":{"name":"get","arguments":"{\"x\":1}"}}])",
                 R"([{"index":0,"id":"b","function":{"name":"get","arguments":""}}])",
                 R"([{"index":0,"function":{"arguments":"{}"}}])",
                 R"([{"index":0,"id":"a","function":{"arguments":" "}}])"}),
      (Calls{call("a", "get", R"({"x":1} )"), call("b", "get", "{}")}));
}

TEST(ToolAssemblyParallel, CallsMayHaveNeitherIndexNorId) {
  const Calls expected{call("call_1", "get", R"({"x":1})"), call("call_2", "get", "{}"),
                       call("call_3", "put", "{}")};
  EXPECT_EQ(assembled({R"([{"function":{"name":"get","arguments":"{\"x\":1}"}},
                           {"function":{"name":"get","arguments":"{}"}},
                           {"function":{"name":"put","arguments":"{}"}}])"}),
            expected);
  EXPECT_EQ(assembled({R"([{"function":{"name":"get","arguments":"{\"x\":1}"}}])",
                       R"([{"function":{"name":"get","arguments":"{}"}}])",
                       R"([{"function":{"name":"put","arguments":{}}}])"}),
            expected);
}

TEST(ToolAssemblyParallel, CallsWithIndexZeroAndNoIdAreToldApartOnceTheyAreWhole) {
  EXPECT_EQ(assembled({R"([{"index":0,"function":{"name":"get","arguments":"{\"x\":1}"}},
                           {"index":0,"function":{"name":"put","arguments":"{\"y\":1}"}}])"}),
            (Calls{call("call_1", "get", R"({"x":1})"), call("call_2", "put", R"({"y":1})")}));
}

TEST(ToolAssemblyParallel, OneIdMayStandForTwoIndexes) {
  EXPECT_EQ(assembled({R"([{"index":0,"id":"a","function":{"name":"get","arguments":"{}"}},
                           {"index":1,"id":"a","function":{"name":"put","arguments":"{}"}}])"}),
            (Calls{call("a", "get", "{}"), call("call_1", "put", "{}")}));
}

TEST(ToolAssemblyParallel, AWholeCallThatIsSaidAgainIsOne) {
  EXPECT_EQ(assembled({R"([{"id":"a","function":{"name":"get","arguments":"{\"x\":1}"}}])",
                       R"([{"id":"a","function":{"name":"get","arguments":"{\"x\":1}"}}])"}),
            (Calls{call("a", "get", R"({"x":1})")}));
}

TEST(ToolAssemblyArguments, MayBeAnObject) {
  EXPECT_EQ(assembled({R"([{"id":"a","function":{"name":"get","arguments":{"x":[1,"ü"]}}}])"}),
            (Calls{call("a", "get", R"({"x":[1,"ü"]})")}));
}

TEST(ToolAssemblyArguments, AreAnEmptyObjectWhereThereAreNone) {
  for (const std::string_view none : {R"("")", R"("  ")", "null", R"("null")"}) {
    EXPECT_EQ(assembled({R"([{"id":"a","function":{"name":"get","arguments":)" + std::string(none) +
                         "}}]"}),
              (Calls{call("a", "get", "{}")}))
        << none;
  }
  EXPECT_EQ(assembled({R"([{"id":"a","function":{"name":"get"}}])"}),
            (Calls{call("a", "get", "{}")}));
}

TEST(ToolAssemblyArguments, ThatAreNoJsonStayAsTheyAre) {
  EXPECT_EQ(assembled({R"([{"id":"a","function":{"name":"get","arguments":"{\"x\": Oslo"}}])"}),
            (Calls{call("a", "get", R"({"x": Oslo)")}));
}

TEST(ToolAssemblyArguments, OfABrokenAnswerCountWhereTheyAreWhole) {
  EXPECT_EQ(
      assembled({R"([{"index":0,"id":"a","function":{"name":"get","arguments":"{\"x\":\"}\"}"}},
                           {"index":1,"id":"b","function":{"name":"get","arguments":"{\"x\":\"}"}},
                           {"index":2,"id":"c","function":{"name":"get","arguments":""}}])"},
                ToolAssembly::Which::kWhole),
      (Calls{call("a", "get", R"({"x":"}"})")}));
}

TEST(ToolAssemblyExtra, KeepsWhatTheServerWantsBack) {
  EXPECT_EQ(assembled({R"([{"id":"a","type":"function","function":{"name":"get","arguments":"{}",
                            "strict":true},
                            "extra_content":{"google":{"thought_signature":"c2ln"}}}])"}),
            (Calls{call("a", "get", "{}",
                        Json{{"extra_content", {{"google", {{"thought_signature", "c2ln"}}}}},
                             {"function", {{"strict", true}}}})}));
}

TEST(ToolAssemblyExtra, MayComeLaterAndAgain) {
  EXPECT_EQ(assembled({R"([{"index":0,"id":"a","function":{"name":"get","arguments":"{}"}}])",
                       R"([{"index":0,"extra_content":null}])",
                       R"([{"index":0,"extra_content":1,"type":""}])",
                       R"([{"index":0,"extra_content":2,"type":"custom"}])"}),
            (Calls{call("a", "get", "{}", Json{{"extra_content", 2}, {"type", "custom"}})}));
}

TEST(ToolAssemblyIds, AreMadeWhereTheConversationHasThemAlready) {
  EXPECT_EQ(
      assembled({R"([{"index":0,"id":"call_0","function":{"name":"get"}},
                           {"index":1,"id":"x","function":{"name":"get"}},
                           {"index":2,"id":"","function":{"name":"get"}}])"},
                ToolAssembly::Which::kAll, {"call_0", "call_4"}),
      (Calls{call("call_3", "get", "{}"), call("x", "get", "{}"), call("call_5", "get", "{}")}));
}

TEST(ToolAssemblyIds, OfAnAbsurdLengthAreReplaced) {
  EXPECT_EQ(assembled({R"([{"id":")" + std::string(600, 'x') + R"(","function":{"name":"get"}}])"}),
            (Calls{call("call_1", "get", "{}")}));
}

TEST(ToolAssemblyBad, ElementsAreNoCalls) {
  EXPECT_EQ(assembled({"null", "{}", "[null,1,\"x\",[]]"}), Calls());
  EXPECT_EQ(assembled({R"([{"index":"0","id":7,"function":"f"},{"function":{"name":{}}}])"}),
            Calls());
}

TEST(ToolAssemblyBad, CallsWithoutANameAreKnown) {
  const ChatLimits limits;
  ToolAssembly assembly(limits);
  EXPECT_FALSE(assembly.any_nameless());
  EXPECT_FALSE(assembly.take(Json::parse(R"([{"index":0,"id":"a"}])"), false));
  EXPECT_FALSE(assembly.any_nameless());
  EXPECT_FALSE(assembly.take(Json::parse(R"([{"index":0,"function":{"arguments":"{}"}}])"), false));
  EXPECT_TRUE(assembly.any_nameless());
  EXPECT_EQ(assembly.calls(ToolAssembly::Which::kAll, {}), Calls());
}

std::optional<std::string> refusal_of(const Json& fragments, const ChatLimits& limits) {
  return ToolAssembly(limits).take(fragments, false);
}

TEST(ToolAssemblyLimits, AreOfCallsArgumentsNamesAndExtras) {
  const ChatLimits limits{.arguments_bytes_max = 10, .calls_max = 2};
  const auto one = [](int index) {
    return Json{{"index", index}, {"function", {{"name", "get"}, {"arguments", "{12345678}"}}}};
  };
  EXPECT_EQ(refusal_of(Json::array({one(0), one(1)}), limits), std::nullopt);
  EXPECT_EQ(refusal_of(Json::array({one(0), one(1), one(2)}), limits),
            "the model asks for more than 2 tool calls");
  Json longer = one(0);
  longer["function"]["arguments"] = "12345678901";
  EXPECT_EQ(refusal_of(Json::array({longer}), limits),
            "the arguments of a tool call are over 10 bytes");
  Json named = one(0);
  named["function"]["name"] = std::string(257, 'n');
  EXPECT_EQ(refusal_of(Json::array({named}), limits), "the name of a tool is over 256 bytes");
  Json more = one(0);
  more["extra"] = "12345";
  EXPECT_EQ(refusal_of(Json::array({more}), limits),
            "what a tool call has beside its arguments is over 10 bytes");
  more["extra"] = "123";
  EXPECT_EQ(refusal_of(Json::array({more, more, more}), limits), std::nullopt);
}

}  // namespace
}  // namespace taskfeed::llm
