/// What tools say, in words for a model, and the names that a model calls them by.
#include "mcp/content.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace taskfeed::mcp {
namespace {

runner::ToolResult read(std::string_view text, const ContentLimits& limits = {}) {
  return result_from(parse_json(text).value(), limits);
}

TEST(McpResult, JoinsItsTexts) {
  const auto result =
      read(R"({"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})");
  EXPECT_EQ(result.text, "a\nb");
  EXPECT_FALSE(result.is_error);
  EXPECT_FALSE(result.truncated);
}

TEST(McpResult, SaysThatItIsAnError) {
  EXPECT_TRUE(read(R"({"content":[{"type":"text","text":"ENOENT"}],"isError":true})").is_error);
}

TEST(McpResult, NamesWhatIsNoText) {
  EXPECT_EQ(read(R"({"content":[{"type":"image","mimeType":"image/png","data":"QUJDRA=="}]})").text,
            "[image image/png, 4 B]");
  EXPECT_EQ(read(R"({"content":[{"type":"audio","data":5}]})").text,
            "[audio of unknown type, no data]");
  EXPECT_EQ(read(R"({"content":[{"type":"resource","resource":{"uri":"f:a","text":"in"}}]})").text,
            "[resource f:a]\nin");
  EXPECT_EQ(
      read(R"({"content":[{"type":"resource","resource":{"uri":"f:a","blob":"QUJD"}}]})").text,
      "[resource f:a, 3 B]");
  EXPECT_EQ(read(R"({"content":[{"type":"resource_link","uri":"f:c","name":"c"}]})").text,
            "[link f:c, c]");
  EXPECT_EQ(read(R"({"content":[{"type":"smell\u001b[2J"},{},7]})").text,
            "[content of type smell\\x1b[2J]\n[content without a type]\n[content without a type]");
}

TEST(McpResult, WritesStructuredContentOutOnlyWithoutText) {
  EXPECT_EQ(read(R"({"content":[],"structuredContent":{"sum":3}})").text, R"({"sum":3})");
  EXPECT_EQ(read(R"({"structuredContent":[1,2]})").text, "[1,2]");
  EXPECT_EQ(read(R"({"content":[{"type":"text","text":"3"}],"structuredContent":{"sum":3}})").text,
            "3");
}

TEST(McpResult, IsAnErrorWhereItHasNotItsShape) {
  EXPECT_TRUE(read("7").is_error);
  EXPECT_TRUE(read(R"({"resultType":"input_required"})").is_error);
  EXPECT_EQ(read("{}").text, "");
  EXPECT_EQ(read(R"({"content":"text"})").text, "");
}

TEST(McpResult, IsCutBetweenCharactersAndSaysSo) {
  const ContentLimits limits{.result_bytes_max = 5};
  const auto result = read(R"({"content":[{"type":"text","text":"ééé"}]})", limits);
  EXPECT_EQ(result.text, "éé\n[2 more bytes are left out]");
  EXPECT_TRUE(result.truncated);
}

TEST(McpResult, CountsThePartsBeyondItsLimit) {
  const ContentLimits limits{.parts_max = 2};
  const auto result = read(R"({"content":[{"type":"a"},{"type":"b"},{"type":"c"}]})", limits);
  EXPECT_EQ(result.text, "[content of type a]\n[content of type b]\n[1 more parts are left out]");
  EXPECT_TRUE(result.truncated);
}

TEST(McpProgress, IsOneLine) {
  EXPECT_EQ(progress_line(parse_json(R"({"progress":2,"total":5,"message":"a\nb"})").value()),
            "2/5 a\\x0ab");
  EXPECT_EQ(progress_line(parse_json(R"({"progress":0.5})").value()), "0.5");
  EXPECT_EQ(progress_line(parse_json(R"({"progress":"x"})").value()), "");
  EXPECT_EQ(progress_line(Json()), "");
}

TEST(McpTools, LeaveOutWhatHasNoNameOrNoSchemaOfAnObject) {
  const Result<ToolPage> page = tools_from(parse_json(R"({"nextCursor":"n","tools":[
        {"name":"a","title":"A","inputSchema":{"type":"object","$schema":"x"}},
        {"name":"b","description":"B"},
        {"name":"","inputSchema":{"type":"object"}}, 7,
        {"name":"c","inputSchema":{"type":"array"}}, {"name":"d","inputSchema":[]}]})")
                                               .value(),
                                           {});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->tools.size(), 2U);
  EXPECT_EQ(page->tools[0].description, "A");
  EXPECT_EQ(dump_json(page->tools[0].parameters), R"({"type":"object"})");
  EXPECT_EQ(dump_json(page->tools[1].parameters), R"({"type":"object"})");
  EXPECT_EQ(page->left_out, 4U);
  EXPECT_EQ(page->next_cursor, "n");
}

TEST(McpTools, AreAListOrNothing) {
  EXPECT_FALSE(tools_from(parse_json(R"({"tools":{}})").value(), {}));
  EXPECT_FALSE(tools_from(Json(), {}));
}

TEST(McpTools, AreBounded) {
  const ContentLimits limits{.tools_max = 1, .description_bytes_max = 3, .schema_bytes_max = 30};
  const Result<ToolPage> page = tools_from(parse_json(R"({"tools":[
        {"name":"a","inputSchema":{"type":"object","properties":{"much":{"type":"string"}}}},
        {"name":"b","description":"long"}, {"name":"c"}]})")
                                               .value(),
                                           limits);
  ASSERT_EQ(page->tools.size(), 1U);
  EXPECT_EQ(page->tools[0].name, "b");
  EXPECT_EQ(page->tools[0].description, "lon");
  EXPECT_EQ(page->left_out, 2U);
}

TEST(McpToolName, IsItsServersNameAndItsOwn) {
  EXPECT_EQ(model_name("files", "read_text-file"), "files__read_text-file");
}

TEST(McpToolName, IsChangedWhereNoModelServerWouldTakeIt) {
  const std::string dotted = model_name("web", "page.open");
  EXPECT_TRUE(runner::is_tool_name(dotted)) << dotted;
  EXPECT_TRUE(dotted.starts_with("web__page_open_")) << dotted;
  EXPECT_NE(dotted, model_name("web", "page/open"));
  const std::string left(100, 'x');
  EXPECT_TRUE(runner::is_tool_name(model_name("web", left + "1")));
  EXPECT_NE(model_name("web", left + "1"), model_name("web", left + "2"));
}

}  // namespace
}  // namespace taskfeed::mcp
