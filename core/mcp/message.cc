#include "mcp/message.h"

#include "base/text.h"

namespace taskfeed::mcp {
namespace {

constexpr size_t kErrorTextBytesMax = 4 * 1024;

/// Ours are integers; some servers send them back as text.
int64_t own_id(const Json& id) {
  if (id.is_number_unsigned() || id.is_number_integer()) {
    return id.is_number_unsigned() && id.get<uint64_t>() > INT64_MAX ? 0 : id.get<int64_t>();
  }
  if (!id.is_string()) return 0;
  int64_t value = 0;
  const auto& text = id.get_ref<const std::string&>();
  if (text.empty() || text.size() > 18) return 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + (c - '0');
  }
  return value;
}

RpcError refusal_from(const Json& error) {
  RpcError refusal;
  refusal.code = int_at(error, "code");
  refusal.text = utf8_prefix(string_at(error, "message", "(no message)"), kErrorTextBytesMax);
  return refusal;
}

Json envelope() {
  return Json{{"jsonrpc", "2.0"}};
}

}  // namespace

Incoming read_message(Json&& json) {
  Incoming message;
  if (!json.is_object()) return message;
  const Json* const id = find(json, "id");
  message.method = string_at(json, "method");
  if (!message.method.empty()) {
    message.kind = id == nullptr ? Incoming::Kind::kNotification : Incoming::Kind::kRequest;
    if (id != nullptr) message.request_id = *id;
    if (find(json, "params") != nullptr) message.params = std::move(json["params"]);
    return message;
  }
  if (id == nullptr) return message;
  message.id = own_id(*id);
  if (message.id <= 0) return message;
  if (const Json* const error = find(json, "error"); error != nullptr && !error->is_null()) {
    message.kind = Incoming::Kind::kRefusal;
    message.refusal = refusal_from(*error);
  } else if (find(json, "result") != nullptr) {
    message.kind = Incoming::Kind::kResult;
    message.result = std::move(json["result"]);
  }
  return message;
}

std::string request_text(int64_t id, std::string_view method, const Json& params) {
  Json json = envelope();
  json["id"] = id;
  json["method"] = method;
  json["params"] = params;
  return dump_json(json);
}

std::string notification_text(std::string_view method, const Json& params) {
  Json json = envelope();
  json["method"] = method;
  if (!params.is_null() && !params.empty()) json["params"] = params;
  return dump_json(json);
}

Json client_info() {
  return Json{{"name", "taskfeed"}, {"version", TASKFEED_VERSION}};
}

Json dressed(const Json& params, bool stateless, int64_t progress_token) {
  Json dressed = params.is_object() ? params : Json::object();
  Json meta = Json::object();
  if (stateless) {
    meta["io.modelcontextprotocol/protocolVersion"] = kStatelessVersion;
    meta["io.modelcontextprotocol/clientCapabilities"] = Json::object();
    meta["io.modelcontextprotocol/clientInfo"] = client_info();
  }
  if (progress_token != 0) meta["progressToken"] = progress_token;
  if (!meta.empty()) dressed["_meta"] = std::move(meta);
  return dressed;
}

Json slim_progress(const Json& params) {
  constexpr size_t kTextBytesMax = 1024;
  Json slim = Json::object();
  for (const char* key : {"progress", "total"}) {
    const Json* const number = find(params, key);
    if (number != nullptr && number->is_number()) slim[key] = *number;
  }
  const std::string text = string_at(params, "message");
  if (!text.empty()) slim["message"] = utf8_prefix(text, kTextBytesMax);
  return slim;
}

int64_t progress_token_of(const Json& params) {
  const Json* const token = find(params, "progressToken");
  return token == nullptr ? 0 : own_id(*token);
}

std::string answer_text(const Incoming& request) {
  Json json = envelope();
  json["id"] = request.request_id;
  if (request.method == "ping") {
    json["result"] = Json::object();
  } else {
    json["error"] = Json{{"code", kMethodNotFound}, {"message", "this client does not offer that"}};
  }
  return dump_json(json);
}

}  // namespace taskfeed::mcp
