#include "llm/error_body.h"

#include "base/text.h"
#include "llm/retry_after.h"

namespace taskfeed::llm {
namespace {

int status_of(std::string_view code) {
  const bool digits = code.size() == 3 && (code[0] == '4' || code[0] == '5') &&
                      code.find_first_not_of("0123456789") == std::string_view::npos;
  return digits ? std::stoi(std::string(code)) : 0;
}

void add_word(ErrorBody& body, const Json& object, std::string_view key) {
  const Json* const found = find(object, key);
  if (found == nullptr) return;
  if (!found->is_string() && !found->is_number_integer()) return;
  std::string word = found->is_string() ? found->get<std::string>() : dump_json(*found);
  if (body.status == 0) body.status = status_of(word);
  if (!word.empty()) body.words.push_back(std::move(word));
}

/// google.rpc.Status: `details` with RetryInfo and ErrorInfo among them.
void add_details(ErrorBody& body, const Json& error) {
  const Json* const details = find(error, "details");
  if (details == nullptr || !details->is_array()) return;
  for (const Json& detail : *details) {
    if (string_at(detail, "@type").ends_with("google.rpc.RetryInfo")) {
      body.retry_delay = parse_retry_delay(string_at(detail, "retryDelay"));
    }
    add_word(body, detail, "reason");
  }
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

void add_object(ErrorBody& body, const Json& error) {
  for (const std::string_view key : {"code", "type", "status"}) add_word(body, error, key);
  if (const Json* const inner = find(error, "innererror")) add_word(body, *inner, "code");
  add_details(body, error);
  for (const std::string_view key : {"message", "detail", "error"}) {
    const Json* const found = find(error, key);
    if (found == nullptr || found->is_null()) continue;
    body.text = text_of(*found);
    break;
  }
  if (body.text.empty()) body.text = dump_json(error);
  // OpenRouter: what the server behind it said.
  const Json* const metadata = find(error, "metadata");
  const Json* const raw = metadata == nullptr ? nullptr : find(*metadata, "raw");
  if (raw != nullptr && !raw->is_null()) body.text += ": " + text_of(*raw);
}

}  // namespace

ErrorBody error_body(const Json& json) {
  if (json.is_array() && !json.empty()) return error_body(json.front());
  ErrorBody body;
  const Json* const error = find(json, "error");
  if (error == nullptr || error->is_null()) {
    if (json.is_object()) {
      add_object(body, json);
    } else {
      body.text = text_of(json);
    }
  } else if (error->is_object()) {
    add_object(body, *error);
  } else {
    body.text = text_of(*error);
    for (const std::string_view key : {"code", "type", "status"}) add_word(body, json, key);
  }
  return body;
}

ErrorBody error_body(std::string_view content_type, std::string_view body) {
  if (const Result<Json> json = parse_json(body); json && json->is_structured()) {
    return error_body(*json);
  }
  ErrorBody said;
  const size_t begin = body.find_first_not_of(" \t\r\n");
  const bool page = content_type == "text/html" ||
                    (begin != std::string_view::npos && body.substr(begin).starts_with('<'));
  if (!page && begin != std::string_view::npos) said.text = body.substr(begin);
  return said;
}

}  // namespace taskfeed::llm
