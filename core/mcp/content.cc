#include "mcp/content.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/digest.h"
#include "base/text.h"

namespace taskfeed::mcp {
namespace {

constexpr size_t kNameBytesMax = 64;
constexpr size_t kWordBytesMax = 512;  ///< Of a type, a URI, a name within a line.

std::string word(const Json& object, std::string_view key, std::string_view otherwise = {}) {
  return escape_controls(utf8_prefix(string_at(object, key, otherwise), kWordBytesMax));
}

std::string size_text(size_t bytes) {
  std::array<char, 32> text{};
  if (bytes < 1000) {
    std::snprintf(text.data(), text.size(), "%zu B", bytes);
  } else if (bytes < 1'000'000) {
    std::snprintf(text.data(), text.size(), "%.1f kB", static_cast<double>(bytes) / 1e3);
  } else {
    std::snprintf(text.data(), text.size(), "%.1f MB", static_cast<double>(bytes) / 1e6);
  }
  return text.data();
}

/// Of what base64 stands for.
std::string decoded_size(const Json& object, std::string_view key) {
  const Json* const data = find(object, key);
  if (data == nullptr || !data->is_string()) return "no data";
  std::string_view text = data->get_ref<const std::string&>();
  while (text.ends_with('=')) text.remove_suffix(1);
  return size_text(text.size() * 3 / 4);
}

std::string resource_text(const Json& resource) {
  const std::string uri = word(resource, "uri", "without uri");
  const std::string type = word(resource, "mimeType");
  const std::string named = "[resource " + uri + (type.empty() ? "" : ", " + type);
  if (const Json* const text = find(resource, "text"); text != nullptr && text->is_string()) {
    return named + "]\n" + text->get<std::string>();
  }
  return named + ", " + decoded_size(resource, "blob") + "]";
}

std::string part_text(const Json& part) {
  const std::string type = word(part, "type");
  if (type == "text") return string_at(part, "text");
  if (type == "image" || type == "audio") {
    return "[" + type + " " + word(part, "mimeType", "of unknown type") + ", " +
           decoded_size(part, "data") + "]";
  }
  if (type == "resource") {
    const Json* const resource = find(part, "resource");
    return resource_text(resource == nullptr ? Json::object() : *resource);
  }
  if (type == "resource_link") {
    const std::string name = word(part, "name");
    return "[link " + word(part, "uri", "without uri") + (name.empty() ? "" : ", " + name) + "]";
  }
  return type.empty() ? "[content without a type]" : "[content of type " + type + "]";
}

/// A number as a person writes it: without a fraction where it has none.
std::string number_text(const Json& number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", number.get<double>());
  return text.data();
}

std::string without_foreign(std::string_view name) {
  std::string kept;
  for (const char c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    kept += fits ? c : '_';
  }
  return kept;
}

/// False where it is no schema of an object, or too large.
bool take_schema(Json& json, const ContentLimits& limits, Json& into) {
  if (json.is_null()) json = Json::object();
  if (!json.is_object()) return false;
  if (find(json, "type") == nullptr) json["type"] = "object";
  if (string_at(json, "type") != "object") return false;
  json.erase("$schema");  // Some model servers refuse it.
  if (dump_json(json).size() > limits.schema_bytes_max) return false;
  into = std::move(json);
  return true;
}

}  // namespace

Result<ToolPage> tools_from(Json&& result, const ContentLimits& limits) {
  const Json* const list = find(result, "tools");
  if (list == nullptr || !list->is_array()) {
    return {Errc::kInvalid, "its answer to tools/list has no list of tools"};
  }
  ToolPage page;
  page.next_cursor = string_at(result, "nextCursor");
  for (Json& each : result["tools"]) {
    RemoteTool tool;
    tool.name = string_at(each, "name");
    tool.description = string_at(each, "description", string_at(each, "title"));
    tool.description = utf8_prefix(tool.description, limits.description_bytes_max);
    Json schema = find(each, "inputSchema") == nullptr ? Json() : std::move(each["inputSchema"]);
    if (tool.name.empty() || tool.name.size() > kWordBytesMax ||
        page.tools.size() >= limits.tools_max || !take_schema(schema, limits, tool.parameters)) {
      ++page.left_out;
      continue;
    }
    page.tools.push_back(std::move(tool));
  }
  return page;
}

std::string bounded(std::string text, size_t bytes_max, bool& truncated) {
  if (text.size() <= bytes_max) return text;
  truncated = true;
  const std::string_view kept = utf8_prefix(text, bytes_max);
  return std::string(kept) + "\n[" + std::to_string(text.size() - kept.size()) +
         " more bytes are left out]";
}

runner::ToolResult failed_call(std::string text) {
  runner::ToolResult result;
  result.text = to_utf8(text);
  result.is_error = true;
  return result;
}

runner::ToolResult result_from(const Json& json, const ContentLimits& limits) {
  if (!json.is_object()) return failed_call("the server answered with no result of a tool");
  if (string_at(json, "resultType") == "input_required") {
    return failed_call("the tool asks for input from a person, which is not supported");
  }
  runner::ToolResult result;
  result.is_error = bool_at(json, "isError");
  std::string text;
  bool has_text = false;
  size_t parts = 0;
  size_t unread = 0;
  if (const Json* const content = find(json, "content");
      content != nullptr && content->is_array()) {
    for (const Json& part : *content) {
      // What is over the limit already would be cut again.
      if (parts == limits.parts_max || text.size() > limits.result_bytes_max) {
        ++unread;
        continue;
      }
      has_text = has_text || string_at(part, "type") == "text";
      text += (parts == 0 ? "" : "\n") + part_text(part);
      ++parts;
    }
  }
  const Json* const structured = find(json, "structuredContent");
  if (!has_text && structured != nullptr && !structured->is_null()) {
    text += (parts == 0 ? "" : "\n") + dump_json(*structured);
  }
  result.text = bounded(std::move(text), limits.result_bytes_max, result.truncated);
  if (unread > 0) {
    result.truncated = true;
    result.text += "\n[" + std::to_string(unread) + " more parts are left out]";
  }
  return result;
}

std::string progress_line(const Json& params) {
  std::string line;
  const Json* const progress = find(params, "progress");
  const Json* const total = find(params, "total");
  if (progress != nullptr && progress->is_number()) {
    line = number_text(*progress);
    if (total != nullptr && total->is_number()) line += "/" + number_text(*total);
  }
  const std::string message = escape_controls(utf8_prefix(string_at(params, "message"), 1024));
  if (!message.empty()) line += (line.empty() ? "" : " ") + message;
  return line;
}

std::string model_name(std::string_view server, std::string_view tool) {
  std::string name = std::string(server) + "__" + std::string(tool);
  if (runner::is_tool_name(name)) return name;
  constexpr size_t kDigestBytes = 4;
  constexpr size_t kSuffix = 1 + 2 * kDigestBytes;
  const Digest digest = sha256({tool});
  name = without_foreign(name).substr(0, kNameBytesMax - kSuffix) + "_";
  for (size_t at = 0; at < kDigestBytes; ++at) {
    constexpr std::string_view kHex = "0123456789abcdef";
    name += kHex[digest[at] >> 4];
    name += kHex[digest[at] & 15];
  }
  return name;
}

}  // namespace taskfeed::mcp
