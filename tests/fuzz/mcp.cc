/// What an MCP server writes: any bytes are lines, messages, tools and results within their bounds.
#include <cstdint>

#include "base/assert.h"
#include "base/text.h"
#include "mcp/content.h"
#include "mcp/pipe_talk.h"

namespace {

using namespace taskfeed;
using namespace taskfeed::mcp;

constexpr ContentLimits kLimits{.result_bytes_max = 100,
                                .parts_max = 4,
                                .tools_max = 3,
                                .description_bytes_max = 20,
                                .schema_bytes_max = 200};
constexpr size_t kMarksBytesMax = 128;  // What says that something is left out.

std::vector<std::string> lines_of(std::string_view text, size_t piece) {
  std::vector<std::string> lines;
  LineSplitter splitter(64);
  while (!text.empty()) {
    const std::string_view part = text.substr(0, piece);
    if (!splitter.add(part, [&](std::string_view line) { lines.emplace_back(line); })) break;
    text.remove_prefix(part.size());
  }
  return lines;
}

void check_tools(const Json& json) {
  const Result<ToolPage> page = tools_from(Json(json), kLimits);
  if (!page) return;
  TF_ASSERT(page->tools.size() <= kLimits.tools_max);
  for (const RemoteTool& tool : page->tools) {
    TF_ASSERT(runner::is_tool_name(model_name("server", tool.name)));
    TF_ASSERT(tool.description.size() <= kLimits.description_bytes_max);
    TF_ASSERT(is_utf8(tool.description));
    TF_ASSERT(string_at(tool.parameters, "type") == "object");
    TF_ASSERT(dump_json(tool.parameters).size() <= kLimits.schema_bytes_max);
  }
}

void check_result(const Json& json) {
  const runner::ToolResult result = result_from(json, kLimits);
  TF_ASSERT(is_utf8(result.text));
  TF_ASSERT(result.text.size() <= kLimits.result_bytes_max + kMarksBytesMax);
  const std::string line = progress_line(json);
  TF_ASSERT(is_utf8(line) && line.find('\n') == std::string::npos);
  TF_ASSERT(progress_line(slim_progress(json)) == line);
}

void check_message(Json&& json) {
  const Incoming message = read_message(std::move(json));
  if (message.kind == Incoming::Kind::kRequest) {
    const std::string answer = answer_text(message);
    TF_ASSERT(answer.find('\n') == std::string::npos);
    TF_ASSERT(read_message(parse_json(answer).value()).kind != Incoming::Kind::kRequest);
  }
  const bool answers =
      message.kind == Incoming::Kind::kResult || message.kind == Incoming::Kind::kRefusal;
  TF_ASSERT(!answers || message.id > 0);
  check_tools(message.result);
  check_result(message.result);
  check_result(message.params);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  TF_ASSERT(lines_of(text, 1) == lines_of(text, 7));
  TF_ASSERT(lines_of(text, 1) == lines_of(text, size + 1));
  TF_ASSERT(runner::is_tool_name(model_name("server", text)));
  Result<Json> json = parse_json(text);
  if (!json) return 0;
  check_tools(*json);
  check_result(*json);
  check_message(*std::move(json));
  return 0;
}
